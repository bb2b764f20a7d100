"""The file that says who reviews what: our own lines in it, and nobody else's. Pure.

GitHub reads the first of three files, and of several patterns that match the last one counts. So
our lines go into the file that is there, to its end, between two comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may stand, in the order in which it is looked for."""
BEGIN: Final = "# localci: who reviews a change of the rules"
END: Final = "# localci: end"
_DIRECTORIES: Final = (".github", ".localci")
_OWNER: Final = re.compile(r"@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?|[^\s@#]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True)
class OwnersFile:
    """The file at `path`: its text before and after. `kept` are others' entries for our paths."""

    path: str
    before: str
    after: str
    kept: tuple[str, ...] = ()


def merge_owners(read: Callable[[str], bytes | None], owners: Sequence[str]) -> OwnersFile:
    """Return the file with our lines in it. Raises UsageError.

    A path for which somebody has written owners already keeps those.
    """
    wrong = next((owner for owner in owners if _OWNER.fullmatch(owner) is None), None)
    if wrong is not None:
        raise UsageError(
            f"{wrong} is no owner", then="write @name, @organisation/team or an address"
        )
    path, data = next(
        ((path, found) for path in PLACES if (found := read(path)) is not None), (PLACES[0], b"")
    )
    before = data.decode("utf-8", "surrogateescape")
    others = _without_ours(path, before.splitlines())
    kept = tuple(line for line in others if _subject(line) in _subjects(path))
    theirs = {_subject(line) for line in kept}
    ours = [
        f"{pattern} {' '.join(owners)}"
        for pattern in _patterns(path)
        if _bare(pattern) not in theirs
    ]
    block = [BEGIN, *ours, END] if ours else []
    lines = [*others, *([""] if others and others[-1].strip() and block else []), *block]
    end = "\r\n" if "\r\n" in before else "\n"
    return OwnersFile(path, before, "".join(f"{line}{end}" for line in lines), kept)


def find_unowned(read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the directories of ours for which the file names nobody in particular."""
    data = next((found for path in PLACES if (found := read(path)) is not None), b"")
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    named = {_subject(line) for line in lines}
    return tuple(f"{name}/" for name in _DIRECTORIES if name not in named)


def _without_ours(path: str, lines: Sequence[str]) -> list[str]:
    """Return the lines without our block, and without the blank line that parted it."""
    if BEGIN not in lines and END not in lines:
        return list(lines)
    if lines.count(BEGIN) != 1 or lines.count(END) != 1 or lines.index(END) < lines.index(BEGIN):
        raise UsageError(
            f"the comments around localci's lines in {path} are not what they were",
            then="remove those lines, then `localci forge setup` writes them anew",
        )
    before, after = list(lines[: lines.index(BEGIN)]), list(lines[lines.index(END) + 1 :])
    if before and not before[-1].strip():
        before.pop()
    return before + after


def _patterns(path: str) -> tuple[str, ...]:
    """Return what our lines are for; the file itself, where it stands outside of `.github/`."""
    directories = tuple(f"/{name}/" for name in _DIRECTORIES)
    return directories if path == PLACES[0] else (*directories, f"/{path}")


def _subjects(path: str) -> Iterable[str]:
    return {_bare(pattern) for pattern in _patterns(path)}


def _subject(line: str) -> str:
    """Return what the pattern of a line is about, "" for a line without one."""
    words = line.split()
    return _bare(words[0]) if words and not words[0].startswith("#") else ""


def _bare(pattern: str) -> str:
    return pattern.removesuffix("**").strip("/")
