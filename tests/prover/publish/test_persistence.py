from __future__ import annotations

import re

import pytest

from localci.errors import GitError
from localci.git.bounded import Answer
from localci.prover.publish.persistence import (
    IN_PASSING,
    UNTIL_DELIVERED,
    Progress,
    RefusedError,
    insist,
    refused,
    until_swapped,
    until_undisturbed,
)
from localci.prover.publish.refusals import Refusal

DONE = Answer(0, b"", b"")
RESET = Answer(128, b"", b"fatal: unable to access 'x': Connection reset by peer")
DECLINED = Answer(1, b"!\ta:b\t[remote rejected] (hook declined)", b"")
DENIED = Answer(128, b"", b"fatal: Authentication failed for 'x'")
BEHIND = Answer(1, b"!\ta:b\t[rejected] (fetch first)", b"")


class Script:
    """Answers in order, the last one for ever, and the waits in between."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.waits: list[float] = []

    def answer(self) -> Answer:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.code != 0:
            raise refused(answer)
        return answer

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def test_a_failing_network_is_tried_three_more_times_after_2_4_and_8_seconds() -> None:
    script = Script(RESET, RESET, RESET, DONE)
    assert insist(script.answer, script.sleep) is DONE
    assert script.waits == [2, 4, 8]

    script = Script(RESET)
    with pytest.raises(RefusedError, match="Connection reset by peer"):
        insist(script.answer, script.sleep)
    assert script.calls == 4
    assert script.waits == [2, 4, 8]


def test_a_hook_that_declines_is_asked_a_handful_of_times_after_short_waits() -> None:
    script = Script(DECLINED, DECLINED, DONE)
    assert insist(script.answer, script.sleep) is DONE

    script = Script(DECLINED)
    with pytest.raises(RefusedError, match="hook declined"):
        insist(script.answer, script.sleep)
    assert script.calls == 5
    assert sum(script.waits) < 10


@pytest.mark.parametrize("answer", [DENIED, BEHIND])
def test_what_the_same_push_cannot_mend_is_not_repeated(answer: Answer) -> None:
    script = Script(answer)
    with pytest.raises(RefusedError):
        insist(script.answer, script.sleep)
    assert script.calls == 1
    assert script.waits == []


def test_a_round_that_others_disturb_is_begun_again_many_times() -> None:
    script = Script(*[BEHIND] * 50, DONE)
    assert until_undisturbed(lambda: insist(script.answer, script.sleep), script.sleep) is DONE
    assert max(script.waits) <= 4

    script = Script(BEHIND)
    with pytest.raises(RefusedError) as error:
        until_undisturbed(lambda: insist(script.answer, script.sleep), script.sleep)
    assert error.value.kind is Refusal.CONTENTION
    assert script.calls == UNTIL_DELIVERED.rounds


def test_in_passing_little_is_tried() -> None:
    script = Script(BEHIND)
    with pytest.raises(RefusedError):
        until_undisturbed(script.answer, script.sleep, IN_PASSING)
    assert script.calls == 2


def test_a_round_is_not_begun_again_for_any_other_reason() -> None:
    script = Script(DENIED)
    with pytest.raises(RefusedError):
        until_undisturbed(lambda: insist(script.answer, script.sleep), script.sleep)
    assert script.calls == 1


def test_a_local_ref_is_swapped_until_nobody_is_quicker() -> None:
    waits: list[float] = []
    failures = [GitError("git update-ref: cannot lock ref 'x': is at 1 but expected 2")] * 30

    def attempt() -> None:
        if failures:
            raise failures.pop()

    looks: list[int] = []
    until_swapped(attempt, waits.append, lambda: looks.append(len(waits)))
    assert looks == list(range(30))
    assert len(waits) == 30
    assert max(waits) <= 0.05


@pytest.mark.parametrize(
    "reason",
    [
        "git unpack-objects: unable to write file: No space left on device",
        "git update-ref: cannot lock ref 'x': Unable to create '/r/x.lock': Permission denied",
        "git update-ref: cannot lock ref 'x': Unable to create '/r/x.lock': Read-only file system",
        "git update-ref: cannot lock ref 'x': 'x/y' exists; cannot create 'x'",
    ],
)
def test_a_local_ref_is_not_tried_again_where_that_cannot_help(reason: str) -> None:
    def attempt() -> None:
        raise GitError(reason)

    with pytest.raises(GitError, match=re.escape(reason)):
        until_swapped(attempt, lambda _: pytest.fail("waited"), lambda: None)


@pytest.mark.parametrize(("answers", "calls"), [([1, 1], 2), ([1, 3, 4, 9], 3)])
def test_a_round_that_the_network_ended_is_repeated_twice_if_anything_was_answered(
    answers: list[int], calls: int
) -> None:
    script = Script(RESET)
    left = iter(answers)
    progress = Progress(lambda: next(left))
    with pytest.raises(RefusedError, match="reset"):
        until_undisturbed(script.answer, script.sleep, UNTIL_DELIVERED, progress)
    assert script.calls == calls


def test_a_round_on_a_dead_network_is_not_repeated() -> None:
    script = Script(RESET)
    with pytest.raises(RefusedError, match="reset"):
        until_undisturbed(script.answer, script.sleep, UNTIL_DELIVERED, Progress(lambda: 0))
    assert script.calls == 1
