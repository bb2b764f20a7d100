"""From what a run found out to the result document (design 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.result import ResultDocument

if TYPE_CHECKING:
    from localci.prover.run.run_outcome import RunOutcome

LOCAL_RUNNER = "local"


def to_document(outcome: RunOutcome, branch: str, *, partial: bool) -> ResultDocument:
    """Return the document of the checks that passed or failed; those without verdict are not in it.

    The caller signs and keeps it only where every check has a verdict. It is `partial` where checks
    that belong to the commit are not in it.
    """
    return ResultDocument(
        commit=outcome.commit,
        tree=outcome.tree,
        run_id=outcome.run_id,
        started_at=outcome.started_at,
        finished_at=outcome.finished_at,
        checks=outcome.results,
        branch=branch,
        runner=LOCAL_RUNNER,
        environment=outcome.environment,
        partial=partial,
    )
