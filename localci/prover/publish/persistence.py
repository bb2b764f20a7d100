"""How often and how patiently each kind of failure is tried again (tenacity; design 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
    wait_exponential,
    wait_random,
    wait_random_exponential,
)

from localci.errors import GitError
from localci.prover.publish.refusals import Refusal, classify, describe, is_contention

if TYPE_CHECKING:
    from tenacity.wait import wait_base

    from localci.git.remotes import Answer

Sleep: TypeAlias = Callable[[float], None]
"""How to wait, in seconds: `time.sleep`, or what a test puts there."""
Result = TypeVar("Result")

# 20 writers on one ref needed up to 22 attempts, 50 writers up to 44 (measured).
_CONTENTION_ATTEMPTS: Final = 60
_CONTENTION_SECONDS: Final = 120
_DECLINED_ATTEMPTS: Final = 5
_NETWORK_ATTEMPTS: Final = 4
_LOCAL_ATTEMPTS: Final = 200


class RefusedError(Exception):
    """git did not fetch or push; never leaves `localci.prover.publish`."""

    def __init__(self, kind: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def insist(operation: Callable[[], Answer], sleep: Sleep) -> Answer:
    """Do one fetch or push: 3 more times after 2, 4 and 8 s where the network fails.

    Where a hook of the remote declines, 4 more times after short waits. Raises RefusedError.
    """

    def attempt() -> Answer:
        answer = operation()
        if answer.code != 0:
            kind = classify(answer.code, answer.output, answer.complaint)
            raise RefusedError(kind, describe(answer.code, answer.output, answer.complaint))
        return answer

    network = _retrying(Refusal.NETWORK, _NETWORK_ATTEMPTS, wait_exponential(multiplier=2), sleep)
    declined = _retrying(
        Refusal.DECLINED, _DECLINED_ATTEMPTS, wait_random_exponential(0.2, max=2), sleep
    )
    return declined(lambda: network(attempt))


def until_undisturbed(attempt: Callable[[], Result], sleep: Sleep) -> Result:
    """Repeat a whole round while others write to the same remote. Raises RefusedError."""
    return Retrying(
        retry=retry_if_exception(_is_refusal(Refusal.CONTENTION)),
        stop=stop_any(
            stop_after_attempt(_CONTENTION_ATTEMPTS), stop_after_delay(_CONTENTION_SECONDS)
        ),
        wait=wait_random_exponential(0.05, max=1),
        sleep=sleep,
        reraise=True,
    )(attempt)


def until_swapped(attempt: Callable[[], None], sleep: Sleep) -> None:
    """Repeat a change of a local ref while other processes move it. Raises GitError."""
    Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, GitError) and is_contention(error.what)
        ),
        stop=stop_after_attempt(_LOCAL_ATTEMPTS),
        wait=wait_random(0.005, 0.05),
        sleep=sleep,
        reraise=True,
    )(attempt)


def _retrying(kind: Refusal, attempts: int, wait: wait_base, sleep: Sleep) -> Retrying:
    return Retrying(
        retry=retry_if_exception(_is_refusal(kind)),
        stop=stop_after_attempt(attempts),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )


def _is_refusal(kind: Refusal) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, RefusedError) and error.kind is kind
