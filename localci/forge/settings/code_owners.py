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
    others = _without_ours(path, _lines(before))
    kept = tuple(line.rstrip("\r\n") for line in others if _subject(line) in _subjects(path))
    theirs = {_subject(line) for line in kept}
    ours = [
        f"{pattern} {' '.join(owners)}"
        for pattern in _patterns(path)
        if _bare(pattern) not in theirs
    ]
    end = "\r\n" if before.partition("\n")[0].endswith("\r") else "\n"
    block = [f"{line}{end}" for line in (BEGIN, *ours, END)] if ours else []
    if block and others and not others[-1].endswith("\n"):
        others[-1] += end
    parted = [end] if block and others and others[-1].strip() else []
    return OwnersFile(path, before, "".join([*others, *parted, *block]), kept)


def find_unowned(read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the directories of ours for which the file names nobody in particular."""
    data = next((found for path in PLACES if (found := read(path)) is not None), b"")
    lines = _lines(data.decode("utf-8", "surrogateescape"))
    named = {_subject(line) for line in lines if _has_owner(line)}
    return tuple(f"{name}/" for name in _DIRECTORIES if name not in named)


def _without_ours(path: str, lines: Sequence[str]) -> list[str]:
    """Return the lines without our block, and without the blank line that parted it."""
    bare = [line.rstrip() for line in lines]
    if BEGIN not in bare and END not in bare:
        return list(lines)
    if bare.count(BEGIN) != 1 or bare.count(END) != 1 or bare.index(END) < bare.index(BEGIN):
        raise UsageError(
            f"the comments around localci's lines in {path} are not what they were",
            then="remove those lines, then `localci forge setup` writes them anew",
        )
    before, after = list(lines[: bare.index(BEGIN)]), list(lines[bare.index(END) + 1 :])
    if before and not before[-1].strip():
        before.pop()
    return before + after


def _patterns(path: str) -> tuple[str, ...]:
    """Return what our lines are for; the file itself, where it stands outside of `.github/`."""
    directories = tuple(f"/{name}/" for name in _DIRECTORIES)
    return directories if path == PLACES[0] else (*directories, f"/{path}")


def _subjects(path: str) -> Iterable[str]:
    return {_bare(pattern) for pattern in _patterns(path)}


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, which stay as they are; only a newline ends one."""
    return [line for line in re.split("(?<=\n)", text) if line]


def _has_owner(line: str) -> bool:
    """Tell whether a line names somebody: a pattern alone takes the owners away."""
    words = line.split()
    return len(words) > 1 and not words[1].startswith("#")


def _subject(line: str) -> str:
    """Return what the pattern of a line is about, "" for a line without one."""
    words = line.split()
    return _bare(words[0]) if words and not words[0].startswith("#") else ""


def _bare(pattern: str) -> str:
    return pattern.removesuffix("**").strip("/")
