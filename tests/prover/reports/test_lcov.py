from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import CoverageFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tool, Writer

HALF_COVERED: Final = """
import sys
def f(x):
    if x:
        return 1
    return 2
if len(sys.argv) > 5:
    print(1)
f(1)
"""

# geninfo 1.16 of a C program with gcc 12 (its summary: 3 of 5 lines, 1 of 2 functions, 1 of 2
# branches), which leaves the counts out.
GENINFO: Final = """\
TN:case
SF:/home/ada/app/a.c
FN:2,unused
FNDA:0,unused
FN:3,main
FNDA:1,main
DA:2,0
DA:3,1
DA:4,1
BRDA:4,0,0,0
BRDA:4,0,1,1
DA:5,0
DA:7,1
end_of_record
"""
# istanbul-reports 3 of a program in JavaScript (2 of 3 lines, 1 of 2 functions, 1 of 2 branches).
ISTANBUL: Final = """\
TN:
SF:b.js
FN:1,a
FN:2,b
FNF:2
FNH:1
FNDA:1,a
FNDA:0,b
DA:1,1
DA:2,0
DA:3,1
LF:3
LH:2
BRDA:1,0,0,1
BRDA:1,0,1,0
BRF:2
BRH:1
end_of_record
"""
MEASURES: Final = ("lines_covered", "lines_total", "branches_covered", "branches_total",
                   "functions_covered", "functions_total")  # fmt: skip


def record(*lines: str, file: str = "a.c") -> str:
    return "\n".join([f"SF:{file}", *lines, "end_of_record", ""])


@pytest.mark.parametrize("report_format", ["lcov", "coverage"])
def test_a_report_of_coverage_py(tool: Tool, project: Path, report_format: str) -> None:
    (project / "half.py").write_text(HALF_COVERED)
    assert tool("coverage", "run", "--branch", "half.py") == 0
    assert tool("coverage", "lcov", "-o", "lcov.info") == 0
    reading = read_report(report_format, project / "lcov.info")
    assert reading.figures == CoverageFigures(75.0)
    assert reading.measures["coverage.lines_total"] == 8
    assert reading.measures["coverage.branches_covered"] == 2
    assert reading.measures["coverage.branches_total"] == 4


@pytest.mark.parametrize(
    ("content", "percentage", "counts"),
    [
        pytest.param(GENINFO, 60.0, (3, 5, 1, 2, 1, 2), id="geninfo"),
        pytest.param(ISTANBUL, 66.66, (2, 3, 1, 2, 1, 2), id="istanbul"),
        pytest.param(GENINFO + ISTANBUL, 62.5, (5, 8, 2, 4, 2, 4), id="two-files"),
        pytest.param(
            record("DA:1,1", "DA:2,0", "LF:2", "LH:1") + record("DA:2,5", "DA:3,0", "LF:2", "LH:1"),
            66.66,
            (2, 3),
            id="a-file-in-two-tests-counts-once",
        ),
        pytest.param(record("DA:1,1", "DA:1,0", "DA:2,0,Kv=="), 50.0, (1, 2), id="twice-checksum"),
        pytest.param(record("DA:1,1", "DA:2,0", "LF:4", "LH:1"), 25.0, (1, 2), id="counts-lower"),
        pytest.param(record("DA:1,1", "DA:2,0", "LF:4", "LH:3"), 50.0, (1, 2), id="counts-higher"),
        pytest.param(record("DA:1,-2", "DA:2,1"), 50.0, (1, 2), id="overflown-counter"),
        pytest.param(record("DA:1,99999999999999999999"), 100.0, (1, 1), id="large-counter"),
        pytest.param(
            "# by hand\nTN:x\n\n" + record("VER:1", "FNL:0,1,2", "FNA:0,1,main", "MCF:0", "DA:1,1"),
            100.0,
            (1, 1),
            id="keys-of-lcov-2",
        ),
        pytest.param(record() + record("DA:1,1", file="b"), 100.0, (1, 1), id="a-file-of-no-lines"),
        pytest.param(record("DA:1,1", "FNDA:1,f"), 100.0, (1, 1), id="a-hit-of-no-function"),
    ],
)
def test_figures_and_measures(
    written: Writer, content: str, percentage: float, counts: tuple[int, ...]
) -> None:
    reading = read_report("lcov", written(content))
    assert reading.figures == CoverageFigures(percentage)
    measured = {f"coverage.{name}": n for name, n in zip(MEASURES, counts, strict=False)}
    assert reading.measures == measured


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("no tracefile\n", "line 1 begins no record", id="text"),
        pytest.param("end_of_record\n", "line 1 begins no record", id="end-alone"),
        pytest.param("DA:1,1\n", "line 1 begins no record", id="line-alone"),
        pytest.param("TN:\n", "nothing was measured", id="no-record"),
        pytest.param(record(), "nothing was measured", id="no-lines"),
        pytest.param(record("DA:1,1").removesuffix("end_of_record\n"), "does not end", id="cut"),
        pytest.param(record("DA:1,1")[:-1], "last line is not whole", id="half-a-line"),
        pytest.param(record("DA:1,1", "SF:b"), "belongs to no record", id="record-in-record"),
        pytest.param(record("DA:1,1", "end_of"), "belongs to no record", id="other-line"),
        pytest.param(record(file=""), "names no file", id="no-file"),
        pytest.param(record("LF:1", "LH:1"), "lists none", id="counts-without-lines"),
        pytest.param(record("DA:1,1", "LF:1", "LH:2"), "more hits", id="more-hits"),
        pytest.param(record("DA:1,1", "FNH:2"), "more hits", id="more-functions"),
        pytest.param(record("DA:1,1", "LF:1", "LF:1"), "one count", id="two-counts"),
        pytest.param(record("DA:1,1", "LF:-1"), "one count", id="negative-count"),
        pytest.param(record("DA:1,1", f"LF:{'9' * 10}"), "one count", id="huge-count"),
        *(
            pytest.param(record(f"DA:{data}"), "is no line data", id=f"data-{data}")
            for data in ("", "1", "1,", "-1,1", "a,1", "1,b", "1,1.5", "1,nan", "1,1e3", "\u0661,1")
        ),
        pytest.param(record("DA:999999999,1"), "any project has", id="a-line-far-below"),
        pytest.param(
            "".join(record("DA:9999999,1", file=str(n)) for n in range(20)),
            "any project has",
            id="too-much-to-keep",
        ),
        pytest.param(b"SF:\xff\n", "not UTF-8", id="not-utf-8"),
    ],
)
def test_what_is_no_evidence_is_refused(
    written: Writer, content: str | bytes, message: str
) -> None:
    with pytest.raises(ReportError, match=message):
        read_report("lcov", written(content))


def test_a_large_report_is_read_in_little_time(written: Writer) -> None:
    lines = [f"DA:{number},{number % 7}" for number in range(1, 1001)]
    path = written("".join(record(*lines, file=f"src/{n}.c") for n in range(300)))
    started = time.process_time()
    figures = read_report("lcov", path).figures
    assert figures == CoverageFigures(85.8)
    assert time.process_time() - started < 10  # 0.3 s; quadratic work would take hours
