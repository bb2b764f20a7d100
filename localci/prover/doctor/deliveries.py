"""Whether results reach the remotes without anybody's help, by what was written down here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.deliveries import read_deliveries
from localci.prover.doctor.finding import doubtful, fine
from localci.prover.statistics.deliveries import ENOUGH, TARGET, rate_of, with_new_results
from localci.prover.statistics.window import DAY, Window
from localci.prover.statistics.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.prover.doctor.finding import Finding

_TOPIC: Final = "deliveries"
_DAYS: Final = 30


def examine_deliveries(repository: RepositoryPaths, now: float) -> Iterator[Finding]:
    """Yield a finding where enough was delivered of late to tell; nothing is sent."""
    window = Window(now, _DAYS * DAY)
    deliveries = with_new_results(read_deliveries(repository.common_dir))
    rate = rate_of([one for one in deliveries if window.holds(one.record.at)])
    if rate.ratio is None or rate.total < ENOUGH:
        return
    what = f"{percent(rate.ratio)} of {rate.total} in {_DAYS} days arrived at once"
    if rate.is_missed:
        missed = f"{what}, the target is {100 * TARGET:g} %"
        yield doubtful(_TOPIC, missed, "localci stats")
    else:
        yield fine(_TOPIC, what)
