"""How often and how patiently each kind of failure is tried again (tenacity; design 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
    wait_random,
    wait_random_exponential,
)

from localci.errors import GitError
from localci.patience import patiently
from localci.prover.publish.refusals import Refusal, classify, describe, is_contention

if TYPE_CHECKING:
    from localci.git.bounded import Answer

Sleep: TypeAlias = Callable[[float], None]
"""How to wait, in seconds: `time.sleep`, or what a test puts there."""
Result = TypeVar("Result")

_DECLINED_ATTEMPTS: Final = 5
_RENEWALS: Final = 2
"""Where every fetch is answered and every push dies, more would only take time."""
_LONGEST_CONTENDED_WAIT: Final = 4
"""Seconds. With it 50 writers on one ref that are awaited bring 2.7 results a second, with 2 they
bring 1.5, with 8 3.4; but with 8 the last ones wait for nobody (measured on two cores)."""
_LOCAL_ATTEMPTS: Final = 200
_LOCAL_SECONDS: Final = 10


@dataclass(frozen=True)
class Patience:
    """For how long a delivery goes on while others write to the same notes: rounds, and seconds."""

    rounds: int
    seconds: float


UNTIL_DELIVERED: Final = Patience(200, 120)
"""Somebody waits for it. 50 writers on one ref needed up to 28 attempts (measured)."""
IN_PASSING: Final = Patience(2, 10)
"""Nobody does (`on_failure = "warn"`): what is not taken goes with the next delivery."""


class RefusedError(Exception):
    """git did not fetch or push; never leaves `localci.prover.publish`."""

    def __init__(self, kind: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def refused(answer: Answer) -> RefusedError:
    """Return why git did not do it, by what it answered."""
    output, complaint = (
        part.decode("utf-8", "replace") for part in (answer.output, answer.complaint)
    )
    return RefusedError(
        classify(answer.code, output, complaint), describe(answer.code, output, complaint)
    )


def insist(operation: Callable[[], Result], sleep: Sleep) -> Result:
    """Do one fetch or push: 3 more times after 2, 4 and 8 s where the network fails.

    Where a hook of the remote declines, 4 more times after short waits. Raises RefusedError.
    """
    declined = Retrying(
        retry=retry_if_exception(_is_refusal(Refusal.DECLINED)),
        stop=stop_after_attempt(_DECLINED_ATTEMPTS),
        wait=wait_random_exponential(0.2, max=2),
        sleep=sleep,
        reraise=True,
    )
    return declined(lambda: patiently(operation, _is_refusal(Refusal.NETWORK), sleep=sleep))


class Progress:
    """Tells a bad network from a dead one; `answers` counts what was answered so far."""

    def __init__(self, answers: Callable[[], int]) -> None:
        self._answers = answers
        self._before = 0
        self._left = _RENEWALS

    def was_made(self) -> bool:
        """Tell whether anything was answered since this was asked last; yes a few times only."""
        before, self._before = self._before, self._answers()
        self._left -= 1
        return self._before > before and self._left >= 0


def until_undisturbed(
    attempt: Callable[[], Result],
    sleep: Sleep,
    patience: Patience = UNTIL_DELIVERED,
    progress: Progress | None = None,
) -> Result:
    """Repeat a whole round while others write to the same remote. Raises RefusedError.

    A round that the network ended is repeated too, if there was `progress` in it: each one asks
    several times, and of a hundred deliveries one or two would not get through all of them.
    """
    disturbed, broken = _is_refusal(Refusal.CONTENTION), _is_refusal(Refusal.NETWORK)

    def passes(error: BaseException) -> bool:
        return disturbed(error) or (broken(error) and progress is not None and progress.was_made())

    return Retrying(
        retry=retry_if_exception(passes),
        stop=stop_any(stop_after_attempt(patience.rounds), stop_after_delay(patience.seconds)),
        wait=wait_random_exponential(0.2, max=_LONGEST_CONTENDED_WAIT),
        sleep=sleep,
        reraise=True,
    )(attempt)


def until_swapped(attempt: Callable[[], None], sleep: Sleep, meanwhile: Callable[[], None]) -> None:
    """Repeat a change of a local ref while other processes move it. Raises GitError.

    `meanwhile` is done before each repetition.
    """
    Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, GitError) and is_contention(error.what)
        ),
        stop=stop_any(stop_after_attempt(_LOCAL_ATTEMPTS), stop_after_delay(_LOCAL_SECONDS)),
        wait=wait_random(0.005, 0.05),
        before_sleep=lambda _: meanwhile(),
        sleep=sleep,
        reraise=True,
    )(attempt)


def _is_refusal(kind: Refusal) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, RefusedError) and error.kind is kind
