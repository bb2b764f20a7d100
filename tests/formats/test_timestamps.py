from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.timestamps import format_day, format_timestamp, parse_timestamp

FIRST = -62_135_596_800
LAST = 253_402_300_799


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-21T03:00:00Z", 1_795_230_000),
        ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("0001-01-01T00:00:00Z", FIRST),
        ("0999-12-31T00:00:00Z", -30_610_310_400),
        ("9999-12-31T23:59:59Z", LAST),
    ],
)
def test_a_time_has_one_spelling(text: str, seconds: int) -> None:
    assert parse_timestamp(text, "it") == seconds
    assert format_timestamp(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-11-21", "2026-11-21T03:00:00", "2026-11-21T03:00:00z", "2026-11-21t03:00:00Z",
        "2026-11-21 03:00:00Z", "2026-11-21T03:00:00+00:00", "2026-11-21T03:00:00.5Z",
        "2026-11-21T03:00Z", "20261121T030000Z", "2026-W47-6T03:00:00Z", "2026-325T03:00:00Z",
        "+2026-11-21T03:00:00Z", "12026-11-21T03:00:00Z", "2026-11-21T03:00:00Z\n",
        " 2026-11-21T03:00:00Z", "2026-1-2T03:00:00Z", "\u0662026-11-21T03:00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-11-31T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T23:60:00Z",
        "2026-12-31T23:59:60Z", "0000-01-01T00:00:00Z", None, 1_795_230_000, True, ["x"],
    ],
    ids=repr,
)  # fmt: skip
def test_another_spelling_or_no_time_is_refused(text: object) -> None:
    with pytest.raises(FormatError, match=r"^finished_at is not a time ") as caught:
        parse_timestamp(text, "finished_at")
    assert caught.value.code == "schema-invalid"


@given(st.integers(FIRST, LAST))
def test_seconds_survive_the_wire(seconds: int) -> None:
    assert parse_timestamp(format_timestamp(seconds), "it") == seconds


def test_fractions_are_cut_off() -> None:
    assert format_timestamp(1.999) == "1970-01-01T00:00:01Z"


def test_a_day_is_the_one_in_utc() -> None:
    assert (format_day(86_399.9), format_day(86_400)) == ("1970-01-01", "1970-01-02")
