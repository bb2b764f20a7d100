"""`localci run --checks-from`: one commit's checks on another one's tree, signed by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localci.git.refs import OUTBOX_REF
from support.attested import passed_check
from support.checks import document_of
from support.note_trees import read_notes
from support.project import CHECKS, FAILING, make_project
from support.repositories import git, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project

DEFINED_AWAY = 'version = 1\n[checks.tests]\nrun = "true"\n'


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project whose feature branch defines its checks away, and whose tests fail."""
    made = make_project(tmp_path, ada)
    git(made.path, "switch", "--quiet", "-c", "feature")
    made.commit({"localci.toml": DEFINED_AWAY, "run-tests": FAILING})
    return made


def run(project: Project, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = project.localci("run", "--json", *arguments)
    return done.code, document_of(done) if done.output else {}


def test_the_other_commits_checks_run_on_this_tree(project: Project) -> None:
    assert run(project)[0] == 0
    code, document = run(project, "--checks-from", "main")
    assert code == 1
    assert (document["commit_sha"], document["branch"]) == (project.head, "feature")
    assert document["tree_sha"] == git(project.path, "rev-parse", "HEAD^{tree}")
    assert document["checks"]["tests"]["failed"] == 1


def test_the_definition_is_the_one_that_the_verifier_computes(project: Project) -> None:
    _, document = run(project, "--checks-from", "main")
    trusted = passed_check(project.path, "main").definition
    assert document["checks"]["tests"]["definition"] == trusted
    assert trusted != passed_check(project.path, "HEAD").definition


def test_the_inputs_are_those_of_this_tree(project: Project) -> None:
    same = git(project.path, "commit-tree", "HEAD^{tree}", "-m", "same")
    first = run(project, same, "--checks-from", "main")[1]["checks"]["tests"]["inputs"]
    second = run(project, "HEAD", "--checks-from", "main")[1]["checks"]["tests"]["inputs"]
    other = run(project, "main", "--checks-from", "main")[1]["checks"]["tests"]["inputs"]
    assert first == second != other


@pytest.fixture
def passing(project: Project) -> Project:
    """The same, and its tests pass: there would be something to keep."""
    git(project.path, "reset", "--quiet", "--hard", "main")
    project.commit({"localci.toml": CHECKS.replace("sh ", "sh -e "), "new": "1"})
    return project


def test_what_passed_is_not_kept_for_a_push(passing: Project) -> None:
    assert run(passing, "--checks-from", "main")[0] == 0
    told = f"refs/heads/feature {passing.head} refs/heads/feature {'0' * 40}\n"
    done = passing.localci("pre-push", "origin", str(passing.remote), data=told)
    assert done.code == 0
    assert "only signing is left" not in done.errors
    assert "checking" in done.errors
    assert passing.localci("verify", "--trust-ref", "HEAD").code == 0


def test_nor_does_it_take_the_place_of_what_was_kept(passing: Project) -> None:
    assert run(passing)[0] == 0
    assert run(passing, "--checks-from", "main")[0] == 0
    told = f"refs/heads/feature {passing.head} refs/heads/feature {'0' * 40}\n"
    done = passing.localci("pre-push", "origin", str(passing.remote), data=told)
    assert (done.code, "only signing is left" in done.errors) == (0, True)
    assert passing.localci("verify", "--trust-ref", "HEAD").code == 0


@pytest.mark.parametrize(
    "arguments", [["--sign"], ["--check", "tests"], ["--sign", "--check", "tests"]]
)
def test_it_is_neither_signed_nor_partial(passing: Project, arguments: list[str]) -> None:
    done = passing.localci("run", "--checks-from", "main", *arguments)
    assert (done.code, done.output) == (2, "")
    assert len(done.errors.splitlines()) == 1
    assert not read_notes(passing.path, OUTBOX_REF)


def test_a_key_in_the_environment_is_not_touched(
    passing: Project, keys: Keys, homes: Homes
) -> None:
    """The process that runs another's checks does not even hold it."""
    (homes.home / "out").mkdir()
    passing.commit({"run-tests": "env > $HOME/out/seen; sh ./passing $1\n", "passing": "exit 0\n"})
    key = keys["bob"]
    done = passing.localci(
        "run", "--checks-from", "main", environment={"CI_SIGNING_KEY": key.secret}
    )
    seen = (homes.home / "out" / "seen").read_text("utf-8", "surrogateescape")
    assert "PRIVATE KEY" not in seen
    assert "CI_SIGNING" not in seen
    assert "PRIVATE KEY" not in done.output + done.errors
    assert not read_notes(passing.path, OUTBOX_REF)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"localci.toml": "version = 1\n[checks.tests]\n"}, "localci.toml"),
        ({"localci.toml": "version = "}, "localci.toml"),
        ({"localci.toml": None}, "localci.toml"),
        ({"pyproject.toml": "[tool.localci]\nversion = 1\n"}, "pyproject.toml"),
    ],
)
def test_without_checks_there_it_is_usage(
    project: Project, files: dict[str, str | None], said: str
) -> None:
    git(project.path, "switch", "--quiet", "main")
    for name, content in files.items():
        if content is None:
            (project.path / name).unlink()
        else:
            write_files(project.path, {name: content})
    broken = project.commit({})
    git(project.path, "switch", "--quiet", "feature")
    done = project.localci("run", "--checks-from", broken)
    assert (done.code, done.output) == (2, "")
    assert said in done.errors
    assert "Traceback" not in done.errors
    assert run(project, broken, "--checks-from", "HEAD")[0] == 0


@pytest.mark.parametrize("name", ["nothing", "HEAD^{tree}", "0" * 40])
def test_a_name_that_leads_nowhere_is_usage(project: Project, name: str) -> None:
    done = project.localci("run", "--checks-from", name)
    assert (done.code, done.output) == (2, "")
    assert f"{name} names no commit here" in done.errors


def test_who_attests_to_it_says_whose_checks_they_were(passing: Project, tmp_path: Path) -> None:
    """The document names the definitions that ran, and the verifier compares just these."""
    done = passing.localci("run", "--json", "--checks-from", "main")
    file = tmp_path / "result.json"
    file.write_text(done.output, encoding="utf-8")
    attested = passing.localci("attest", "--result", str(file))
    assert attested.code == 0
    assert passing.localci("verify").code == 0
    refused = passing.localci("verify", "--trust-ref", "HEAD")
    assert (refused.code, "checks-changed" in refused.output) == (1, True)
