from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import CoverageFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tool, Writer

HALF_COVERED = "import sys\nif len(sys.argv) > 5:\n    print(1)\nprint(2)\n"


def totals(**fields: object) -> str:
    return json.dumps({"totals": fields})


@pytest.mark.parametrize(
    ("options", "percentage"),
    [
        pytest.param((), 75.0, id="lines: 3 of 4"),
        pytest.param(("--branch",), 66.66, id="lines and branches: 4 of 6"),
    ],
)
def test_a_report_of_coverage_py(
    tool: Tool, project: Path, options: tuple[str, ...], percentage: float
) -> None:
    (project / "half.py").write_text(HALF_COVERED)
    assert tool("coverage", "run", *options, "half.py") == 0
    assert tool("coverage", "json", "-o", "coverage.json") == 0
    assert read_report("coverage", project / "coverage.json").figures == CoverageFigures(percentage)


@pytest.mark.parametrize(
    ("content", "percentage"),
    [
        pytest.param(
            totals(covered_lines=84_999, num_statements=100_000, percent_covered=85.0),
            84.99,
            id="the-counts-are-exact",
        ),
        pytest.param(
            totals(covered_lines=9, num_statements=10, percent_covered=40.0),
            40.0,
            id="the-lower-one-of-two-that-contradict",
        ),
        pytest.param(
            totals(covered_lines=1, num_statements=10, percent_covered=90.0),
            10.0,
            id="the-lower-one-of-two-that-contradict-the-other-way",
        ),
        pytest.param(
            totals(
                covered_lines=9,
                num_statements=9,
                covered_branches=0,
                num_branches=1,
                percent_covered=100,
            ),
            90.0,
            id="branches-count",
        ),
        pytest.param(totals(percent_covered=84.999), 84.99, id="no-counts"),
        pytest.param(totals(percent_covered=100), 100.0, id="whole-number"),
        pytest.param(
            '{"totals": {"percent_covered": 84.99999999999999999999999999}}', 84.99, id="no-double"
        ),
        pytest.param(
            totals(covered_lines=9, num_statements=9, num_branches=9, percent_covered=50.5),
            50.5,
            id="branches-without-their-count",
        ),
        pytest.param("\ufeff" + totals(percent_covered=1), 1.0, id="byte-order-mark"),
        pytest.param(
            '{"x": "\\ud800", "totals": {"percent_covered": 1}}', 1.0, id="surrogate-in-unread-text"
        ),
    ],
)
def test_totals(written: Writer, content: str, percentage: float) -> None:
    assert read_report("coverage", written(content)).figures == CoverageFigures(percentage)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{}", "no totals", id="other-document"),
        pytest.param('{"totals": []}', "totals is not an object", id="totals-a-list"),
        pytest.param(totals(), "percent_covered is not", id="no-percentage"),
        pytest.param(totals(percent_covered="85"), "percent_covered is not", id="text"),
        pytest.param(totals(percent_covered=True), "percent_covered is not", id="boolean"),
        pytest.param(totals(percent_covered=-1), "percent_covered is not", id="negative"),
        pytest.param(totals(percent_covered=100.01), "percent_covered is not", id="above-100"),
        pytest.param(totals(percent_covered=float("nan")), "NaN is not", id="nan"),
        pytest.param(totals(percent_covered=float("inf")), "Infinity is not", id="infinity"),
        pytest.param(
            '{"totals": {"percent_covered": 1e999999999999999999999}}', "large", id="exponent"
        ),
        pytest.param(
            '{"totals": {"percent_covered": 1e999}}', "percent_covered is not", id="1e999"
        ),
        pytest.param('{"totals": ' + "9" * 5000 + "}", "too long", id="long-number"),
        pytest.param('{"totals": {}, "totals": {}}', "stands twice", id="duplicate-key"),
        pytest.param(
            totals(covered_lines=0, num_statements=0, percent_covered=100.0),
            "nothing was measured",
            id="nothing-measured",
        ),
        pytest.param(
            totals(covered_lines=2, num_statements=1, percent_covered=100), "more", id="too-many"
        ),
        pytest.param(
            totals(covered_lines=True, num_statements=1, percent_covered=100), "count", id="bool"
        ),
        pytest.param(
            totals(covered_lines=0.5, num_statements=1, percent_covered=50), "count", id="half"
        ),
        pytest.param(
            totals(covered_lines=-1, num_statements=1, percent_covered=50), "count", id="minus"
        ),
        pytest.param('{"totals": {"percent_covered": 85', "not JSON", id="truncated"),
        pytest.param('{"totals": {}} {}', "not JSON", id="two-documents"),
        pytest.param("{" + '"a":[' + "[" * 200_000, "nested too deep", id="deep"),
        pytest.param('{"a":' + "[" * 40 + '"' + '\\"' * 500_000, "not JSON", id="endless-string"),
    ],
)
def test_what_is_no_evidence_is_refused(written: Writer, content: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report("coverage", written(content))


@pytest.mark.parametrize("content", [b'{"a": "\xff"}', '{"totals": 1}'.encode("utf-16")])
def test_another_encoding_is_refused(written: Writer, content: bytes) -> None:
    with pytest.raises(ReportError):
        read_report("coverage", written(content))
