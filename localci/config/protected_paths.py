"""What a protected pattern of the policy stands for. Pure.

Capitals do not matter, so that `.GitHub/` cannot stand in for `.github/` where a file system takes
them for one. Nor can a link or a submodule called `.github`, which brings all that stands below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.paths import path_matcher

if TYPE_CHECKING:
    from collections.abc import Callable

_WILD: Final = "*?"
# What HFS+ leaves out of a name (Apple, TN1150, "Unicode Subtleties").
_UNSEEN: Final = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


def protects(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a path is one that the pattern protects.

    What some file systems take for one name is one: capitals, composed letters, letters that are
    not seen. So is whatever stands where the pattern's fixed beginning has a directory.
    """
    # As written too: some capitals are two letters in small, and `?` is one.
    written, folded = path_matcher([pattern]), path_matcher([_folded(pattern)])
    fixed = _fixed_part(pattern)
    above = fixed if len(fixed) < len(_names(pattern)) else fixed[:-1]

    def matches(path: str) -> bool:
        small = _folded(path)
        if written(path) or folded(small):
            return True
        names = small.split("/")
        return names == above[: len(names)]

    return matches


def leads_in(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether what is below a path could be what is protected.

    For links and submodules, whose own entry shows nothing of what is below them.
    """
    names = _names(pattern)
    depth = next((end for end, name in enumerate(names) if name == "**"), len(names))
    above = [path_matcher(["/".join(names[:end])]) for end in range(1, min(depth + 1, len(names)))]
    below = path_matcher(["/".join((*names[:depth], "**"))]) if depth < len(names) else None

    def could_hold(path: str) -> bool:
        small = _folded(path)
        level = small.count("/")
        if level < len(above) and above[level](small):
            return True
        return below is not None and below(small)

    return could_hold


def on_the_way_to(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a directory may hold what the pattern protects."""
    fixed = _fixed_part(pattern)

    def on_the_way(directory: str) -> bool:
        names = _folded(directory).split("/")
        return all(name == wanted for name, wanted in zip(names, fixed, strict=False))

    return on_the_way


def _folded(path: str) -> str:
    from unicodedata import normalize  # noqa: PLC0415 - only where paths are protected

    return normalize("NFC", path.translate(_UNSEEN).casefold())


def _fixed_part(pattern: str) -> list[str]:
    """Return the names that every path of the pattern starts with."""
    fixed = []
    for name in _names(pattern):
        if any(character in name for character in _WILD):
            break
        fixed.append(name)
    return fixed


def _names(pattern: str) -> list[str]:
    return _folded(pattern).rstrip("/").split("/")
