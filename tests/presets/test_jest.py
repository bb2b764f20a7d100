from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import NODE_MODULES, NODE_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "jest"'
GOOD = """\
test("adds", () => expect(1 + 1).toBe(2));
test.skip("takes long", () => {});
test.todo("to be written");
"""
BAD = f"""\
test("adds", () => expect("{SECRET}").toBe(3));
test("also", () => {{}});
"""
TESTS = re.compile(r"Tests: +(.*), (\d+) total")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def test_figures_are_those_of_its_own_summary(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**NODE_PROJECT, "a.test.js": GOOD})

    run = run_check(repository, USES, run=NODE_MODULES)

    assert run.answer == "passed", run.log
    assert TESTS.findall(COLOURS.sub("", run.log)) == [("1 skipped, 1 todo, 1 passed", "3")]
    assert run.result.figures == TestFigures(3, 0, 2)


def test_a_test_that_fails(tmp_path: Path) -> None:
    files = {**NODE_PROJECT, "a.test.js": GOOD, "b.test.js": BAD}

    run = run_check(make_repository(tmp_path / "r", files), USES, run=NODE_MODULES)

    assert run.answer == "failed"
    assert TESTS.findall(COLOURS.sub("", run.log)) == [
        ("1 failed, 1 skipped, 1 todo, 2 passed", "5")
    ]
    assert run.result.figures == TestFigures(5, 1, 2)
    assert_not_told(run)


def test_a_file_that_cannot_be_loaded_fails(tmp_path: Path) -> None:
    files = {**NODE_PROJECT, "a.test.js": GOOD, "b.test.js": "let x = ;\n"}

    run = run_check(make_repository(tmp_path / "r", files), USES, run=NODE_MODULES)

    assert (run.answer, run.result.figures) == ("failed", TestFigures(4, 1, 2))


def test_without_any_test_it_fails(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", NODE_PROJECT)

    run = run_check(repository, USES, run=NODE_MODULES)

    assert (run.answer, run.reason) == ("failed", "no test ran")


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", NODE_PROJECT)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "jest"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "jest"))

    assert_no_verdict(missing, "a tool is missing", "npm install --save-dev jest")
    assert_no_verdict(killed, "SIGKILL")


WHOLE = {
    "numPassedTests": 1,
    "numFailedTests": 0,
    "numPendingTests": 0,
    "numTodoTests": 0,
    "numTotalTests": 1,
    "numTotalTestSuites": 1,
    "numRuntimeErrorTestSuites": 0,
    "success": True,
    "testResults": [{"assertionResults": []}],
    "wasInterrupted": False,
}


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (json.dumps(WHOLE)[:-20], 1, "not JSON"),
        (json.dumps({**WHOLE, "wasInterrupted": True}), 1, "interrupted"),
        (json.dumps({**WHOLE, "numTotalTests": 2}), 0, "not the sum of its parts"),
        (json.dumps({**WHOLE, "testResults": []}), 0, "not as many as"),
        (json.dumps({**WHOLE, "numRuntimeErrorTestSuites": 1}), 1, "calls itself a success"),
        (json.dumps(WHOLE), 2, "gave up with exit code 2"),
    ],
)
def test_a_report_that_is_no_evidence(tmp_path: Path, text: str, code: int, reason: str) -> None:
    path = path_with_writer(tmp_path / "bin", "jest", text, "--outputFile", code=code)

    run = run_check(make_repository(tmp_path / "r", NODE_PROJECT), USES, path=path)

    assert_no_verdict(run, reason)


def test_a_run_that_calls_itself_unsuccessful_fails(tmp_path: Path) -> None:
    text = json.dumps({**WHOLE, "success": False})
    path = path_with_writer(tmp_path / "bin", "jest", text, "--outputFile")

    run = run_check(make_repository(tmp_path / "r", NODE_PROJECT), USES, path=path)

    assert (run.answer, run.result.figures) == ("failed", TestFigures(2, 1, 0))
