"""From the cells of a matrix to the one check that they are (design 3.1, `matrix`).

Passed if all cells are; counts are added up, of percentages the least holds.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from localci.directories import explained, write_whole
from localci.formats.object_ids import sha256_hex
from localci.formats.result import (
    MAX_ARTIFACTS,
    MAX_ISSUES,
    MAX_NAME,
    MAX_ROWS,
    CoverageFigures,
    ExitFigures,
    IssueFigures,
    Row,
    TestFigures,
)
from localci.prover.run.run_outcome import NoVerdict, Ran

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from localci.formats.result import Figures, Issue
    from localci.prover.run.run_outcome import CheckOutcome


def united(name: str, cells: Mapping[str, CheckOutcome], logs: Path) -> CheckOutcome:
    """Return the outcome of the check `name` from those of its cells, by the cells' names.

    A check without a matrix has one cell and its outcome. A failed cell is an answer, whatever
    others lack. The check's log is a list of its cells' logs in the form of sha256sum(1).
    """
    if list(cells) == [""]:
        return cells[""]
    failed = {cell: one for cell, one in cells.items() if not one.is_good}
    open_cells = {cell: one for cell, one in failed.items() if isinstance(one, NoVerdict)}
    ran = {cell: one for cell, one in cells.items() if isinstance(one, Ran)}
    if failed and len(open_cells) == len(failed):
        cell, first = next(iter(open_cells.items()))
        return NoVerdict(name, f"{cell}: {first.reason}", first.log)
    reasons = (f"{cell}: {one.reason}" for cell, one in ran.items() if not one.result.passed)
    return _added_up(name, ran, next(reasons, ""), logs)


def _added_up(name: str, ran: Mapping[str, Ran], reason: str, logs: Path) -> Ran:
    results = [one.result for one in ran.values()]
    listing = "".join(
        f"{one.result.log}  {one.log.name}\n" for one in ran.values() if one.result.log
    ).encode("utf-8")
    log = logs / f"{name}.log"
    with explained(str(log)):
        write_whole(str(log), listing)
    durations = [r.duration_ms for r in results if r.duration_ms is not None]
    codes = [r.exit_code for r in results if r.exit_code is not None]
    result = results[0]._replace(
        passed=all(r.passed for r in results),
        figures=_figures([r.figures for r in results]),
        started_at=min(r.started_at for r in results),
        finished_at=max(r.finished_at for r in results),
        exit_code=next((code for code in codes if code), 0) if codes else None,
        duration_ms=sum(durations) if durations else None,
        log=sha256_hex(listing),
        attempts=max(r.attempts for r in results),
        cells=tuple(ran),
        measures=_measures([r.measures for r in results]),
        rows=tuple(_rows(ran))[:MAX_ROWS],
        artifacts=tuple(dict.fromkeys(a for r in results for a in r.artifacts))[:MAX_ARTIFACTS],
    )
    return Ran(name, result, reason, log, unkept=sum(one.unkept for one in ran.values()))


def _measures(measures: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    """Add up what was measured: all of it is counts, sizes and times."""
    names = dict.fromkeys(itertools.chain.from_iterable(measures))
    return {name: sum(one.get(name, 0) for one in measures) for name in names}


def _rows(ran: Mapping[str, Ran]) -> Iterator[Row]:
    for cell, one in ran.items():
        for row in one.result.rows:
            yield Row(f"{cell} {row.name}"[:MAX_NAME], row.outcome)


def _figures(figures: Sequence[Figures]) -> Figures:
    """Add up the figures of cells, which are all of one kind."""
    tests = [f for f in figures if isinstance(f, TestFigures)]
    if tests:
        return TestFigures(*(sum(column) for column in zip(*tests, strict=True)))
    coverage = [f for f in figures if isinstance(f, CoverageFigures)]
    if coverage:
        return min(coverage, key=lambda one: one.percentage)
    issues = [f for f in figures if isinstance(f, IssueFigures)]
    if issues:
        return IssueFigures(
            _first(f.issues for f in issues),
            sum(f.issues_total for f in issues),
            _first(f.warnings for f in issues),
            sum(f.warnings_total for f in issues),
        )
    return ExitFigures()


def _first(listed: Iterable[tuple[Issue, ...]]) -> tuple[Issue, ...]:
    return tuple(itertools.islice(itertools.chain.from_iterable(listed), MAX_ISSUES))
