from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from localci.formats.result import (
    MAX_ISSUES,
    CheckResult,
    CoverageFigures,
    ExitFigures,
    Issue,
    IssueFigures,
    Row,
    TestFigures,
)
from localci.prover.run.cells import united
from localci.prover.run.run_outcome import NoVerdict, Ran

if TYPE_CHECKING:
    from pathlib import Path

    from localci.formats.result import Figures
    from localci.prover.run.run_outcome import CheckOutcome

OLD, NEW = "python=3.11", "python=3.12"


def ran(tmp_path: Path, figures: Figures, *, passed: bool = True, at: int = 10) -> Ran:
    result = CheckResult(
        passed, figures, at, at + 5, exit_code=0 if passed else 1, duration_ms=5000, log="a" * 64
    )
    return Ran("tests", result, "" if passed else "1 of 3 tests failed", tmp_path / f"{at}.log")


def one(tmp_path: Path, cells: dict[str, CheckOutcome]) -> Ran:
    outcome = united("tests", cells, tmp_path)
    assert isinstance(outcome, Ran)
    return outcome


def test_without_a_matrix_the_cell_is_the_check(tmp_path: Path) -> None:
    only = ran(tmp_path, ExitFigures())
    assert united("tests", {"": only}, tmp_path) is only


def test_counts_are_added_up_and_times_span_all_cells(tmp_path: Path) -> None:
    cells: dict[str, CheckOutcome] = {
        OLD: ran(tmp_path, TestFigures(3, 0, 1), at=10),
        NEW: ran(tmp_path, TestFigures(4, 0, 0), at=12),
    }
    result = one(tmp_path, cells).result
    assert result.passed
    assert result.figures == TestFigures(7, 0, 1)
    assert (result.started_at, result.finished_at, result.duration_ms) == (10, 17, 10000)
    assert result.cells == (OLD, NEW)
    assert result.exit_code == 0


def test_of_percentages_the_least_holds(tmp_path: Path) -> None:
    cells: dict[str, CheckOutcome] = {
        OLD: ran(tmp_path, CoverageFigures(90.5, 85.0)),
        NEW: ran(tmp_path, CoverageFigures(87.25, 85.0), at=12),
    }
    assert one(tmp_path, cells).result.figures == CoverageFigures(87.25, 85.0)


def test_issues_are_listed_up_to_the_bound(tmp_path: Path) -> None:
    many = IssueFigures(tuple(Issue("E1", "a.py", n) for n in range(MAX_ISSUES)), 70)
    cells: dict[str, CheckOutcome] = {OLD: ran(tmp_path, many), NEW: ran(tmp_path, many, at=12)}
    figures = one(tmp_path, cells).result.figures
    assert isinstance(figures, IssueFigures)
    assert (len(figures.issues), figures.issues_total) == (MAX_ISSUES, 140)


def test_a_failed_cell_is_an_answer_whatever_others_lack(tmp_path: Path) -> None:
    cells: dict[str, CheckOutcome] = {
        OLD: NoVerdict("tests", "a tool is missing"),
        NEW: ran(tmp_path, TestFigures(3, 1, 0), passed=False),
    }
    outcome = one(tmp_path, cells)
    assert not outcome.result.passed
    assert outcome.reason == f"{NEW}: 1 of 3 tests failed"
    assert outcome.result.exit_code == 1


def test_without_a_failure_a_cell_without_verdict_leaves_the_check_without(tmp_path: Path) -> None:
    cells: dict[str, CheckOutcome] = {
        OLD: ran(tmp_path, TestFigures(3, 0, 0)),
        NEW: NoVerdict("tests", "a tool is missing", tmp_path / "log"),
    }
    outcome = united("tests", cells, tmp_path)
    assert outcome == NoVerdict("tests", f"{NEW}: a tool is missing", tmp_path / "log")


def test_the_log_of_a_matrix_lists_those_of_its_cells(tmp_path: Path) -> None:
    cells: dict[str, CheckOutcome] = {
        OLD: ran(tmp_path, ExitFigures(), at=10),
        NEW: ran(tmp_path, ExitFigures(), at=12),
    }
    outcome = one(tmp_path, cells)
    content = outcome.log.read_bytes()
    assert content == b"".join(b"%s  %d.log\n" % (b"a" * 64, at) for at in (10, 12))
    assert outcome.result.log == hashlib.sha256(content).hexdigest()


def test_measures_are_added_up_and_rows_named_by_their_cell(tmp_path: Path) -> None:
    def measured(number: int, *rows: Row) -> Ran:
        outcome = ran(tmp_path, ExitFigures(), at=number)
        result = outcome.result._replace(measures={"files.checked": number}, rows=rows)
        return replace(outcome, result=result)

    cells: dict[str, CheckOutcome] = {
        OLD: measured(3, Row("ruff", "passed")),
        NEW: measured(4, Row("ruff", "failed")),
    }
    result = one(tmp_path, cells).result
    assert result.measures == {"files.checked": 7}
    assert result.rows == (Row(f"{OLD} ruff", "passed"), Row(f"{NEW} ruff", "failed"))


def test_warnings_are_added_up_beside_issues(tmp_path: Path) -> None:
    figures = IssueFigures((), 0, (Issue("W1"),), 30)
    cells: dict[str, CheckOutcome] = {OLD: ran(tmp_path, figures), NEW: ran(tmp_path, figures)}
    assert one(tmp_path, cells).result.figures == IssueFigures((), 0, (Issue("W1"),) * 2, 60)
