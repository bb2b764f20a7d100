"""The comment on a pull or merge request, as text. Pure.

Nothing that somebody else wrote is alive in it: no markup, no link or image, nobody is called. The
commit, the names of checks, their figures and findings stand in code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless, short_id
from localci.forge.markdown import inert
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localci.forge.posting.posting import Annotation, Posting, Row

MARKER: Final = "<!-- localci report -->"
"""By which a comment of ours is found again. It proves nothing: who wrote it counts too."""

_HEADS: Final = {
    SUCCESS: "accepted",
    FAILURE: "not accepted",
    ERROR: "no verdict",
    PENDING: "not judged yet",
}
_MAX_CELL: Final = 120
_MAX_LINE: Final = 300
_MAX_SIGNERS: Final = 10
# Characters. Together with the head less than the 32,768 of Bitbucket, the fewest of the forges.
_ROOM_FOR_ROWS: Final = 14_000
_ROOM_FOR_REASONS: Final = 6_000
_ROOM_FOR_FINDINGS: Final = 10_000
_SPECIAL: Final = str.maketrans({"`": "'", "|": "¦", "@": "(at)", "\\": "/"})
_MARKED: Final = re.compile(r"\s*(?:<!-- localci report -->|\[//\]: # \(localci report\))")


@dataclass(frozen=True)
class Markup:
    """How a forge writes code: in a line, as a block of lines; and a marker that is not shown."""

    marker: str
    code: Callable[[str], str]
    block: Callable[[Iterable[str]], str]


def _html_code(text: str) -> str:
    return f"<code>{inert(text)}</code>" if text else ""


def _html_block(lines: Iterable[str]) -> str:
    return "<pre>\n" + "\n".join(map(inert, lines)) + "\n</pre>\n"


def _bare_code(text: str) -> str:
    shown = harmless(text).translate(_SPECIAL).strip()
    return f"`{shown}`" if shown else ""


def _bare_block(lines: Iterable[str]) -> str:
    return "".join(f"    {harmless(line).translate(_SPECIAL)}\n" for line in lines)


HTML: Final = Markup(MARKER, _html_code, _html_block)
"""GitHub, GitLab, Gitea and Forgejo: CommonMark with HTML, of which `code` and `pre` are left."""
BARE: Final = Markup("[//]: # (localci report)", _bare_code, _bare_block)
"""Bitbucket: Markdown without HTML. What could end the code, or call somebody, is replaced."""


def comment_body(posting: Posting, markup: Markup = HTML) -> str:
    """Return the whole comment, in at most 60,000 characters; 32,768 without HTML."""
    parts = (
        f"{markup.marker}\n",
        f"### localci: {_HEADS.get(posting.state, _HEADS[ERROR])}\n",
        _about(posting, markup),
        _table(posting.rows, markup),
        _reasons(posting.reasons, markup),
        _findings(posting, markup),
    )
    return "\n".join(part for part in parts if part)


def is_report(body: str) -> bool:
    """Tell whether a comment begins like one of ours, with the marker of either markup."""
    return _MARKED.match(body) is not None


def _about(posting: Posting, markup: Markup) -> str:
    commit, tree = short_id(posting.commit), short_id(posting.tree)
    lines = [
        markup.code(clip(posting.title, _MAX_LINE)),
        f"Commit {markup.code(commit)}" + (f", tree {markup.code(tree)}" if tree else ""),
    ]
    if posting.signers:
        named = [markup.code(clip(name, _MAX_CELL)) for name in posting.signers[:_MAX_SIGNERS]]
        more = len(posting.signers) - len(named)
        lines.append(f"Signed by {', '.join(named)}" + (f" and {more} more" if more else ""))
    return "\n\n".join(line for line in lines if line) + "\n"


def _table(rows: tuple[Row, ...], markup: Markup) -> str:
    if not rows:
        return ""
    shown = _fitting((_row(row, markup) for row in rows), _ROOM_FOR_ROWS)
    head = "| check | result | figures | time | |\n|---|---|---|---|---|\n"
    return head + "".join(shown) + _rest(len(rows) - len(shown), "checks")


def _row(row: Row, markup: Markup) -> str:
    seconds = "" if row.seconds is None else f"{row.seconds:.1f} s"
    cells = (
        markup.code(clip(row.check, _MAX_CELL)),
        markup.code(clip(row.outcome, _MAX_CELL)),
        markup.code(clip(row.figures, _MAX_CELL)),
        seconds,
        markup.code(clip(row.note, _MAX_CELL)),
    )
    return f"| {' | '.join(cells)} |\n"


def _reasons(reasons: tuple[str, ...], markup: Markup) -> str:
    if not reasons:
        return ""
    shown = _fitting((clip(reason, _MAX_LINE) for reason in reasons), _ROOM_FOR_REASONS // 6)
    return f"Why:\n\n{markup.block(shown)}{_rest(len(reasons) - len(shown), 'reasons')}"


def _findings(posting: Posting, markup: Markup) -> str:
    if not posting.annotations:
        return ""
    lines = (_finding(annotation) for annotation in posting.annotations)
    shown = _fitting(lines, _ROOM_FOR_FINDINGS // 6)
    total = max(posting.findings, len(posting.annotations))
    return f"Findings:\n\n{markup.block(shown)}{_rest(total - len(shown), 'findings')}"


def _finding(annotation: Annotation) -> str:
    where = f"{annotation.path}:{annotation.line}"
    return clip(f"{where}: {annotation.level}: {annotation.message}", _MAX_LINE)


def _fitting(lines: Iterable[str], room: int) -> tuple[str, ...]:
    """Return the first lines that fit into so many characters together."""
    shown: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    return tuple(shown)


def _rest(count: int, what: str) -> str:
    return f"\n… and {count} more {what}\n" if count > 0 else ""
