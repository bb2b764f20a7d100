"""The verdict as a person reads it: a dozen plain lines, nothing alive from the note in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.console import harmless
from localci.verifier.verdict import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.formats.strict_json import JsonObject
    from localci.verifier.verdict import Attestation, Reason, Verdict

_SHORT = 12
MOST_LINES = 20
"""Lines of the note that are shown one by one."""


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the lines that `localci verify` prints."""
    how = f" (by its {verdict.match})" if verdict.match else ""
    yield f"{verdict.verdict}  commit {verdict.commit}{how}"
    yield f"  trusted  {harmless(verdict.trust.ref)} at {verdict.trust.commit[:_SHORT]}"
    if verdict.self_judged:
        yield "           this is the commit under test: it was judged by its own policy"
    for name, check in (verdict.checks or {}).items():
        yield f"  {_clip(name, 16):<16} {_figures(check)}  {harmless(str(check['signer']))}"
    for reason in verdict.reasons:
        yield f"  {_reason(reason)}"
    if verdict.verdict != ACCEPTED:
        yield from _attestation_lines(verdict.attestations)


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


def _figures(check: JsonObject) -> str:
    kind = check.get("kind")
    if kind == "tests":
        text = f"{check['total']} tests, {check['failed']} failed, {check['skipped']} skipped"
    elif kind == "coverage":
        text = f"{check['percentage']} % covered"
    elif kind == "issues":
        text = f"{check['issues_total']} issues"
    else:
        text = f"exit code {check.get('exit_code', 0)}"
    return f"{text:<36}"


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
