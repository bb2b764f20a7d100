from __future__ import annotations

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

USES = 'uses = "vitest"'
GOOD = """\
import { expect, test } from "vitest";
test("adds", () => expect(1 + 1).toBe(2));
test.skip("takes long", () => {});
"""
BAD = f"""\
import {{ expect, test }} from "vitest";
test("adds", () => expect("{SECRET}").toBe(3));
test("also", () => {{}});
"""
TESTS = re.compile(r"Tests +(?:(\d+) failed \| )?(\d+) passed(?: \| (\d+) skipped)? \((\d+)\)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def test_figures_are_those_of_its_own_summary(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**NODE_PROJECT, "a.test.js": GOOD})

    run = run_check(repository, USES, run=NODE_MODULES)

    assert run.answer == "passed", run.log
    assert TESTS.findall(COLOURS.sub("", run.log))[-1] == ("", "1", "1", "2")
    assert run.result.figures == TestFigures(2, 0, 1)


def test_a_test_that_fails(tmp_path: Path) -> None:
    files = {**NODE_PROJECT, "a.test.js": GOOD, "b.test.js": BAD}

    run = run_check(make_repository(tmp_path / "r", files), USES, run=NODE_MODULES)

    assert run.answer == "failed"
    assert TESTS.findall(COLOURS.sub("", run.log))[-1] == ("1", "2", "1", "4")
    assert run.result.figures == TestFigures(4, 1, 1)
    assert_not_told(run)


def test_a_file_that_cannot_be_loaded_fails(tmp_path: Path) -> None:
    files = {**NODE_PROJECT, "a.test.js": GOOD, "b.test.js": 'import "./nowhere.js";\n'}

    run = run_check(make_repository(tmp_path / "r", files), USES, run=NODE_MODULES)

    assert (run.answer, run.result.figures) == ("failed", TestFigures(3, 1, 1))


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", NODE_PROJECT)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "vitest"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "vitest"))

    assert_no_verdict(missing, "a tool is missing", "npm install --save-dev vitest")
    assert_no_verdict(killed, "SIGKILL")


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ('<testsuites tests="2"><testsuite><testcase name="a"/>', 1, "not well-formed"),
        ("", 1, "is empty"),
        ("<testsuites/>", 2, "gave up with exit code 2"),
    ],
)
def test_a_report_that_is_no_evidence(tmp_path: Path, text: str, code: int, reason: str) -> None:
    path = path_with_writer(tmp_path / "bin", "vitest", text, "--outputFile.junit", code=code)

    run = run_check(make_repository(tmp_path / "r", NODE_PROJECT), USES, path=path)

    assert_no_verdict(run, reason)
