"""Which terminal a view may use, what it can show, and how lines are painted for it."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.prover.telling.wording import BAD, BOLD, DIM, GOOD, PLAIN, UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from localci.prover.telling.wording import Pieces

_CONTROLLING: Final = "/dev/tty"
_CODES: Final = MappingProxyType({DIM: "2", BOLD: "1", GOOD: "32", BAD: "31", UNDECIDED: "33"})
_COLOURS: Final = frozenset({GOOD, BAD, UNDECIDED})


def is_live(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Tell whether lines can be drawn over on `stream`.

    Not on a dumb terminal, not where its encoding lacks the signs, and not in a hosted job (`CI`),
    whose pseudo-terminal is a log.
    """
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return _is_able_terminal(environ, stream) and utf8 and not environ.get("CI")


def has_colours(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Tell whether `stream` shows colours, and nobody asked for none (`NO_COLOR`)."""
    return _is_able_terminal(environ, stream) and not environ.get("NO_COLOR")


def open_controlling_terminal(environ: Mapping[str, str]) -> TextIO | None:
    """Open the terminal in front of which the person sits, whatever is captured; None without."""
    try:
        stream = os.fdopen(
            os.open(_CONTROLLING, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC),
            "w",
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError:
        # ENXIO: no terminal. ENOTTY, EACCES, ENOENT: none that could be used.
        return None
    if is_live(environ, stream):
        return stream
    stream.close()
    return None


def paint(pieces: Pieces, *, colours: bool) -> str:
    """Return a line for a terminal; without colours only bold and dim are left of its styles."""
    return "".join(_painted(text, style, colours=colours) for text, style in pieces)


def _painted(text: str, style: str, *, colours: bool) -> str:
    if style == PLAIN or (style in _COLOURS and not colours):
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def _is_able_terminal(environ: Mapping[str, str], stream: TextIO) -> bool:
    return stream.isatty() and environ.get("TERM", "dumb") not in {"", "dumb", "unknown"}
