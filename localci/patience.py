"""How patiently localci asks anybody over a network: a first try and three more (design 7).

With 20 % of all connections failing 99.7 % of what is asked arrives so; with three tries in all it
is 95 to 98 %. tenacity is imported when the first thing is asked.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from localci.console import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

ATTEMPTS: Final = 4
FIRST_WAIT: Final = 2.0
"""Seconds before the second try; each further wait is twice the one before: 2, 4, 8."""
MOST_PATIENCE: Final = 180.0
"""Seconds that are waited at most where the other side names a time."""
Result = TypeVar("Result")


def says_nothing(_error: BaseException) -> float:
    """Return that the other side names no time."""
    return -1


def patiently(
    attempt: Callable[[], Result],
    passes: Callable[[BaseException], bool],
    *,
    asked: Callable[[BaseException], float] = says_nothing,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Do `attempt`, and up to three times again where `passes` says that a fault may go away.

    `asked` returns the seconds for which the other side wants to be left alone, below 0 where it
    says nothing; `sleep` waits, in seconds. The last fault is raised as it is.
    """
    from tenacity import (  # noqa: PLC0415 - 26 ms, for those who go to a network
        Retrying,
        retry_if_exception,
        stop_after_attempt,
        wait_exponential,
    )

    steps = wait_exponential(multiplier=FIRST_WAIT)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        named = -1.0 if error is None else asked(error)
        return steps(state) if named < 0 else min(named, MOST_PATIENCE)

    def say_so_and_sleep(seconds: float) -> None:
        # Whoever waits is told what for; why it fails is said when it did for good.
        tell(f"localci: that did not get through; trying again in {seconds:g} s")
        sleep(seconds)

    return Retrying(
        retry=retry_if_exception(passes),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait,
        sleep=say_so_and_sleep,
        reraise=True,
    )(attempt)
