"""The files of a tree as `git ls-tree -r -z` lists them (git-ls-tree(1))."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.errors import GitError
from localci.git.command import run_git
from localci.git.objects import SYMBOLIC_LINK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class TreeFile(NamedTuple):
    """A file, link or submodule of a commit: mode as git means it, object id, path from the root.

    `target` is where a link leads, as it is written. Bytes of a path that are not UTF-8 are kept as
    surrogates (PEP 383).
    """

    mode: int
    id: str
    path: str
    target: str = ""


def parse_listing(listing: bytes) -> tuple[TreeFile, ...]:
    """Return the files that git listed, links without their targets. Raises GitError."""
    return tuple(_parse_row(row) for row in listing.split(b"\0") if row)


def list_tree(
    commit: str, *, directory: str, environment: Mapping[str, str]
) -> tuple[TreeFile, ...]:
    """Return the files of a commit's tree, as git lists them in `directory`. Raises GitError."""
    listing = run_git(
        ["ls-tree", "-r", "-z", "--full-tree", commit],
        directory=directory,
        environment=environment,
    )
    return with_targets(parse_listing(listing), directory=directory, environment=environment)


def with_targets(
    files: Sequence[TreeFile], *, directory: str, environment: Mapping[str, str]
) -> tuple[TreeFile, ...]:
    """Return the files with the targets of those that are links, which git is asked for at once.

    Raises GitError, also where a target is not here.
    """
    links = dict.fromkeys(file.id for file in files if file.mode == SYMBOLIC_LINK)
    if not links:
        return tuple(files)
    asked = "".join(f"{link}\n" for link in links).encode("ascii")
    answer = run_git(
        ["cat-file", "--batch"],
        directory=directory,
        environment=environment,
        standard_input=asked,
    )
    targets = _parse_targets(links, answer)
    return tuple(
        file._replace(target=targets[file.id]) if file.mode == SYMBOLIC_LINK else file
        for file in files
    )


def _parse_targets(links: Iterable[str], answer: bytes) -> dict[str, str]:
    targets: dict[str, str] = {}
    position = 0
    for link in links:
        start = answer.find(b"\n", position) + 1
        fields = answer[position:start].split()
        if len(fields) != 3 or not fields[2].isdigit():  # noqa: PLR2004 - "<id> <kind> <size>"
            raise GitError(f"the object {link} is missing here", then="`git fetch --refetch`")
        end = start + int(fields[2])
        targets[link] = answer[start:end].decode("utf-8", "surrogateescape")
        position = end + 1
    return targets


def _parse_row(row: bytes) -> TreeFile:
    meta, tab, path = row.partition(b"\t")
    fields = meta.split(b" ")
    if not tab or len(fields) != 3:  # noqa: PLR2004 - "<mode> <kind> <id>"
        raise GitError("git ls-tree said what nobody understands")
    return TreeFile(int(fields[0], 8), fields[2].decode(), path.decode("utf-8", "surrogateescape"))
