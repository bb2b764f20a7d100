"""What GitHub shows of verdicts: Markdown in which nothing from a note is alive.

Everything but letters, digits and blanks is written as a numeric character reference, which can
open no markup, and stands in `code` or `pre`, where names, numbers and addresses become no links
and call nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import clip, harmless, short_id
from localci.errors import PASSED
from localci.forge.github_checks import FAILURE, SUCCESS, Conclusion
from localci.verifier.report import verdict_lines
from localci.verifier.verdict import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.forge.github_event import ForgeQuestion
    from localci.verifier.verdict import Verdict

_ALIVE: Final = re.compile(r"[^A-Za-z0-9 ]")
_MAX_CELL: Final = 300
_MAX_LINE: Final = 1000
_MAX_LINES: Final = 60


class Row(NamedTuple):
    """One question and how it ended: the exit code of design 4.4 and one line."""

    question: ForgeQuestion
    code: int
    line: str


def inert(text: str) -> str:
    """Return `text` so that it means nothing to Markdown, HTML, GitHub and its runner."""
    return _ALIVE.sub(lambda match: f"&#{ord(match[0])};", harmless(text))


def verdict_conclusion(verdict: Verdict) -> Conclusion:
    """Return how a check ends by a verdict: accepted is a success, and nothing else is."""
    lines = tuple(verdict_lines(verdict))
    if verdict.verdict == ACCEPTED:
        title = f"accepted: {', '.join(verdict.signers)}" if verdict.signers else "accepted"
        return Conclusion(SUCCESS, harmless(title), _block(lines))
    return Conclusion(FAILURE, _why(verdict), _block(lines))


def fault_conclusion(reason: str) -> Conclusion:
    """Return how a check ends that could not be evaluated: never as a success."""
    line = harmless(reason)
    return Conclusion(FAILURE, f"could not be evaluated: {line}", _block((line,)))


def summary_table(rows: Iterable[Row]) -> str:
    """Return the job's summary: a row for each check."""
    head = "| check | commit | verdict |\n|---|---|---|\n"
    return f"### localci\n\n{head}{''.join(_row(row) for row in rows)}\n"


def _row(row: Row) -> str:
    mark = "passed" if row.code == PASSED else "failed"
    cells = (
        row.question.check,
        short_id(row.question.head),
        f"{mark}: {row.line}",
    )
    return f"| {' | '.join(f'<code>{inert(clip(cell, _MAX_CELL))}</code>' for cell in cells)} |\n"


def _why(verdict: Verdict) -> str:
    """Return the first reason: what a person reads who only sees one line."""
    reasons = verdict.reasons
    if not reasons:
        return verdict.verdict
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return harmless(f"{verdict.verdict}, {reasons[0].code}: {reasons[0].message}{more}")


def _block(lines: Iterable[str]) -> str:
    shown = [inert(clip(line, _MAX_LINE)) for line in lines][:_MAX_LINES]
    return "<pre>\n" + "\n".join(shown) + "\n</pre>\n"
