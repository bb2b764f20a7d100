"""What is being pushed: from git's own words on standard input, or from what pre-commit hands on.

githooks(5), pre-push: a line `<local ref> SP <local id> SP <remote ref> SP <remote id>` for each
ref. pre-commit and prek keep standard input to themselves and hand on, in the environment, only
the first ref with new commits; a push without any is not told at all (design 9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import UsageError
from localci.formats.object_ids import is_object_id, is_zero

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_REFS: Final = ("refs/notes/", "refs/localci/")
DEFAULT_REMOTE: Final = "origin"


class PushedRef(NamedTuple):
    """A name of the commit (an id, or a ref) that is pushed, and the ref that it goes to."""

    revision: str
    remote_ref: str

    @property
    def is_tag(self) -> bool:
        """Whether a tag is pushed."""
        return self.remote_ref.startswith("refs/tags/")

    @property
    def branch(self) -> str:
        """The branch's short name, empty for anything else."""
        head = "refs/heads/"
        return self.remote_ref.removeprefix(head) if self.remote_ref.startswith(head) else ""


class Push(NamedTuple):
    """One push: the remote's name (or URL, where it has none), its URL, the refs with commits."""

    remote: str
    url: str
    refs: tuple[PushedRef, ...]


def read_told_push(remote: str, url: str, standard_input: str) -> Push:
    """Return what git tells its hook, without deletions and without refs of localci's own.

    `remote` and `url` are the hook's arguments. Raises UsageError where standard input is not what
    git writes.
    """
    lines = [line for line in standard_input.split("\n") if line]
    return Push(remote, url, tuple(ref for line in lines if (ref := _read_line(line)) is not None))


def read_handed_on_push(environment: Mapping[str, str]) -> Push:
    """Return what pre-commit or prek hands on of a push; without either, HEAD to `origin`."""
    remote = environment.get("PRE_COMMIT_REMOTE_NAME", "") or DEFAULT_REMOTE
    url = environment.get("PRE_COMMIT_REMOTE_URL", "")
    revision = (
        environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    )
    remote_ref = environment.get("PRE_COMMIT_REMOTE_BRANCH", "")
    if remote_ref.startswith(_OWN_REFS) or (is_object_id(revision) and is_zero(revision)):
        return Push(remote, url, ())
    return Push(remote, url, (PushedRef(revision, remote_ref),))


def _read_line(line: str) -> PushedRef | None:
    # A local name may hold blanks (`HEAD@{1 second ago}`); the rest cannot.
    fields = line.rsplit(" ", 3)
    if len(fields) != 4 or not is_object_id(fields[1]):  # noqa: PLR2004 - see githooks(5)
        raise UsageError(
            "standard input is not what git tells a pre-push hook",
            then="`git push` calls this command; to run the checks by hand: `localci run`",
        )
    _, local_id, remote_ref, _ = fields
    if is_zero(local_id) or remote_ref.startswith(_OWN_REFS):
        return None
    return PushedRef(local_id, remote_ref)
