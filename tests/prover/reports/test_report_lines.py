from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.reports.errors import ReportError
from localci.prover.reports.report_file import CHUNK_BYTES, open_report
from localci.prover.reports.report_lines import MAX_LINE_BYTES, json_line, report_lines

if TYPE_CHECKING:
    from conftest import Writer


def lines(path_of: Writer, content: bytes) -> list[str]:
    with open_report(path_of(content)) as report:
        return list(report_lines(report))


def test_lines_come_whole_over_chunks(written: Writer) -> None:
    long = "é" * CHUNK_BYTES
    assert lines(written, f"a\n{long}\n\nb\n".encode()) == ["a", long, "", "b"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a\nb", "last line is not whole"),
        (b"a\n\xff\n", "not UTF-8"),
        (b"x" * (MAX_LINE_BYTES + 1), "longer than 4 MiB"),
        (b"x" * (MAX_LINE_BYTES + 1) + b"\n", "longer than 4 MiB"),
    ],
)
def test_what_is_no_text_of_lines_is_refused(written: Writer, content: bytes, reason: str) -> None:
    with pytest.raises(ReportError, match=reason):
        lines(written, content)


def test_each_line_is_one_object(written: Writer) -> None:
    with open_report(written("any")) as report:
        assert json_line(report, '{"a": 1}', 1) == {"a": 1}
        for line in ("", "[]", "{} {}", '{"a": 1, "a": 2}'):
            with pytest.raises(ReportError):
                json_line(report, line, 1)
