from __future__ import annotations

from pathlib import Path

import pytest

from localci.directories import repository_state
from localci.prover.run.durations import known_seconds, remember_seconds

REPOSITORY = "/somewhere/app/.git"


def test_nothing_is_known_of_checks_that_never_ran() -> None:
    assert known_seconds(REPOSITORY) == {}


def test_the_last_duration_of_each_check_is_known() -> None:
    remember_seconds(REPOSITORY, {"tests": 10.0, "lint": 0.5})
    remember_seconds(REPOSITORY, {"tests": 20.0})
    assert known_seconds(REPOSITORY) == {"tests": 20.0, "lint": 0.5}
    assert known_seconds("/another/.git") == {}


@pytest.mark.parametrize("content", ["", "[1]", '{"tests": "long"}', "\xff"])
def test_a_broken_record_says_nothing_and_is_written_anew(content: str) -> None:
    file = Path(repository_state(REPOSITORY), "seconds.json")
    file.write_text(content, encoding="latin-1")
    assert known_seconds(REPOSITORY) == {}
    remember_seconds(REPOSITORY, {"tests": 1.0})
    assert known_seconds(REPOSITORY) == {"tests": 1.0}
