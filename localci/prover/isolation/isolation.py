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
    """Absolute paths, existing and resolved. The deeper one of two counts for what is below it.

    Over `hidden` directories lies an empty file system, over `hidden` files an empty file.
    `read_only` cannot be written; `writable` are seen as they are, also below one of the others.
    Of `sealed` directories everything is seen that is there when a command starts; what is made
    directly in them goes with the command. `pinned` directories are as they are outside, but
    cannot be moved away or removed. `shared` are sealed ones in which other runs put `localci-*`:
    of these only what another rule is about is seen, whenever they are made.
    """

    hidden: tuple[str, ...]
    read_only: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
