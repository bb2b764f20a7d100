"""Deliver lines of the outbox to every remote that is to have them (design 7)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import DeliveryError
from localci.git.remotes import push_targets
from localci.prover.publish.delivery import deliver
from localci.prover.publish.outbox import remove_from_outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.prover.publish.outbox import Lines
    from localci.prover.publish.persistence import Sleep


@dataclass(frozen=True)
class Delivery:
    """What became of one remote: how many lines were new to it, or why it has them not."""

    remote: str
    new_lines: int = 0
    failure: DeliveryError | None = None


def publish(
    repository: str, remotes: Sequence[str], lines: Lines, *, sleep: Sleep = time.sleep
) -> tuple[Delivery, ...]:
    """Deliver lines to each of `remotes`; they leave the outbox when all of them have them.

    No lines, nothing is done. A remote that does not take them keeps no other from getting them.
    Raises GitError where this repository cannot be read or written.
    """
    if not lines:
        return ()
    deliveries = tuple(_deliver(repository, remote, lines, sleep) for remote in remotes)
    if deliveries and all(delivery.failure is None for delivery in deliveries):
        remove_from_outbox(repository, lines, sleep=sleep)
    return deliveries


def _deliver(repository: str, remote: str, lines: Lines, sleep: Sleep) -> Delivery:
    count = 0
    for target in push_targets(repository, remote):
        try:
            count += deliver(repository, target, lines, sleep=sleep)
        except DeliveryError as error:
            return Delivery(remote, count, error)
    return Delivery(remote, count)
