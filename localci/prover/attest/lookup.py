"""What of mine is known already of a pushed commit; the whole of what most pushes need.

Nothing is imported here that a look-up can do without (design 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import UsageError
from localci.git.notes import remote_ref
from localci.git.objects import tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.prover.attest.freshness import is_fresh
from localci.prover.attest.own_results import note_holds, own_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.git.objects import ObjectReader
    from localci.gpg.certificate import Certificate
    from localci.prover.attest.own_results import OwnResult
    from localci.prover.plan.pushes import Push, PushedRef


@dataclass(frozen=True)
class PushedCommit:
    """A commit that is pushed: under which ref, and which of my results speak of it.

    `signed` is mine, for this very commit, and fresh; `delivered` where the remote has it.
    """

    ref: PushedRef
    commit: str
    tree: str
    signed: OwnResult | None
    delivered: bool


def look_up(
    objects: ObjectReader, push: Push, my_certificate: Callable[[], Certificate], now: float
) -> tuple[PushedCommit, ...]:
    """Return the commits of a push, each once, tags peeled; trees and blobs need no result.

    Raises UsageError where a name means nothing here.
    """
    found: dict[str, PushedCommit] = {}
    for ref in push.refs:
        named = objects.read(ref.revision)
        if named is None:
            raise UsageError(f"{ref.revision} is not in this repository")
        commit = objects.read(f"{named.id}^{{commit}}")
        if commit is None or commit.kind != "commit" or commit.id in found:
            continue
        tree = tree_of_commit(commit.body)
        files = TreeFiles(objects, tree)
        signed = next(
            (
                own
                for own in own_results(objects, commit.id, push.remote, my_certificate)
                if own.statement.commit == commit.id
                and is_fresh(own.statement.document, files, now=now, margin=0)
            ),
            None,
        )
        delivered = signed is not None and note_holds(
            objects, remote_ref(push.remote), commit.id, signed.line
        )
        found[commit.id] = PushedCommit(ref, commit.id, tree, signed, delivered)
    return tuple(found.values())
