from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.result import CoverageFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tool, Writer

DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'


@pytest.mark.parametrize("report_format", ["cobertura", "coverage"])
def test_a_report_of_coverage_py(tool: Tool, project: Path, report_format: str) -> None:
    (project / "half.py").write_text("import sys\nif len(sys.argv) > 5:\n    print(1)\n")
    assert tool("coverage", "run", "--branch", "half.py") == 0
    assert tool("coverage", "xml", "-o", "coverage.xml") == 0
    assert read_report(report_format, project / "coverage.xml").figures == CoverageFigures(66.66)


@pytest.mark.parametrize(
    ("attributes", "percentage"),
    [
        pytest.param('lines-valid="100000" lines-covered="84999"', 84.99, id="counts-alone"),
        pytest.param(
            'lines-valid="100000" lines-covered="84999" line-rate="0.85"', 84.99, id="rounded-rate"
        ),
        pytest.param(
            'lines-valid="10000" lines-covered="8467" line-rate="0.84"', 84.67, id="two-places"
        ),
        pytest.param('lines-valid="10" lines-covered="9" line-rate="0.4"', 40.0, id="rate-lower"),
        pytest.param('lines-valid="10" lines-covered="1" line-rate="0.9"', 10.0, id="rate-higher"),
        pytest.param('line-rate="0.84999999999999"', 84.99, id="rate-alone"),
        pytest.param('line-rate="1"', 100.0, id="all"),
        pytest.param('line-rate="1.0" branch-rate="0"', 100.0, id="branches-do-not-enter"),
        pytest.param('line-rate="8.5E-1"', 85.0, id="java-double"),
        pytest.param('line-rate="0"', 0.0, id="none"),
    ],
)
def test_the_figure_of_the_root(written: Writer, attributes: str, percentage: float) -> None:
    path = written(f'<coverage {attributes}><line number="1" hits="1"/></coverage>')
    assert read_report("cobertura", path).figures == CoverageFigures(percentage)


@pytest.mark.filterwarnings("error")
def test_a_doctype_that_only_names_its_dtd_is_let_by(written: Writer) -> None:
    path = written(
        f'<?xml version="1.0"?>\n{DOCTYPE}\n<coverage line-rate="0.5"><line/></coverage>'
    )
    assert read_report("cobertura", path).figures == CoverageFigures(50.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("<report/>", "its root is not <coverage>", id="jacoco"),
        pytest.param('<coverage clover="3"/>', "has no line-rate", id="clover"),
        pytest.param('<coverage lines-valid="3"/>', "has no line-rate", id="half-the-counts"),
        pytest.param('<coverage line-rate="0.5"><packages>', "not well-formed", id="truncated"),
        pytest.param(
            '<coverage line-rate="1" lines-valid="0" lines-covered="0"/>',
            "nothing was measured",
            id="nothing-measured",
        ),
        pytest.param(
            '<coverage line-rate="1"><packages/></coverage>', "nothing was measured", id="no-line"
        ),
        pytest.param('<coverage lines-valid="1" lines-covered="2"/>', "more lines", id="too-many"),
    ],
)
def test_what_is_no_evidence_is_refused(written: Writer, content: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report("cobertura", written(content))


@pytest.mark.parametrize(
    "rate",
    [
        "NaN",
        "",
        ".",
        "e5",
        "-0.5",
        "0,85",
        "85%",
        "1.01",
        "85",
        "Infinity",
        "1e99",
        "0x1",
        "\u0661",
    ],
)
def test_a_rate_that_is_none_is_refused(written: Writer, rate: str) -> None:
    with pytest.raises(ReportError, match="line-rate is not"):
        read_report("cobertura", written(f'<coverage line-rate="{rate}"/>'))


@pytest.mark.parametrize("count", ["-1", "", "1.5", "true", "1e3", "9" * 17])
@pytest.mark.parametrize("name", ["lines-valid", "lines-covered"])
def test_a_count_that_is_none_is_refused(written: Writer, name: str, count: str) -> None:
    attributes = {"lines-valid": "9", "lines-covered": "9", name: count}
    text = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    with pytest.raises(ReportError, match=f"{name} is not a count"):
        read_report("cobertura", written(f"<coverage {text}/>"))
