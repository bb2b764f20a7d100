"""A report file line by line: whole lines only, each of a bounded length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.json_report import object_of, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.report_file import ReportFile

MAX_LINE_BYTES: Final = 4 * 2**20


def report_lines(report: ReportFile) -> Iterator[str]:
    """Yield the lines without their ends. Raises ReportError: not UTF-8, or half a line."""
    rest = b""
    for chunk in report.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield _decoded(report, line)
        _bounded(report, rest)
    if rest:
        raise report.wrong("its last line is not whole")


def json_line(report: ReportFile, line: str, number: int) -> ReportObject:
    """Return the object that a line holds. Raises ReportError."""
    return object_of(report, parse_json(report, line), f"line {number}")


def _decoded(report: ReportFile, line: bytes) -> str:
    _bounded(report, line)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise report.wrong(f"not UTF-8 (byte {error.start} of a line)") from None


def _bounded(report: ReportFile, line: bytes) -> None:
    if len(line) > MAX_LINE_BYTES:
        raise report.wrong(f"a line is longer than {MAX_LINE_BYTES >> 20} MiB")
