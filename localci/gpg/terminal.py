"""The terminal that gpg's pinentry may ask on, and whether there is any place to ask at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

VARIABLE: Final = "GPG_TTY"
_TTY_NUMBER_FIELD: Final = 4
"""Of /proc/PID/stat, counted after the command's closing parenthesis (proc(5), field 7)."""
_PSEUDO_TERMINALS: Final = range(136, 144)
_CONSOLES: Final = 4


def name_terminal() -> None:
    """Put the controlling terminal into `GPG_TTY`, unless it is named there already.

    A hook has it although its standard input is git's, and although pre-commit gives it a
    pseudo-terminal for its output that nobody sees.
    """
    if not os.environ.get(VARIABLE):
        terminal = _controlling_terminal() or _terminal_of_descriptors()
        if terminal:
            os.environ[VARIABLE] = terminal


def can_be_asked() -> bool:
    """Tell whether a passphrase can be asked for: on a terminal, or in a window."""
    names = (VARIABLE, "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in names)


def _controlling_terminal() -> str:
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        number = int(fields[_TTY_NUMBER_FIELD])
    except (OSError, ValueError, IndexError):
        return ""
    major, minor = os.major(number), os.minor(number)
    if major in _PSEUDO_TERMINALS:
        return f"/dev/pts/{(major - _PSEUDO_TERMINALS.start) * 256 + minor}"
    return f"/dev/tty{minor}" if major == _CONSOLES else ""


def _terminal_of_descriptors() -> str:
    for descriptor in (2, 1, 0):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""
