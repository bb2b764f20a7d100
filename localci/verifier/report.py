"""The verdict as a person reads it: a dozen plain lines, nothing alive from the note in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.console import clip, harmless, short_id
from localci.formats.figures_text import check_text
from localci.verifier.verdict import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.verifier.verdict import Attestation, Reason, Verdict

MOST_LINES = 20
"""Lines of the note that are shown one by one."""


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the lines that `localci verify` prints."""
    how = f" (by its {verdict.match})" if verdict.match else ""
    yield f"{verdict.verdict}  commit {verdict.commit}{how}"
    where = f" at {short_id(verdict.trust.commit)}" if verdict.trust.commit else ": no such commit"
    yield f"  trusted  {harmless(verdict.trust.ref)}{where}"
    if verdict.self_judged:
        yield "           this is the commit under test: it was judged by its own policy"
    for name, check in (verdict.checks or {}).items():
        figures = check_text(check.result)
        yield f"  {clip(name, 16):<16} {figures:<36}  {harmless(check.signer)}"
    if len(verdict.signers) > 1:
        yield f"  counted  {harmless(', '.join(verdict.signers))}"
    for reason in verdict.reasons:
        yield f"  {_reason(reason)}"
    if verdict.verdict != ACCEPTED:
        yield from _attestation_lines(verdict.attestations)


def commit_line(verdict: Verdict) -> str:
    """Return one line for one commit of many: its id, the verdict, by whom or why."""
    if verdict.verdict == ACCEPTED:
        why = harmless(", ".join(verdict.signers))
    else:
        why = _reason(verdict.reasons[0]) if verdict.reasons else ""
    return f"{short_id(verdict.commit)}  {verdict.verdict:<8}  {why}"


def _attestation_lines(attestations: tuple[Attestation, ...]) -> Iterator[str]:
    if len(attestations) < 2:  # noqa: PLR2004 - one line's reasons stand above already
        return
    for number, attestation in enumerate(attestations[:MOST_LINES], 1):
        who = harmless(attestation.signer) or "nobody"
        codes = ", ".join(dict.fromkeys(reason.code for reason in attestation.reasons))
        yield f"  line {number}, by {who}: {codes or 'counts'}"
    if len(attestations) > MOST_LINES:
        yield f"  and {len(attestations) - MOST_LINES} more lines"


def _reason(reason: Reason) -> str:
    return f"{reason.code}: {harmless(reason.message)}"
