"""Deliver lines of the outbox to every remote that is to have them (design 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import DeliveryError
from localci.prover.publish.delivery import USUAL, Manner, deliver
from localci.prover.publish.lines import common
from localci.prover.publish.outbox import remove_from_outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    deliveries = []
    everywhere = lines
    for number, remote in enumerate(remotes):
        try:
            done = deliver(repository, remote, lines, manner)
        except DeliveryError as error:
            deliveries.append(Delivery(remote, failure=error))
        else:
            deliveries.append(Delivery(remote, done.new_lines))
            # The first one may have got more than was asked for.
            everywhere = common(everywhere, done.lines) if number else done.lines
    if deliveries and all(delivery.failure is None for delivery in deliveries):
        remove_from_outbox(repository, everywhere, sleep=manner.sleep)
    return tuple(deliveries)
