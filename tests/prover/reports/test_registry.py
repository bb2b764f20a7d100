from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import REPORT_KINDS
from localci.errors import UsageError
from localci.formats.result import KINDS, CoverageFigures, IssueFigures, TestFigures
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Writer
    from localci.formats.result import Figures

SARIF = '{"version": "2.1.0", "runs": [{"results": []}]}'
SAMPLES: list[tuple[str, str, str, Figures]] = [
    ("junit", "tests", "<testsuite/>", TestFigures(0, 0, 0)),
    ("coverage-json", "coverage", '{"totals": {"percent_covered": 5}}', CoverageFigures(5.0)),
    ("coverage", "coverage", '{"totals": {"percent_covered": 5}}', CoverageFigures(5.0)),
    ("cobertura", "coverage", '<coverage line-rate="0.05"/>', CoverageFigures(5.0)),
    ("sarif", "issues", SARIF, IssueFigures((), 0)),
]


@pytest.mark.parametrize(("name", "kind", "content", "figures"), SAMPLES)
def test_each_format_has_its_kind_and_reader(
    written: Writer, name: str, kind: str, content: str, figures: Figures
) -> None:
    assert REPORT_KINDS[name] == kind
    assert read_report(name, written(content)).figures == figures


def test_every_format_has_a_sample_and_a_kind_of_the_result_document() -> None:
    assert {sample[0] for sample in SAMPLES} == set(REPORT_KINDS)
    assert set(REPORT_KINDS.values()) <= set(KINDS)


@pytest.mark.parametrize("name", ["", "xunit", "JUNIT", "exit"])
def test_an_unknown_format_is_a_usage_error_that_names_the_known_ones(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"no report format .*use one of junit, coverage"):
        read_report(name, tmp_path)
