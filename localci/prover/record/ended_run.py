"""What the last whole run on a commit found out, failures and checks without a verdict too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FAILED, NO_VERDICT, PASSED, FormatError
from localci.formats.result import decode_result
from localci.prover.attest.pending import kept_result
from localci.prover.record.following import read_events
from localci.prover.record.known_runs import ended_runs
from localci.prover.run.events import CheckFinished, RunFinished

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject
    from localci.prover.record.following import Run
    from localci.prover.record.known_runs import Named

_ANSWERS: Final = frozenset({PASSED, FAILED, NO_VERDICT})


@dataclass(frozen=True)
class EndedRun:
    """A run that came to its end; `document` is None where a check has no verdict.

    `finished_at` is in seconds since 1970, `exit_code` one of design 4.4. `checks` are those of the
    run as its views were told, without the cells of a matrix.
    """

    finished_at: float
    exit_code: int
    document: ResultDocument | None
    checks: tuple[CheckFinished, ...] = ()


def last_ended_run(common_dir: str, named: Named) -> EndedRun | None:
    """Return the last run that found something out about the commit; None if nobody knows of one.

    Where its record is gone a result that waits for its signature stands for it. Raises
    LocalciError.
    """
    for run in ended_runs(common_dir, named):
        ended = _read(run, named) if run.exit_code in _ANSWERS else None
        if ended is not None:
            return ended
    kept = kept_result(common_dir, named.commit, named.tree)
    if kept is None:
        return None
    return EndedRun(kept.finished_at, FAILED if kept.failed else PASSED, kept)


def _read(run: Run, named: Named) -> EndedRun | None:
    checks: list[CheckFinished] = []
    for event in read_events(run.directory):
        if isinstance(event, CheckFinished) and not event.cell:
            checks.append(event)
        elif isinstance(event, RunFinished):
            document = _document(event.result, named)
            if event.result is not None and document is None:
                return None
            at = document.finished_at if document else run.about.started_at + event.seconds
            # A run to which no check applies has found nothing out.
            return EndedRun(at, event.exit_code, document, tuple(checks)) if checks else None
    return None


def _document(encoded: JsonObject | None, named: Named) -> ResultDocument | None:
    """Return the document if it can be read, and is about the tree."""
    try:
        document = None if encoded is None else decode_result(encoded)
    except FormatError:
        return None
    return document if document is not None and document.tree == named.tree else None
