"""Names on GitHub as far as localci believes them: what does not look like one is none.

An event holds what strangers wrote (a branch may be called `$(id)`). Nothing of it is used before
it went through here.
"""

from __future__ import annotations

import re
from typing import Final

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", re.ASCII)
_LOGIN: Final = re.compile(r"[A-Za-z0-9_-]{1,100}(?:\[bot\])?", re.ASCII)
_HEADS: Final = "refs/heads/"
# git-check-ref-format(1); what is left out beyond that (`%` and the like) no target needs.
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@=#-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+@=#-]*)*")
_LONGEST_BRANCH: Final = 240


def is_repository(text: str) -> bool:
    """Tell whether a text is `owner/name`."""
    return _REPOSITORY.fullmatch(text) is not None and ".." not in text


def is_login(text: str) -> bool:
    """Tell whether a text can be somebody's name on GitHub."""
    return _LOGIN.fullmatch(text) is not None


def is_branch(text: str) -> bool:
    """Tell whether a text can be the name of a branch that results are judged for."""
    return (
        len(text) <= _LONGEST_BRANCH
        and _BRANCH.fullmatch(text) is not None
        and ".." not in text
        and "@{" not in text
        and not any(part.endswith((".", ".lock")) for part in text.split("/"))
    )


def branch_of(ref: str) -> str:
    """Return the branch that a whole ref names; empty for a tag, and for what is none."""
    name = ref.removeprefix(_HEADS)
    return name if name != ref and is_branch(name) else ""
