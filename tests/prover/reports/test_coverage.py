from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.result import CoverageFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from conftest import Writer

XML = '<coverage line-rate="0.5"><line/></coverage>'
LCOV = "SF:a.c\nDA:1,1\nDA:2,0\nend_of_record\n"
JSON = '{"totals": {"percent_covered": 50}}'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(JSON.encode(), id="json"),
        pytest.param(b"\xef\xbb\xbf\n  " + JSON.encode(), id="json-after-a-byte-order-mark"),
        pytest.param(XML.encode(), id="xml"),
        pytest.param(b"\xef\xbb\xbf" + XML.encode(), id="xml-after-a-byte-order-mark"),
        pytest.param(XML.encode("utf-16"), id="xml-in-utf-16"),
        pytest.param(LCOV.encode(), id="lcov"),
        pytest.param(b"TN:\n" + LCOV.encode(), id="lcov-of-a-test"),
    ],
)
def test_the_formats_are_told_apart_by_content(written: Writer, content: bytes) -> None:
    assert read_report("coverage", written(content)).figures == CoverageFigures(50.0)


@pytest.mark.parametrize("content", [" ", "50 %", "[]", "DA:1,1\n"])
def test_what_is_none_of_them_is_refused(written: Writer, content: str) -> None:
    with pytest.raises(ReportError, match="not well-formed XML"):
        read_report("coverage", written(content))
