"""Read git objects through one `git cat-file --batch` process (gitformat: git-cat-file(1))."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import describe_failure, git_did_not_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import IO

    from typing_extensions import Self

TREE: Final = 0o40000
GITLINK: Final = 0o160000
REGULAR: Final = frozenset({0o100644, 0o100755})


class GitObject(NamedTuple):
    """An object as git stores it: its id, kind (`commit`, `tree`, `blob`, `tag`) and bytes."""

    id: str
    kind: str
    body: bytes


class TreeEntry(NamedTuple):
    """One row of a tree: mode as git means it, name as bytes, object id in hex."""

    mode: int
    name: bytes
    id: str


class ObjectReader:
    """A running `git cat-file --batch`; use it as a context manager.

    Names may be anything that git resolves (`HEAD^{tree}`, `refs/notes/ci`, an id), without line
    ends. The process is started at once, so that its start and our imports overlap.
    """

    def __init__(self, directory: str, environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise git_did_not_start(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def read(self, name: str) -> GitObject | None:
        """Return the object that `name` leads to, or None where there is none. Raises GitError."""
        if "\n" in name or "\0" in name:
            return None
        try:
            _pipe(self._process.stdin).write(name.encode("utf-8", "surrogateescape") + b"\n")
            _pipe(self._process.stdin).flush()
        except (OSError, ValueError):  # ValueError: it had died before, and its pipes are closed
            raise self._died() from None
        header = _pipe(self._process.stdout).readline()
        if not header.endswith(b"\n"):
            raise self._died()
        fields = header.split()
        if len(fields) != 3 or not fields[2].isdigit():  # noqa: PLR2004 - "<id> <kind> <size>"
            return None
        size = int(fields[2])
        body = _pipe(self._process.stdout).read(size + 1)
        if len(body) != size + 1:
            raise self._died()
        return GitObject(fields[0].decode("ascii"), fields[1].decode("ascii"), body[:-1])

    def tree(self, name: str) -> tuple[TreeEntry, ...] | None:
        """Return the entries of the tree that `name` leads to, or None where there is no tree."""
        found = self.read(name)
        if found is None or found.kind != "tree":
            return None
        return parse_tree(found.body, len(found.id) // 2)

    def _died(self) -> GitError:
        self._process.kill()
        _, stderr = self._process.communicate()
        return GitError(describe_failure("cat-file", self._process.returncode, stderr))


def parse_tree(body: bytes, id_bytes: int) -> tuple[TreeEntry, ...]:
    """Return the entries of a tree object whose ids have `id_bytes` bytes. Raises GitError."""
    entries = []
    position = 0
    while position < len(body):
        end = body.find(b"\0", position)
        mode, _, name = body[position:end].partition(b" ")
        raw = body[end + 1 : end + 1 + id_bytes]
        if end < 0 or not name or len(raw) != id_bytes or not mode.isdigit():
            raise GitError("a tree object is damaged", then="run `git fsck`")
        entries.append(TreeEntry(int(mode, 8), name, raw.hex()))
        position = end + 1 + id_bytes
    return tuple(entries)


def tree_of_commit(body: bytes) -> str:
    """Return the tree's id out of a commit's own bytes. Raises GitError."""
    first = body.partition(b"\n")[0]
    if not first.startswith(b"tree "):
        raise GitError("a commit object is damaged", then="run `git fsck`")
    return first[5:].decode("ascii", "replace")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:  # all three are asked for above
        raise GitError("git cat-file runs without pipes")
    return stream
