"""What of mine is known already of the commits that are pushed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import UsageError
from localci.git.objects import tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.prover.attest.freshness import fresh_until
from localci.prover.attest.own_results import own_results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localci.config.policy import PublicKey
    from localci.git.objects import ObjectReader
    from localci.prover.attest.own_results import OwnResult
    from localci.prover.plan.pushes import Push, PushedRef


@dataclass(frozen=True)
class PushedCommit:
    """A commit that is pushed: under which ref, and which of my results speak of it.

    `signed` is mine, for this very commit, and fresh.
    """

    ref: PushedRef
    commit: str
    tree: str
    signed: OwnResult | None


def look_up(
    objects: ObjectReader, push: Push, my_public_key: Callable[[], PublicKey], now: float
) -> Sequence[PushedCommit]:
    """Return the commits of a push, each once, tags peeled; trees and blobs need no result.

    Raises UsageError where a name means nothing here.
    """
    found: dict[str, PushedCommit] = {}
    for ref in push.refs:
        if objects.read(ref.revision) is None:
            raise UsageError(f"{ref.revision} is not in this repository")
        commit = objects.read(f"{ref.revision}^{{commit}}")
        if commit is None or commit.kind != "commit":
            continue
        if commit.id in found and (ref.is_tag or not found[commit.id].ref.is_tag):
            # A branch says more than a tag of the same commit.
            continue
        tree = tree_of_commit(commit.body)
        files = TreeFiles(objects, tree)
        signed = next(
            (
                own
                for own in own_results(objects, commit.id, push.remote, my_public_key)
                if own.statement.commit == commit.id
                and fresh_until(own.statement.document, files) > now
            ),
            None,
        )
        found[commit.id] = PushedCommit(ref, commit.id, tree, signed)
    return tuple(found.values())
