"""Patterns of branches, as configuration and policy write them: `main`, `release/*`, `users/**`.

`*` is any part of one name, `?` one character of it, and `**` anything, slashes too. A pattern
that does not say so never stands for what is below it.
"""

from __future__ import annotations

import re
from typing import Final

_WILD: Final = re.compile(r"(\*\*|\*|\?)")
_MEANS: Final = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_HEADS: Final = "refs/heads/"


def branch_matches(pattern: str, branch: str) -> bool:
    """Tell whether a branch, by its short or its full name, is one that the pattern means."""
    pieces = (_MEANS.get(piece) or re.escape(piece) for piece in _WILD.split(pattern))
    return re.fullmatch("".join(pieces), short_branch(branch), re.DOTALL) is not None


def short_branch(name: str) -> str:
    """Return a branch's name without `refs/heads/`."""
    return name.removeprefix(_HEADS)
