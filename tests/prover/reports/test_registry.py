from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import REPORT_KINDS
from localci.errors import UsageError
from localci.formats.measures import MEASURES
from localci.formats.result import KINDS
from localci.prover.reports.registry import read_report
from support.documents import check
from support.report_samples import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Writer


@pytest.mark.parametrize("name", REPORT_KINDS)
def test_each_format_has_its_kind_and_reader(written: Writer, name: str) -> None:
    sample = SAMPLES[name]
    reading = read_report(name, written(sample.content))
    assert reading.figures == sample.figures
    assert check(reading.figures).kind == REPORT_KINDS[name]
    assert set(reading.measures) <= set(MEASURES)


def test_every_kind_is_one_of_the_result_document() -> None:
    assert set(REPORT_KINDS.values()) <= set(KINDS)


@pytest.mark.parametrize("name", ["", "xunit", "JUNIT", "exit"])
def test_an_unknown_format_is_a_usage_error_that_names_the_known_ones(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"no report format .*use one of junit, coverage"):
        read_report(name, tmp_path)
