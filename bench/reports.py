"""What reading a large report costs, beside a bare pass of the parser over the same bytes.

    python bench/reports.py

Each contestant is a process of its own, which tells its CPU time and its peak memory, so that
another program on the machine does not enter.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.large_reports import (
    CASES,
    FINDINGS,
    MOST_MEGABYTES,
    MOST_SECONDS,
    OURS,
    cost,
    write_junit,
    write_sarif,
)
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = 5

_EXPAT: Final = """
import xml.parsers.expat
def work(path):
    parser, count = xml.parsers.expat.ParserCreate(), 0
    def start(tag, attributes):
        nonlocal count
        count += tag == "testcase"
    parser.StartElementHandler = start
    with open(path, "rb") as stream:
        parser.ParseFile(stream)
    return count
"""
_JSON: Final = """
import json
def work(path):
    with open(path, "rb") as stream:
        return len(json.load(stream)["runs"][0]["results"])
"""


def report_rows(directory: Path) -> Iterator[object]:
    """Measure both reports; `directory` is new to us and holds them."""
    directory.mkdir()
    junit, sarif = directory / "report.junit", directory / "report.sarif"
    write_junit(junit)
    write_sarif(sarif)
    yield from _rows("junit", junit, CASES, "expat", _EXPAT)
    yield from _rows("sarif", sarif, FINDINGS, "json.load", _JSON)


def _rows(name: str, path: Path, expected: int, floor: str, floor_work: str) -> Iterator[object]:
    passes = [(cost(path, expected, OURS), cost(path, expected, floor_work)) for _ in range(ROUNDS)]
    ours = statistics.median(our.seconds for our, _ in passes)
    bare = statistics.median(other.seconds for _, other in passes)
    size = path.stat().st_size / 2**20
    label = f"{name}, {expected:,} of {size:.0f} MiB"
    yield Row(label, ours * 1000, floor, bare * 1000, most_ms=MOST_SECONDS * 1000)
    most = max(our.megabytes for our, _ in passes)
    others = max(other.megabytes for _, other in passes)
    kept = "met" if most <= MOST_MEGABYTES else "MISSED"
    peaks = f"{most:.0f} MB, of {floor} {others:.0f} MB"
    yield f"  its peak: {peaks}; <= {MOST_MEGABYTES:.0f} MB {kept}"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="lci-bench-") as directory:
        for row in report_rows(Path(directory) / "reports"):
            print(row, flush=True)


if __name__ == "__main__":
    main()
