from __future__ import annotations

import pytest

from localci.config.durations import parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("30d", 30 * 86_400),
        ("1d1h1m1s", 90_061),
        ("0s", 0),
        (45, 45),
        (0, 0),
    ],
)
def test_a_span_is_read(written: str | int, seconds: int) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "10",
        "m",
        "10 m",
        "30m1h",
        "1.5h",
        "-1s",
        "10m\n",
        "\u0661m",
        "1w",
        "9999999999s",
        -1,
        True,
    ],
)
def test_what_is_no_span_is_none(written: str | int) -> None:
    assert parse_duration(written) is None
