"""What the last run on a commit found out, as its record has it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, NO_VERDICT, PASSED
from localci.formats.result import CheckResult, ResultDocument, TestFigures, encode_result
from localci.prover.attest.pending import keep_result
from localci.prover.record.ended_run import last_ended_run
from localci.prover.record.known_runs import Named
from localci.prover.record.run_directory import EVENTS, RecordedRun
from localci.prover.run.events import CheckFinished, RunFinished
from support.recorded_runs import about_run

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.record.run_directory import About

COMMIT, TREE = "c" * 40, "7" * 40
NAMED = Named(COMMIT, TREE)


def finished(name: str = "tests", outcome: str = "failed", cell: str = "") -> CheckFinished:
    return CheckFinished(name, cell, outcome, "exit code 1", 1.5, "2 tests", "tests.log")


def result(*, passed: bool = False, tree: str = TREE) -> ResultDocument:
    check = CheckResult(passed, TestFigures(2, 0 if passed else 1, 0), 100, 110)
    return ResultDocument(COMMIT, tree, "5" * 32, 100, 110, {"tests": check})


def record(
    directory: Path,
    about: About,
    *checks: CheckFinished,
    code: int = FAILED,
    document: ResultDocument | None = None,
) -> Path:
    """Leave the record of a run that ended."""
    with RecordedRun(str(directory), about) as run:
        for check in checks:
            run.tell(check)
        run.tell(RunFinished(code, 2.0, None if document is None else encode_result(document)))
    return run.directory


def test_nobody_knows_of_a_run(tmp_path: Path) -> None:
    assert last_ended_run(str(tmp_path), NAMED) is None


def test_a_run_that_failed_gives_its_result(tmp_path: Path) -> None:
    record(tmp_path, about_run("1" * 32), finished(), document=result())
    ended = last_ended_run(str(tmp_path), NAMED)
    assert ended is not None
    assert (ended.exit_code, ended.finished_at, ended.document) == (FAILED, 110, result())


def test_a_run_without_a_result_gives_its_checks_without_their_cells(tmp_path: Path) -> None:
    whole = finished(outcome="no-verdict")
    about = about_run("1" * 32)
    record(tmp_path, about, finished(cell="python=3.11"), whole, code=NO_VERDICT)
    ended = last_ended_run(str(tmp_path), NAMED)
    assert ended is not None
    assert (ended.exit_code, ended.document, ended.checks) == (NO_VERDICT, None, (whole,))
    assert ended.finished_at == about.started_at + 2


def test_what_was_interrupted_or_ran_nothing_or_only_a_part_is_passed_over(tmp_path: Path) -> None:
    record(tmp_path, about_run("1" * 32), finished(), document=result())
    first = about_run("1" * 32).started_at
    later = [replace(about_run(d * 32), started_at=first + int(d)) for d in "234"]
    record(tmp_path, later[0], finished(), code=INTERRUPTED)
    record(tmp_path, later[1], code=PASSED)
    record(tmp_path, replace(later[2], selection=("lint",)), finished("lint"), document=result())
    ended = last_ended_run(str(tmp_path), NAMED)
    assert ended is not None
    assert ended.document == result()


def test_a_run_of_another_tree_says_nothing(tmp_path: Path) -> None:
    other = about_run("1" * 32, commit="d" * 40, tree="8" * 40)
    record(tmp_path, other, finished(), document=result())
    assert last_ended_run(str(tmp_path), NAMED) is None


def test_a_run_of_the_same_tree_speaks_for_the_commit(tmp_path: Path) -> None:
    about = about_run("1" * 32, commit="d" * 40)
    record(tmp_path, about, finished(), document=result())
    assert last_ended_run(str(tmp_path), NAMED) is not None


@pytest.mark.parametrize("broken", [{"version": "9"}, encode_result(result(tree="8" * 40))])
def test_a_result_that_is_none_or_of_another_tree_is_not_believed(
    tmp_path: Path, broken: dict[str, object]
) -> None:
    directory = record(tmp_path, about_run("1" * 32), finished(), document=result())
    events = directory / EVENTS
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    lines[-1]["result"] = broken
    events.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert last_ended_run(str(tmp_path), NAMED) is None


def test_where_the_record_is_gone_a_result_that_waits_stands_for_it(tmp_path: Path) -> None:
    keep_result(str(tmp_path), result(passed=True))
    ended = last_ended_run(str(tmp_path), NAMED)
    assert ended is not None
    assert (ended.exit_code, ended.document) == (PASSED, result(passed=True))
