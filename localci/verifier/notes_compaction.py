"""Whether a push to a plain git server may take whole notes away (`localci notes compact`).

It may what the branch of HEAD, as it is *here*, says of old notes: `[notes] keep` in its
localci.toml, where that branch is a protected one. A note goes where every line of it is older than
that by this server's clock, and no branch or tag leads to what it is on, neither as stored nor as
the same push would have it. What the pusher says of any of this is not asked; in doubt it stays.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.branch_patterns import short_branch
from localci.console import short_id
from localci.errors import LocalciError
from localci.formats.object_ids import is_object_id, is_zero
from localci.git.objects import tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.verifier.revisions import find_commit
from localci.verifier.server_rules import leads_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.verifier.own_repository import OwnRepository
    from localci.verifier.server_rules import ServerRules

_CODE: Final = ("refs/heads/", "refs/tags/")


class Keeping(NamedTuple):
    """What decides: the repository and its rules, and the refs that the push would make."""

    repository: RepositoryPaths
    own: OwnRepository
    objects: ObjectReader
    rules: ServerRules
    pushed: Mapping[str, str]

    def why_kept(self, gone: Mapping[str, int | None]) -> str:
        """Return why one of these notes stays, given by object with their newest times; or "".

        Raises GitError where it cannot be told what is reached.
        """
        before = self._kept_since()
        if isinstance(before, str):
            return before
        for object_id, newest in gone.items():
            if newest is None:
                return f"a line on {short_id(object_id)} does not say when it was made"
            if newest >= before:
                return f"the lines on {short_id(object_id)} are younger than `[notes] keep` says"
        left = self.own.unreached(gone, self._tips())
        reached = next((object_id for object_id in gone if object_id not in left), "")
        return f"a branch or tag leads to {short_id(reached)}" if reached else ""

    def _kept_since(self) -> float | str:
        """Return from when on notes stay, in seconds since 1970; or why all of them do."""
        # Late: it is wanted for a compaction only.
        from localci.config.read_configuration import read_configuration  # noqa: PLC0415

        default = leads_to(self.repository, "HEAD")
        if default not in self.own.refs or not self.rules.protects(default):
            # Anybody could write there that results are kept for a day.
            return "the branch of HEAD is not protected, so that it does not say what may go"
        try:
            tip = find_commit(self.objects, self.own.refs, self.own.refs[default])
            files = TreeFiles(self.objects, tree_of_commit(tip.body))
            keep = read_configuration(files.read).notes.keep
        except LocalciError as error:
            return f"the branch of HEAD does not say what may go: {error.what}"
        if keep is None:
            return f"`[notes] keep` of {short_branch(default)} does not say that any may go"
        return time.time() - keep

    def _tips(self) -> tuple[str, ...]:
        values: Iterable[tuple[str, str]] = (*self.own.refs.items(), *self.pushed.items())
        return tuple(
            dict.fromkeys(
                value
                for ref, value in values
                if ref.startswith(_CODE) and is_object_id(value) and not is_zero(value)
            )
        )
