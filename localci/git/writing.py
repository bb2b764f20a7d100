"""Store objects, commits and refs by git's plumbing, in the user's repository or one of ours."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import run_git, user_environment, with_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.git.new_objects import NewObjects

_PLAIN: Final = (
    # A `reference-transaction` may lie where the checks before could write.
    ("core.hooksPath", os.devnull),
    # Milliseconds. Whoever wants to wait longer for a lock begins again.
    ("core.filesRefLockTimeout", "100"),
)
_NO_OBJECT: Final = "0"
_NOBODY: Final = {
    "GIT_AUTHOR_NAME": "localci",
    "GIT_AUTHOR_EMAIL": "localci@localhost",
    "GIT_COMMITTER_NAME": "localci",
    "GIT_COMMITTER_EMAIL": "localci@localhost",
}


def plumbing_environment() -> dict[str, str]:
    """Return the environment in which objects are read and written as they are stored."""
    return {**user_environment(), "GIT_NO_REPLACE_OBJECTS": "1"}


@dataclass(frozen=True)
class Plumbing:
    """git's plumbing in one repository: where it starts, and with what environment.

    Every method raises GitError.
    """

    directory: str
    environment: Mapping[str, str]

    def write_objects(self, new: NewObjects) -> None:
        """Store objects that have their names already; what they name need not be here."""
        if new:
            self._plumb(["unpack-objects", "-q"], new.as_pack())

    def write_commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Store a commit in the name of the user, or of localci where git knows no name."""
        arguments = ["commit-tree", tree, *(f"-p{parent}" for parent in parents)]
        body = message.encode("utf-8")
        try:
            return self._plumb(arguments, body)
        except GitError:
            # git refuses to guess a name from some systems' account and host names.
            anonymous = Plumbing(self.directory, {**self.environment, **_NOBODY})
            return anonymous._plumb(arguments, body)

    def move_refs(self, moves: Mapping[str, Move]) -> None:
        """Let refs lead elsewhere, all or none; also none where another process has moved one."""
        asked = "".join(
            f"update {ref} {move.new} {move.old or _NO_OBJECT * len(move.new)}\n"
            if move.new
            else f"delete {ref} {move.old}\n"
            for ref, move in moves.items()
        )
        self._plumb(["update-ref", "--stdin"], asked.encode("utf-8", "surrogateescape"))

    def _plumb(self, arguments: Sequence[str], standard_input: bytes = b"") -> str:
        done = run_git(
            arguments,
            directory=self.directory,
            environment=with_settings(self.environment, _PLAIN),
            standard_input=standard_input,
        )
        return done.decode("ascii").strip()


class Move(NamedTuple):
    """Where a ref is to lead and where it leads now; empty: there is none (to be)."""

    new: str
    old: str


def users_plumbing(repository: str) -> Plumbing:
    """Return the plumbing of the user's own repository."""
    return Plumbing(repository, plumbing_environment())
