"""Deliver lines of the outbox to every remote that is to have them (design 7)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import DeliveryError, GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.new_objects import NewObjects
from localci.git.objects import ObjectReader
from localci.git.writing import users_plumbing
from localci.prover.publish.delivery import USUAL, Manner, bring
from localci.prover.publish.lines import common
from localci.prover.publish.outbox import removal_moves, remove_from_outbox
from localci.prover.publish.refusals import is_contention
from localci.prover.publish.seen_notes import remember_seen, seen_moves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.prover.publish.lines import Lines


@dataclass(frozen=True)
class Delivery:
    """What became of one remote: how many lines were new to it, or why it has them not."""

    remote: str
    new_lines: int = 0
    failure: DeliveryError | None = None


def publish(
    repository: str, remotes: Sequence[str], lines: Lines, manner: Manner = USUAL
) -> tuple[Delivery, ...]:
    """Deliver lines to each of `remotes`; they leave the outbox when all of them have them.

    No lines, nothing is done. A remote that does not take them keeps no other from getting them.
    Raises GitError where this repository cannot be read or written.
    """
    if not lines:
        return ()
    # Started here, it is ready when the network is done.
    with ObjectReader(repository, users_plumbing(repository).environment) as objects:
        return _publish(objects, repository, remotes, lines, manner)


def _publish(
    objects: ObjectReader, repository: str, remotes: Sequence[str], lines: Lines, manner: Manner
) -> tuple[Delivery, ...]:
    deliveries = []
    everywhere = lines
    seen: dict[str, Mapping[str, bytes]] = {}
    for number, remote in enumerate(remotes):
        try:
            done = bring(repository, remote, lines, manner)
        except DeliveryError as error:
            deliveries.append(Delivery(remote, failure=error))
        else:
            deliveries.append(Delivery(remote, done.new_lines))
            seen.update(done.seen)
            # The first one may have got more than was asked for.
            everywhere = common(everywhere, done.lines) if number else done.lines
    if deliveries and all(delivery.failure is None for delivery in deliveries):
        _settle(objects, repository, seen, everywhere, manner)
    else:
        for name, notes in seen.items():
            remember_seen(repository, name, notes, sleep=manner.sleep)
    return tuple(deliveries)


def _settle(
    objects: ObjectReader,
    repository: str,
    seen: Mapping[str, Mapping[str, bytes]],
    lines: Lines,
    manner: Manner,
) -> None:
    """Take what is delivered out of the outbox, and remember what was seen, all at once."""
    if len(seen) == 1:
        ((name, notes),) = seen.items()
        plumbing = users_plumbing(repository)
        new = NewObjects(sha256=any(map(made_by_sha256, lines)))
        # Another process may be quicker: then one after the other.
        with contextlib.suppress(GitError):
            moves = {
                **seen_moves(objects, new, name, notes),
                **removal_moves(objects, new, lines),
            }
            plumbing.write_objects(new)
            return plumbing.move_refs(moves)
    for name, notes in seen.items():
        remember_seen(repository, name, notes, sleep=manner.sleep)
    return _forget_delivered(repository, lines, manner)


def _forget_delivered(repository: str, lines: Lines, manner: Manner) -> None:
    try:
        remove_from_outbox(repository, lines, sleep=manner.sleep)
    except GitError as error:
        # All is delivered, and what is sent twice stands there once.
        if not is_contention(error.what):
            raise
