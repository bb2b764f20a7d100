"""The preset `bandit` and its reader, with the real tool on real projects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import IssueFigures
from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import PresetRun, run_check
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

PRESET: Final = 'uses = "bandit"'
# A low, a medium and a high finding by bandit's own rules; the low one's message has the secret.
BAD: Final = f"""\
password = "{SECRET}"
eval(input())
import subprocess
subprocess.run(input(), shell=True)
"""


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "r", {"src/bad.py": BAD})


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"good.py": "print(1)\n", "also.py": "print(2)\n"}
    return make_repository(tmp_path_factory.mktemp("good") / "r", files)


def measures(run: PresetRun) -> dict[str, int]:
    return dict(run.result.measures)


def test_a_good_project_passes(good: Path) -> None:
    run = run_check(good, PRESET)

    assert run.answer == "passed"
    assert measures(run) == {"issues.total": 0, "files.checked": 2}


def test_a_bad_project_fails_with_the_findings_that_bandit_reports(bad: Path) -> None:
    run = run_check(bad, PRESET)
    own = json.loads(run_tool(bad, "bandit", "-r", ".", "-f", "json").stdout)
    totals = own["metrics"]["_totals"]

    assert run.answer == "failed"
    assert run.issues == {
        (one["test_id"], one["filename"].removeprefix("./"), one["line_number"])
        for one in own["results"]
    }
    assert ("B307", "src/bad.py", 2) in run.issues
    assert measures(run) == {
        "issues.total": len(own["results"]),
        "issues.low": totals["SEVERITY.LOW"],
        "issues.medium": totals["SEVERITY.MEDIUM"],
        "issues.high": totals["SEVERITY.HIGH"],
        "files.checked": 1,
    }
    assert "Use of possibly insecure function" in run.log
    assert_not_told(run)


def test_lesser_findings_can_be_warnings(bad: Path, tmp_path: Path) -> None:
    high = run_check(bad, f'{PRESET}\nfail_on = "high"')
    repository = make_repository(tmp_path / "r", {"it.py": "eval(input())\n"})
    medium = run_check(repository, f'{PRESET}\nfail_on = "high"')

    assert (high.answer, {rule for rule, _, _ in high.issues}) == ("failed", {"B602"})
    assert medium.answer == "passed"
    assert isinstance(medium.result.figures, IssueFigures)
    assert [one.rule for one in medium.result.figures.warnings] == ["B307"]


def test_many_findings_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"it.py": "eval(input())\n" * 60})

    assert_capped(run_check(repository, PRESET), 60)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"pyproject.toml": '[tool.bandit]\nexclude_dirs = ["src"]\n'}, id="pyproject.toml"
        ),
        pytest.param({".bandit": "[bandit]\nexclude: ./src\n"}, id=".bandit"),
        # As a directory that `keep` keeps: git ignores it.
        pytest.param({".gitignore": "/src/\n"}, id="ignored"),
    ],
)
def test_what_the_project_excludes_is_left_out(tmp_path: Path, files: dict[str, str]) -> None:
    ignored = ".gitignore" in files
    tracked = {**files, "good.py": "", **({} if ignored else {"src/bad.py": BAD})}
    repository = make_repository(tmp_path / "r", tracked)
    setup = "mkdir src; echo 'eval(input())' > src/bad.py" if ignored else ""
    settings = f'setup = "{setup}"\nkeep = ["src"]' if ignored else ""

    run = run_check(repository, PRESET, run=settings)

    assert run.answer == "passed", run.log
    assert measures(run)["files.checked"] == 1


def test_settings_of_a_directory_below_are_not_those_of_all(tmp_path: Path) -> None:
    files = {"it.py": "eval(input())\n", "vendor/.bandit": "[bandit]\nskips: B307\n"}

    run = run_check(make_repository(tmp_path / "r", files), PRESET)

    assert run.issues == {("B307", "it.py", 1)}


def test_a_file_that_bandit_cannot_parse_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"good.py": "", "src/broken.py": "def (:\n"})

    assert_no_verdict(run_check(repository, PRESET), "could not read ./src/broken.py")


def test_a_project_without_python_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"README": ""})

    assert_no_verdict(run_check(repository, PRESET), "looked at no file")


def test_a_wrong_configuration_is_no_verdict(tmp_path: Path) -> None:
    files = {"it.py": "", "pyproject.toml": '[tool.bandit]\ntests = ["B999999"]\n'}

    assert_no_verdict(run_check(make_repository(tmp_path / "r", files), PRESET), "exit code 2")


def test_where_the_tool_is_missing_the_reason_says_how_to_install_it(
    good: Path, tmp_path: Path
) -> None:
    run = run_check(good, PRESET, path=path_without(tmp_path / "bin", "bandit"))

    assert_no_verdict(run, "install it: pip install bandit")


def test_a_tool_that_is_killed_or_crashes_is_no_verdict(good: Path, tmp_path: Path) -> None:
    killed = path_with_killed(tmp_path / "killed", "bandit")
    crashed = path_with(tmp_path / "crashed", "bandit", "echo Traceback; exit 1")

    assert_no_verdict(run_check(good, PRESET, path=killed), "SIGKILL")
    assert_no_verdict(run_check(good, PRESET, path=crashed), "was not written")


WHOLE: Final = {
    "errors": [],
    "results": [],
    "metrics": {"_totals": {"SEVERITY.LOW": 0}, "./it.py": {}},
}
RESULT: Final = {
    "issue_severity": "LOW",
    "test_id": "B1",
    "filename": "it.py",
    "line_number": 1,
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(json.dumps(WHOLE)[:-9], "not JSON", id="half"),
        pytest.param("{}", "not bandit's", id="empty"),
        pytest.param(json.dumps({**WHOLE, "results": None}), "results", id="without results"),
        pytest.param(json.dumps({**WHOLE, "errors": None}), "errors", id="without errors"),
        pytest.param(json.dumps({**WHOLE, "results": [RESULT]}), "counts fewer", id="contradicts"),
        pytest.param(
            json.dumps({**WHOLE, "results": [{**RESULT, "issue_severity": "NONE"}]}),
            "severity",
            id="unknown severity",
        ),
        pytest.param(
            json.dumps({**WHOLE, "results": [{**RESULT, "test_id": 1}]}), "test_id", id="no rule"
        ),
    ],
)
def test_half_a_report_or_a_wrong_one_is_no_verdict(
    good: Path, tmp_path: Path, text: str, reason: str
) -> None:
    path = path_with_writer(tmp_path / "bin", "bandit", text, "-o")

    assert_no_verdict(run_check(good, PRESET, path=path), reason)
