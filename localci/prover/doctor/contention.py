"""Whether so many write to the same notes that they are in each other's way (design 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.deliveries import NOTES, read_deliveries
from localci.git.refs import SHARDS
from localci.prover.doctor.finding import doubtful
from localci.prover.statistics.deliveries import ENOUGH
from localci.prover.statistics.spread import spread
from localci.prover.statistics.window import DAY, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.prover.doctor.finding import Finding

_TOPIC: Final = "contention"
_DAYS: Final = 30
_MANY: Final = 3
"""Pushes that half of all deliveries may take: each is a round of fetching and building anew."""
_TOO_MANY: Final = 10
"""Pushes within which 95 % of all deliveries are to be done."""


def examine_contention(repository: RepositoryPaths, now: float) -> Iterator[Finding]:
    """Yield a finding for each remote whose notes had better be divided, or divided further.

    Looked at are the deliveries of late into as many refs as there are now.
    """
    window = Window(now, _DAYS * DAY)
    recent = [
        one
        for one in read_deliveries(repository.common_dir)
        if one.what == NOTES and window.holds(one.at)
    ]
    for remote in dict.fromkeys(one.remote for one in recent):
        there = [one for one in recent if one.remote == remote]
        shards = there[-1].shards
        attempts = spread(one.attempts for one in there if one.shards == shards)
        more = next((number for number in SHARDS if number > shards), None)
        if attempts is None or attempts.count < ENOUGH or more is None:
            continue
        if attempts.median > _MANY or attempts.p95 > _TOO_MANY:
            yield doubtful(
                _TOPIC,
                f"others write to the notes of {remote} at the same time: half of "
                f"{attempts.count} deliveries in {_DAYS} days took {attempts.median:g} pushes or "
                f"more, 5 % took {attempts.p95:g} or more. Verifiers that are to see what goes to "
                "other refs have to know of them: docs/notes.md",
                f"write `[notes]` with `shards = {more}` into {CONFIGURATION_FILE} on the default "
                "branch",
            )
