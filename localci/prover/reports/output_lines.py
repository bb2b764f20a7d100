"""A check's own output, line by line, as a person would read it on a terminal.

A tool that believes it writes to a terminal colours its words and returns to the beginning of the
line. A carriage return ends a line here, so that nothing that was once written is lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.reports.report_file import ReportFile

MAX_LINE_BYTES: Final = 2**20

# Control sequences, strings (titles, hyperlinks) and other escapes: ECMA-48 (5th edition), 5.4, 5.6
# and 5.5; BEL ends a string in xterm. No class overlaps the one behind it, so a match is linear.
_ESCAPES: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[PX\]^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
)
_LINE_END: Final = re.compile(rb"\r+\n?|\n")


def output_lines(report: ReportFile) -> Iterator[str]:
    """Yield the lines of an output without their ends and without terminal escapes.

    What is not UTF-8 becomes U+FFFD. Raises ReportError for a line of more than MAX_LINE_BYTES.
    """
    for line in _lines(report):
        yield _ESCAPES.sub(b"", line).decode("utf-8", "replace")


def _lines(report: ReportFile) -> Iterator[bytes]:
    rest, returned = b"", False
    for chunk in report.chunks():
        # What the chunk before ended with may have been the first half of this line's end.
        text = chunk.lstrip(b"\r").removeprefix(b"\n") if returned else chunk
        returned = chunk.endswith(b"\r")
        *whole, rest = _LINE_END.split(rest + text)
        for line in whole:
            yield _bounded(report, line)
        _bounded(report, rest)
    if rest:
        yield rest


def _bounded(report: ReportFile, line: bytes) -> bytes:
    if len(line) > MAX_LINE_BYTES:
        raise report.wrong(f"a line is longer than {MAX_LINE_BYTES >> 20} MiB")
    return line
