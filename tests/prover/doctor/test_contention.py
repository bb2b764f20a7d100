from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.deliveries import POST
from localci.git.discovery import find_repository
from localci.prover.doctor.contention import examine_contention
from localci.prover.doctor.finding import Level
from support.journals import NOW, delivery, write_deliveries
from support.repositories import make_repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from localci.deliveries import DeliveryRecord
    from localci.prover.doctor.finding import Finding

CALM = [1] * 20
HALF, FEW = [1] * 9 + [4] * 11, [1] * 18 + [11] * 2


def examine(tmp_path: Path, records: Iterable[DeliveryRecord]) -> list[Finding]:
    repository = make_repository(tmp_path / "r")
    write_deliveries(repository / ".git", records)
    return list(examine_contention(find_repository(str(repository)), NOW))


def test_nothing_is_said_of_no_deliveries(tmp_path: Path) -> None:
    assert examine(tmp_path, []) == []


@pytest.mark.parametrize(
    ("attempts", "found"),
    [(CALM, 0), (HALF, 1), (FEW, 1), ([1] * 19 + [50], 0), ([3] * 20, 0), ([50] * 19, 0)],
)
def test_shards_are_proposed_where_contention_hurts(
    tmp_path: Path, attempts: list[int], found: int
) -> None:
    findings = examine(tmp_path, [delivery(attempts=number) for number in attempts])

    assert [(one.level, one.topic) for one in findings] == [(Level.WARN, "contention")] * found


@pytest.mark.parametrize(("shards", "then"), [(1, "shards = 16"), (16, "shards = 256"), (256, "")])
def test_the_next_number_is_proposed(tmp_path: Path, shards: int, then: str) -> None:
    findings = examine(tmp_path, [delivery(attempts=number, shards=shards) for number in HALF])

    assert [then in one.then for one in findings] == [True] * bool(then)


def test_what_was_measured_before_there_were_shards_does_not_count(tmp_path: Path) -> None:
    before = [delivery(2, attempts=50) for _ in range(50)]

    assert examine(tmp_path, [*before, delivery(attempts=1, shards=16)]) == []


def test_each_remote_is_told_by_itself(tmp_path: Path) -> None:
    busy = [delivery(attempts=9, remote="busy") for _ in range(20)]
    calm = [delivery(attempts=1, remote="calm") for _ in range(20)]

    (finding,) = examine(tmp_path, [*busy, *calm])

    assert "the notes of busy at the same time: half of 20 deliveries in 30 days took 9" in (
        finding.what
    )


def test_what_is_long_ago_or_no_note_does_not_count(tmp_path: Path) -> None:
    records = [delivery(31, attempts=9), delivery(attempts=9, what=POST)] * 20

    assert examine(tmp_path, records) == []
