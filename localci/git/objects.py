"""Read git objects through one `git cat-file --batch-command` process (git-cat-file(1))."""

from __future__ import annotations

import re
import select
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import describe_failure, git_did_not_start, run_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import IO

    from typing_extensions import Self

TREE: Final = 0o40000
GITLINK: Final = 0o160000
SYMBOLIC_LINK: Final = 0o120000
MAX_OBJECT: Final = 64 * 1024 * 1024
"""Bytes of an object that is read where nothing less is asked for."""
ANSWER_TIMEOUT: Final = 60
"""Seconds in which git begins to answer: a disk that hangs is nobody's verdict."""
_MODE: Final = re.compile(rb"[0-7]{1,7}")
REGULAR: Final = frozenset({0o100644, 0o100755})
_MODES: Final = REGULAR | {SYMBOLIC_LINK, TREE, GITLINK}


class GitObject(NamedTuple):
    """An object as git stores it: its id, kind (`commit`, `tree`, `blob`, `tag`) and bytes."""

    id: str
    kind: str
    body: bytes


def missing_object(ref: str, object_id: str) -> GitError:
    """Say that a ref names an object which is not there: the repository is damaged."""
    return GitError(
        f"{ref} is {object_id[:12]}, and that object is not in this repository",
        then="`git fsck` tells more; a repository that it borrows from may have moved",
    )


def refuse_missing_head(git_dir: str, environment: Mapping[str, str]) -> None:
    """Raise GitError if HEAD, which nothing was found at, names an object all the same."""
    try:
        named = run_git(
            ["rev-parse", "--verify", "--quiet", "HEAD"],
            directory=git_dir,
            environment=environment,
        )
    except GitError:
        return
    raise missing_object("HEAD", named.decode("ascii").strip())


class TreeEntry(NamedTuple):
    """One row of a tree: mode as git means it, name as bytes, object id in hex."""

    mode: int
    name: bytes
    id: str


class ObjectTooLargeError(GitError):
    """An object has more bytes than are read of its kind."""


class ObjectReader:
    """A running `git cat-file --batch-command`; use it as a context manager.

    Names may be anything that git resolves (`HEAD^{tree}`, `refs/notes/ci`, an id), without line
    ends. The process is started at once, so that its start and our imports overlap.
    """

    def __init__(self, directory: str, environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch-command"],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise git_did_not_start(error) from None
        self._answers = select.poll()
        self._answers.register(_pipe(self._process.stdout), select.POLLIN)

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

    def read(self, name: str, most: int = MAX_OBJECT) -> GitObject | None:
        """Return the object that `name` leads to, or None where there is none.

        Raises ObjectTooLargeError where it has more than `most` bytes: it is not even unpacked
        then, for a pack of a few bytes can hold gigabytes. Raises GitError where git fails.
        """
        if "\n" in name or "\0" in name:
            return None
        header = self._ask(b"info " + name.encode("utf-8", "surrogateescape"))
        if header is None:
            return None
        object_id, kind, size = header
        if size > most:
            raise ObjectTooLargeError(f"the {kind} {object_id} has more than {most} bytes")
        if self._ask(b"contents " + object_id.encode("ascii")) is None:
            return None
        body = _pipe(self._process.stdout).read(size + 1)
        if len(body) != size + 1:
            raise self._died()
        return GitObject(object_id, kind, body[:-1])

    def _ask(self, command: bytes) -> tuple[str, str, int] | None:
        """Return id, kind and size of what a command names, or None where there is nothing."""
        try:
            _pipe(self._process.stdin).write(command + b"\n")
            _pipe(self._process.stdin).flush()
        except (OSError, ValueError):  # ValueError: it had died before, and its pipes are closed
            raise self._died() from None
        # Nothing of an earlier answer is left: what comes now is this one.
        if not self._answers.poll(1000 * ANSWER_TIMEOUT):
            raise self._died()
        header = _pipe(self._process.stdout).readline()
        if not header.endswith(b"\n"):
            raise self._died()
        fields = header.split()
        if len(fields) != 3 or not fields[2].isdigit():  # noqa: PLR2004 - "<id> <kind> <size>"
            return None
        return fields[0].decode("ascii"), fields[1].decode("ascii"), int(fields[2])

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
    """Return the entries of a tree object whose ids have `id_bytes` bytes.

    Raises GitError where it is damaged, also where a name stands twice: of a tree that holds a
    subtree a hundred times over, three levels are a million.
    """
    entries = []
    names = set()
    position = 0
    while position < len(body):
        end = body.find(b"\0", position)
        mode, _, name = body[position:end].partition(b" ")
        raw = body[end + 1 : end + 1 + id_bytes]
        well_formed = end >= 0 and len(raw) == id_bytes and _MODE.fullmatch(mode)
        if not well_formed or not name or name in names:
            raise GitError("a tree object is damaged", then="run `git fsck`")
        names.add(name)
        entries.append(TreeEntry(canonical_mode(int(mode, 8)), name, raw.hex()))
        position = end + 1 + id_bytes
    return tuple(entries)


def canonical_mode(mode: int) -> int:
    """Return what git takes a mode for: it checks 040755 out as a directory all the same."""
    if mode in _MODES:
        return mode
    kind = mode & 0o170000
    if kind == 0o100000:  # noqa: PLR2004 - a file's
        return 0o100755 if mode & 0o100 else 0o100644
    return kind if kind in _MODES else GITLINK


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
