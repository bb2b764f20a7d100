"""What a command held apart does not see, or may not write (design 6). Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAMESPACES: Final = "namespaces"
"""`environment.isolation` of a result whose checks ran in namespaces of their own."""
NONE: Final = "none"
"""`environment.isolation` of a result whose checks had a clean environment only."""


@dataclass(frozen=True)
class Isolation:
    """Absolute paths, existing and resolved.

    Over `hidden` directories lies an empty file system, over `hidden` files an empty file.
    `read_only` cannot be written; `writable` lie below one of the others and are seen as they are.
    """

    hidden: tuple[str, ...]
    read_only: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
