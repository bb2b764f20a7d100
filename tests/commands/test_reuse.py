"""What is known is not run again, by real runs; and `localci explain` says why, or why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import FAILED, PASSED, USAGE
from support.project import Project, make_project, policy_for
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

CHECKS = """\
version = 1
[checks.lint]
run = "cat a.txt"
inputs = ["a.txt"]
[checks.tests]
run = "grep -q good b.txt"
inputs = ["b.txt", "sub/**"]
needs = ["lint"]
[checks.size]
run = "echo {reports}"
inputs = ["b.txt"]
"""
REQUIRED = "[require.lint]\n[require.tests]\n"


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    files = {
        "localci.toml": CHECKS,
        ".localci/policy.toml": policy_for(ada, requirements=REQUIRED),
        "a.txt": "a",
        "b.txt": "good",
        "sub/x": "1",
    }
    made = make_project(tmp_path, ada, files=files)
    git(made.path, "switch", "-q", "-c", "feature")
    return made


def explained(project: Project, *arguments: str) -> Any:
    done = project.localci("explain", *arguments, "--json")
    assert done.code == PASSED, done.errors
    return json.loads(done.output)


def test_a_fix_runs_only_what_it_can_change_and_the_push_is_accepted(project: Project) -> None:
    project.install_hook()
    project.commit({"a.txt": "b", "b.txt": "bad"})
    assert project.localci("run").code == FAILED
    project.commit({"b.txt": "good again"})
    done = project.localci("run")
    assert done.code == PASSED
    assert done.errors.count("reused") == 1
    git(project.path, "push", "-q", "origin", "feature")
    done = project.localci("verify", "--json")
    assert json.loads(done.output)["verdict"] == "accepted", done.output
    shown = project.localci("show").output
    assert "ran on" in shown


def test_no_cache_runs_everything(project: Project) -> None:
    assert project.localci("run").code == PASSED
    again = project.localci("run")
    assert again.errors.count("reused") == 3
    assert "reused" not in project.localci("run", "--no-cache").errors


def test_what_another_file_changes_is_reused(project: Project) -> None:
    project.localci("run")
    project.commit({"README": "new"})
    assert project.localci("run").errors.count("reused") == 3


def test_a_check_that_never_ran(project: Project) -> None:
    found = explained(project, "tests")
    assert found["now"]["outcome"] == "run"
    assert (found["last_run"], found["here"], found["changed"]) == (None, None, [])
    assert "it never came to a verdict here" in project.localci("explain", "tests").output


def test_what_is_reused_says_where_it_ran(project: Project) -> None:
    project.localci("run")
    first = project.head
    project.commit({"README": "new"})
    found = explained(project, "tests")
    assert (found["now"]["outcome"], found["now"]["commit"]) == ("reuse", first)
    project.localci("run")
    found = explained(project, "tests")
    assert (found["here"]["outcome"], found["here"]["ran_on"]) == ("reused", first)
    assert f"reused: it ran on {first[:12]}" in project.localci("explain", "tests").output


def test_changed_inputs_are_named(project: Project) -> None:
    project.localci("run")
    project.commit({f"sub/{number:02}": "1" for number in range(15)} | {"README": "new"})
    git(project.path, "rm", "-q", "sub/x")
    project.commit({"a.txt": "new"})
    inputs, needs = explained(project, "tests")["changed"]
    assert inputs["part"] == "inputs"
    assert (len(inputs["what"]), inputs["more"]) == (10, 6)
    assert "README" not in inputs["what"]
    assert needs == {"part": "needs", "what": ["lint"], "more": 0}
    assert explained(project, "lint")["changed"][0]["what"] == ["a.txt"]
    git(project.path, "rm", "-q", "-r", "sub")
    project.commit({"sub/00": "1"})
    said = project.localci("explain", "tests").output
    assert "sub/x (gone)" in said


def test_attributes_that_apply_are_inputs(project: Project) -> None:
    project.localci("run")
    project.commit({".gitattributes": "a.txt eol=crlf\n", "sub/.gitattributes": "x -text\n"})
    assert "reused" not in project.localci("run").errors
    assert explained(project, "lint")["changed_then"][0]["what"] == [".gitattributes"]


def test_a_failure_that_came_later_counts(project: Project, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    project.commit({"localci.toml": CHECKS.replace("cat a.txt", f"test -e {flag}")})
    assert project.localci("run").code == PASSED
    flag.unlink()
    assert project.localci("run").code == PASSED
    assert project.localci("run", "--no-cache").code == FAILED
    assert project.localci("run").code == FAILED


def test_a_changed_definition_is_named_by_its_keys(project: Project) -> None:
    project.localci("run")
    changed = CHECKS.replace("cat a.txt", "cat ./a.txt") + "\n[run]\nenv = { A = '1' }\n"
    project.commit({"localci.toml": changed})
    (definition,) = [c for c in explained(project, "lint")["changed"] if c["part"] == "definition"]
    assert definition["what"] == [
        "checks.lint.run: cat a.txt → cat ./a.txt",
        "run.env.A: nothing → 1",
    ]
    # `tests` needs `lint`, `size` does not.
    whats = {
        name: [c["what"] for c in explained(project, name)["changed"] if c["part"] == "definition"]
        for name in ("tests", "size")
    }
    assert whats["tests"] == [definition["what"]]
    assert whats["size"] == [["run.env.A: nothing → 1"]]


def test_a_changed_tool_is_named(project: Project, tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "lint-it"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    project.commit({"localci.toml": CHECKS.replace("cat a.txt", f"{tool} a.txt")})
    project.localci("run")
    tool.write_text("#!/bin/sh\n: newer\n")
    assert explained(project, "lint")["changed"] == [
        {"part": "tools", "what": [f"{tool}: changed"], "more": 0}
    ]
    assert [c["part"] for c in explained(project, "tests")["changed"]] == ["needs"]


def test_a_changed_variable_is_named_and_not_shown(project: Project) -> None:
    settings = '[run]\npass_env = ["PATH", "TOKEN"]\n'
    project.commit({"localci.toml": CHECKS + settings})
    project.localci("run", environment={"TOKEN": "hunter2"})
    done = project.localci("explain", "lint", environment={"TOKEN": "hunter3"})
    assert "environment  TOKEN" in done.output
    assert "hunter" not in done.output


def test_the_reason_of_a_run_is_told_afterwards(project: Project) -> None:
    project.localci("run")
    first = project.head
    project.commit({"a.txt": "new"})
    project.localci("run")
    found = explained(project, "lint")
    assert (found["here"]["outcome"], found["run_before"]["commit"]) == ("passed", first)
    assert found["changed_then"] == [{"part": "inputs", "what": ["a.txt"], "more": 0}]
    assert f"changed since it ran on {first[:12]}" in project.localci("explain", "lint").output


def test_a_failure_is_not_reused_and_that_is_said(project: Project) -> None:
    project.commit({"b.txt": "bad"})
    assert project.localci("run").code == FAILED
    assert project.localci("run").code == FAILED
    said = project.localci("explain", "tests").output
    assert "ran and failed" in said
    assert "would run: no result that passed is known" in said
    assert "nothing has changed" in said


def test_fresh_for_is_the_reason(project: Project) -> None:
    project.commit({"localci.toml": CHECKS + 'fresh_for = "0s"\n'})
    project.localci("run")
    assert "fresh_for is 0 s" in explained(project, "size")["now"]["reason"]


def test_an_unknown_check_is_told_the_nearest(project: Project) -> None:
    done = project.localci("explain", "tsts")
    assert done.code == USAGE
    assert "did you mean `tests`?" in done.errors
    assert project.localci("explain", "tests", "no-such-revision").code == USAGE


def test_a_tree_that_is_gone_is_said(project: Project) -> None:
    project.commit({"a.txt": "new"})
    project.localci("run")
    git(project.path, "reset", "-q", "--hard", "HEAD~1")
    git(project.path, "reflog", "expire", "--expire=now", "--all")
    git(project.path, "gc", "-q", "--prune=now")
    (change,) = [c for c in explained(project, "lint")["changed"] if c["part"] == "inputs"]
    assert "not here any more" in change["what"][0]
