from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import IssueFigures
from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import NODE_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "eslint"'
PROJECT = {
    **NODE_PROJECT,
    "eslint.config.mjs": """\
export default [{ rules: { "no-var": "error", "no-undef": "error", "no-unused-vars": "warn" } }];
""",
}
GOOD = "export const one = 1;\n"
SUMMARY = re.compile(r"\((\d+) errors?, (\d+) warnings?\)")


def test_clean_code_passes(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", {**PROJECT, "a.js": GOOD}), USES)

    assert run.answer == "passed", run.log
    assert run.result.measures == {"issues.total": 0, "files.checked": 2}


def test_errors_count_and_warnings_are_told_as_many_as_eslint_says(tmp_path: Path) -> None:
    bad = f'var a = "{SECRET}";\nfoo();\n'
    files = {**PROJECT, "src/bad.js": bad, "broken.js": "let x = ;\n"}
    repository = make_repository(tmp_path / "r", files)

    run = run_check(repository, USES)

    ((errors, warnings),) = SUMMARY.findall(run_tool(repository, "eslint", ".").stdout)
    figures = run.result.figures
    assert run.answer == "failed"
    assert isinstance(figures, IssueFigures)
    assert (figures.issues_total, figures.warnings_total) == (int(errors), int(warnings)) == (3, 1)
    assert run.issues == {
        ("no-var", "src/bad.js", 1),
        ("no-undef", "src/bad.js", 2),
        ("parsing", "broken.js", 1),
    }
    assert [one.rule for one in figures.warnings] == ["no-unused-vars"]
    assert SUMMARY.search(run.log)
    assert_not_told(run)


def test_the_list_is_capped_and_warnings_alone_pass(tmp_path: Path) -> None:
    many = make_repository(tmp_path / "many", {**PROJECT, "a.js": "var a;\n" * 60})
    unused = make_repository(tmp_path / "unused", {**PROJECT, "a.js": "const a = 1;\n"})

    assert_capped(run_check(many, USES), 60)
    assert run_check(unused, USES).answer == "passed"
    assert run_check(unused, f'{USES}\nfail_on = "low"').answer == "failed"


def test_with_nothing_but_its_configuration_to_look_at_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**PROJECT, "src/a.ts": GOOD})

    assert_no_verdict(run_check(repository, USES), "no file was looked at besides")


def test_files_keep_their_names(tmp_path: Path) -> None:
    names = {"src/a%20b.js", "x:y.js", "ö [id].js"}
    files = {**PROJECT, **dict.fromkeys(names, "var a;\n")}

    run = run_check(make_repository(tmp_path / "r", files), USES)

    assert run.issues == {("no-var", name, 1) for name in names}


def test_without_a_configuration_it_is_no_verdict(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", {"a.js": GOOD}), USES)

    assert_no_verdict(run, "gave up with exit code 2")


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", PROJECT)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "eslint"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "eslint"))

    assert_no_verdict(missing, "a tool is missing", "npm install --save-dev eslint")
    assert_no_verdict(killed, "SIGKILL")


WHOLE = {"filePath": "a.js", "messages": [], "errorCount": 0, "warningCount": 0}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps([WHOLE])[:-3], "not JSON"),
        ("[]", "no file was looked at"),
        ("{}", "not a JSON list"),
        (json.dumps([{**WHOLE, "errorCount": 1}]), "errorCount is not the number"),
        (json.dumps([{**WHOLE, "messages": [{"severity": 3}]}]), "severity"),
    ],
)
def test_a_report_that_is_no_evidence(tmp_path: Path, text: str, reason: str) -> None:
    path = path_with_writer(tmp_path / "bin", "eslint", text, "-o")

    run = run_check(make_repository(tmp_path / "r", PROJECT), USES, path=path)

    assert_no_verdict(run, reason)


def test_it_looks_where_it_is_told(tmp_path: Path) -> None:
    files = {**PROJECT, "src/a.js": GOOD, "src/b b.js": "foo();\n", "bad.js": "foo();\n"}
    repository = make_repository(tmp_path / "r", files)

    good = run_check(repository, f'{USES}\nenv = {{ ESLINT_ARGUMENTS = "src/a*.js" }}')
    bad = run_check(repository, f'{USES}\nenv = {{ ESLINT_ARGUMENTS = "--quiet src/*.js" }}')

    assert good.answer == "passed", good.log
    assert good.result.measures == {"issues.total": 0, "files.checked": 1}
    assert bad.issues == {("no-undef", "src/b b.js", 1)}
