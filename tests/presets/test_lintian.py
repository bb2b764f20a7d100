"""The preset `lintian`, by the real one, on packages that were really built."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from support.debian_packages import build_example, make_package
from support.parts import need
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
from support.preset_runs import run_check
from support.repositories import commit, make_repository

if TYPE_CHECKING:
    from pathlib import Path

LINTIAN = 'uses = "lintian"'
_TAG = re.compile(r"^([EWIP]): (\S+): (\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's package."""
    need("lintian")
    return build_example(tmp_path_factory.mktemp("built"))


def with_packages(path: Path, *packages: Path) -> Path:
    """Make a repository in which the packages are tracked, as if a check had just made them."""
    repository = make_repository(path)
    (repository / "dist").mkdir()
    for package in packages:
        shutil.copy(package, repository / "dist")
    commit(repository, {})
    return repository


def many(name: str) -> dict[str, str]:
    return {f"usr/local/share/{name}/file-{number}": SECRET for number in range(60)}


def test_a_package_without_tags_passes(tmp_path: Path, built: Path) -> None:
    repository = with_packages(tmp_path / "r", *built.glob("*.*"))

    run = run_check(repository, LINTIAN)

    assert run.answer == "passed", (run.reason, run.log)
    assert run.result.measures == {"issues.total": 0, "packages.checked": 2}
    assert "1 inspected: dist/roman_1.2_amd64.changes" in run.log


def test_the_figures_are_those_that_lintian_tells(tmp_path: Path) -> None:
    need("lintian")
    package = make_package(tmp_path, "odd", {"usr/bin/odd": f"#!/bin/sh\n{SECRET}\n"})
    repository = with_packages(tmp_path / "r", package)

    run = run_check(repository, LINTIAN)

    told = run_tool(repository, "lintian", "-I", "--pedantic", "dist/odd_1_all.deb").stdout
    by_letter: dict[str, set[str]] = {}
    for letter, _, tag in _TAG.findall(told):
        by_letter.setdefault(letter, set()).add(tag)
    count = Counter(letter for letter, _, _ in _TAG.findall(told))
    assert run.answer == "failed"
    assert {rule for rule, _, _ in run.issues} == by_letter["E"] | by_letter["W"]
    assert run.result.figures.issues_total == count["E"] + count["W"]  # type: ignore[union-attr]
    assert run.result.measures == {
        "issues.total": count.total(),
        "issues.high": count["E"],
        "issues.medium": count["W"],
        "issues.low": count["I"] + count["P"],
        "packages.checked": 1,
    }
    assert ("no-copyright-file", "dist/odd_1_all.deb", None) in run.issues
    assert "no-copyright-file" in run.log
    assert_not_told(run)


def test_fifty_are_listed(tmp_path: Path) -> None:
    need("lintian")
    repository = with_packages(tmp_path / "r", make_package(tmp_path, "many", many("many")))

    run = run_check(repository, f'{LINTIAN}\nfail_on = "low"')

    assert_capped(run, run.result.measures["issues.total"])
    assert run.result.measures["issues.total"] >= 60
    assert_not_told(run)


def test_nothing_to_inspect_is_no_verdict(tmp_path: Path) -> None:
    need("lintian")

    run = run_check(make_repository(tmp_path / "r", {"a": ""}), LINTIAN)

    assert_no_verdict(run, "no packages in dist/", "one of needs")


def test_a_package_that_cannot_be_opened_is_no_verdict(tmp_path: Path) -> None:
    need("lintian")
    repository = make_repository(tmp_path / "r", {"dist/x_1_all.deb": "!<arch>\n"})

    assert_no_verdict(run_check(repository, LINTIAN))


def test_a_missing_one_is_no_verdict_and_told_how_to_be_had(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"dist/x_1_all.deb": ""})

    run = run_check(repository, LINTIAN, path=path_without(tmp_path / "p", "lintian"))

    assert_no_verdict(run, "lintian", "sudo apt-get install lintian")


def whole(**hint: object) -> str:
    row = {"tag": "a-tag", "visibility": "error", "pointer": {}, **hint}
    file = {"path": "x.deb", "hints": [row]}
    log = {"groups": [{"input_files": [file]}], "lintian_version": "2.116.3"}
    return json.dumps(log)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (whole()[:-20], 0),
        ("", 0),
        ("{}", 0),
        ('{"groups": [], "lintian_version": "2.116.3"}', 0),
        ('{"groups": [{"input_files": []}], "lintian_version": "2.116.3"}', 0),
        (whole(visibility="dire"), 0),
        (whole(visibility=None), 0),
        (whole(tag=1), 0),
        (whole(), 1),
        (whole(), 2),
        (whole(), 255),
    ],
)
def test_a_crash_or_half_a_report_is_no_verdict(tmp_path: Path, text: str, code: int) -> None:
    repository = make_repository(tmp_path / "r", {"dist/x_1_all.deb": ""})
    path = path_with_writer(tmp_path / "p", "lintian", text, code=code)

    assert_no_verdict(run_check(repository, LINTIAN, path=path))


def test_what_is_overridden_or_a_classification_does_not_count(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"dist/x_1_all.deb": ""})
    rows = [
        {"tag": "one", "visibility": "classification"},
        {"tag": "two", "visibility": "error", "override": {"justification": SECRET}},
        {"tag": "three", "visibility": "pedantic", "note": SECRET},
    ]
    file = {"path": "x.deb", "hints": rows}
    text = json.dumps({"groups": [{"input_files": [file]}], "lintian_version": "2.116.3"})
    path = path_with_writer(tmp_path / "p", "lintian", text)

    run = run_check(repository, LINTIAN, path=path)

    assert run.answer == "passed"
    assert run.result.figures.warnings_total == 1  # type: ignore[union-attr]
    assert run.result.measures == {"issues.low": 1, "issues.total": 1, "packages.checked": 1}
    assert_not_told(run)


def test_killed_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"dist/x_1_all.deb": ""})

    assert_no_verdict(
        run_check(repository, LINTIAN, path=path_with_killed(tmp_path / "p", "lintian"))
    )
    slow = path_with(tmp_path / "s", "lintian", "sleep 60")
    assert_no_verdict(run_check(repository, f'{LINTIAN}\ntimeout = "1s"', path=slow), "timeout")
