from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

import pytest

from localci.deliveries import (
    DELIVERED,
    NOTES,
    DeliveryRecord,
    names_of,
    read_deliveries,
    record_delivery,
)
from localci.journals import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

RECORD: Final = DeliveryRecord(1_790_000_000.5, NOTES, "origin", DELIVERED, 3, 0.25, 2)


def test_what_is_recorded_is_read(tmp_path: Path) -> None:
    assert read_deliveries(str(tmp_path)) == ()
    later = replace(
        RECORD, at=RECORD.at + 1, outcome="waiting", reason="übrig\n", shards=16, results=("a1",)
    )
    for record in (RECORD, later):
        record_delivery(str(tmp_path), record)
    assert read_deliveries(str(tmp_path)) == (RECORD, later)


def test_processes_do_not_get_into_each_others_lines(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(200):
            pool.submit(record_delivery, str(tmp_path), replace(RECORD, attempts=number))
    assert sorted(r.attempts for r in read_deliveries(str(tmp_path))) == list(range(200))


def test_a_broken_line_is_left_out(tmp_path: Path) -> None:
    record_delivery(str(tmp_path), RECORD)
    with (tmp_path / "localci" / "deliveries.jsonl").open("ab") as file:
        file.write(b'{"at": 1\n[]\n\xff\n{"strange": 1}\n' + b"[" * 100_000 + b"\n")
    record_delivery(str(tmp_path), RECORD)
    assert read_deliveries(str(tmp_path)) == (RECORD, RECORD)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("at", "yesterday"),
        ("at", float("nan")),
        ("at", 1e300),
        ("at", -1),
        ("attempts", 1.5),
        ("attempts", True),
        ("attempts", 10**400),
        ("seconds", float("inf")),
        ("remote", None),
        ("outcome", ["delivered"]),
        ("results", "a1"),
        ("results", [1]),
    ],
)
def test_a_record_with_a_field_that_cannot_be_is_left_out(
    tmp_path: Path, field: str, wrong: object
) -> None:
    record_delivery(str(tmp_path), RECORD)
    with (tmp_path / "localci" / "deliveries.jsonl").open("a") as file:
        file.write(json.dumps({**asdict(RECORD), field: wrong}) + "\n")
    assert read_deliveries(str(tmp_path)) == (RECORD,)


def test_a_record_of_another_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    fields = asdict(RECORD)
    del fields["shards"], fields["reason"], fields["results"]
    record_delivery(str(tmp_path), RECORD)
    with (tmp_path / "localci" / "deliveries.jsonl").open("a") as file:
        file.write(json.dumps({**fields, "colour": "green"}) + "\n")
    assert read_deliveries(str(tmp_path)) == (RECORD, RECORD)


def test_lines_are_told_apart_by_short_names() -> None:
    names = names_of([b"one\n", b"two\n"])
    assert (len({*names}), {*map(len, names)}) == (2, {16})
    assert names_of([b"two\n"]) == names[1:]
    assert len(names_of(b"%d" % number for number in range(10_000))) == 500


def test_the_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    long = replace(RECORD, reason="x" * 100_000)
    for number in range(30):
        record_delivery(str(tmp_path), replace(long, attempts=number))
    assert (tmp_path / "localci" / "deliveries.jsonl").stat().st_size <= MOST_BYTES
    kept = [record.attempts for record in read_deliveries(str(tmp_path))]
    assert kept == list(range(kept[0], 30))
    assert 10 < len(kept) < 30


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "localci").write_bytes(b"")
    record_delivery(str(tmp_path), RECORD)
    assert read_deliveries(str(tmp_path)) == ()
