from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.large_reports import (
    CASES,
    FINDINGS,
    MOST_MEGABYTES,
    MOST_SECONDS,
    cost,
    write_junit,
    write_sarif,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "write", "expected"),
    [("large.junit", write_junit, CASES), ("large.sarif", write_sarif, FINDINGS)],
)
def test_a_large_report_takes_little_time_and_memory(
    tmp_path: Path, name: str, write: Callable[[Path], None], expected: int
) -> None:
    path = tmp_path / name
    write(path)
    took = cost(path, expected)
    assert took.megabytes < MOST_MEGABYTES
    # `make bench` holds it to the promise; here other tests run beside it, on any machine.
    assert took.seconds < 5 * MOST_SECONDS
