"""Ask a person on the terminal, whatever standard input is: a hook's is what git pipes into it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.errors import UsageError

YES: Final = "yes"
"""Only the whole word is consent."""
_TERMINAL: Final = "/dev/tty"


def ask(question: str, nobody: UsageError) -> str:
    """Return the answer in small letters, "" for none. Raises `nobody` without a terminal."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise nobody from None
    with os.fdopen(terminal, "r", encoding="utf-8", errors="replace") as answers:
        os.write(terminal, f"{question} [yes/no] ".encode("utf-8", "replace"))
        return answers.readline().strip().lower()
