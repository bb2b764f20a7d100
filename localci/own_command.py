"""How localci starts itself anew: by the same interpreter, from the same place, and nothing else.

Isolated mode (`-I`) keeps the directory of the moment and `PYTHON*` out of it, but also the user's
own site directory, where localci may be installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_START: Final = (
    "import sys; sys.path.insert(0, {place!r}); from localci.cli import main; sys.exit(main())"
)


def own_command(arguments: Sequence[str]) -> list[str]:
    """Return the words that start localci with these arguments."""
    place = str(Path(__file__).resolve().parent.parent)
    return [sys.executable, "-I", "-c", _START.format(place=place), *arguments]
