from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable


class PassingError(Exception):
    def __init__(self, asked: float = -1) -> None:
        super().__init__()
        self.asked = asked


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "there"

    return attempt


def passes(error: BaseException) -> bool:
    return isinstance(error, PassingError)


def asked(error: BaseException) -> float:
    return error.asked if isinstance(error, PassingError) else -1


def test_what_arrives_at_once_waits_for_nothing() -> None:
    waits: list[float] = []
    assert patiently(failing(), passes, sleep=waits.append) == "there"
    assert waits == []


def test_three_more_tries_follow_the_first_after_2_4_and_8_seconds() -> None:
    waits: list[float] = []
    attempt = failing(PassingError(), PassingError(), PassingError())
    assert patiently(attempt, passes, sleep=waits.append) == "there"
    assert waits == [2, 4, 8]


def test_whoever_waits_is_told_for_what(capsys: pytest.CaptureFixture[str]) -> None:
    patiently(failing(PassingError(), PassingError(7.5)), passes, asked=asked, sleep=lambda _: None)
    assert capsys.readouterr().err.splitlines() == [
        "localci: that did not get through; trying again in 2 s",
        "localci: that did not get through; trying again in 7.5 s",
    ]


def test_the_fourth_fault_is_the_last() -> None:
    waits: list[float] = []
    attempt = failing(*(PassingError() for _ in range(4)))
    with pytest.raises(PassingError):
        patiently(attempt, passes, sleep=waits.append)
    assert waits == [2, 4, 8]


def test_what_will_not_pass_is_not_tried_again() -> None:
    waits: list[float] = []
    with pytest.raises(KeyError):
        patiently(failing(KeyError()), passes, sleep=waits.append)
    assert waits == []


@pytest.mark.parametrize(("named", "waited"), [(0, 0), (7, 7), (150, 150), (3600, 180)])
def test_a_time_that_the_other_side_names_is_kept_to_three_minutes(
    named: float, waited: float
) -> None:
    waits: list[float] = []
    patiently(failing(PassingError(named)), passes, asked=asked, sleep=waits.append)
    assert waits == [waited]
