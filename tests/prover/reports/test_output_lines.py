from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from localci.prover.reports.errors import ReportError
from localci.prover.reports.output_lines import MAX_LINE_BYTES, output_lines
from localci.prover.reports.report_file import CHUNK_BYTES, open_report

if TYPE_CHECKING:
    from conftest import Writer


def lines(written: Writer, content: str | bytes) -> list[str]:
    with open_report(written(content)) as report:
        return list(output_lines(report))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("a\nb\n", ["a", "b"], id="lines"),
        pytest.param("a\nb", ["a", "b"], id="no-end-of-the-last-line"),
        pytest.param("a\n\n\nb\n", ["a", "", "", "b"], id="blank-lines"),
        pytest.param("a\r\nb\r\r\n\r\nc\r\n", ["a", "b", "", "c"], id="carriage-returns"),
        pytest.param("10 %\r20 %\rdone\n", ["10 %", "20 %", "done"], id="written-over"),
        pytest.param("\x1b[1;31mred\x1b[0m \x1b[2Kx\x1b(B\x1b[?25h\n", ["red x"], id="colours"),
        pytest.param("\x1b[38:2::1:2:3mx\x1b[m\x1b[K\n", ["x"], id="true-colour"),
        pytest.param("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\\n", ["ab"], id="osc"),
        pytest.param("\x1bPq#0\x1b\\a\x1b^x\x1b\\b\x1b7\x1b=c\n", ["abc"], id="other-strings"),
        pytest.param("a\x1b[31\nb\x1b\nc\x1b]0;t\nd\n", ["a", "b", "c", "d"], id="unfinished"),
        pytest.param("é\u2028\x85\x0bx\n", ["é\u2028\x85\x0bx"], id="other-line-ends-are-text"),
        pytest.param(b"a\xffb\n", ["a\ufffdb"], id="not-utf-8"),
    ],
)
def test_lines(written: Writer, content: str | bytes, expected: list[str]) -> None:
    assert lines(written, content) == expected


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\r\r\n", "\r\r\r\n"])
@pytest.mark.parametrize("shift", range(4))
def test_a_chunk_may_end_anywhere(written: Writer, end: str, shift: int) -> None:
    first = "x" * 1000 + "\n"
    filler = first * (CHUNK_BYTES // len(first))
    last = "y" * (CHUNK_BYTES - len(filler) - shift)
    assert lines(written, f"{filler}{last}{end}next{end}")[-2:] == [last, "next"]


def test_a_long_line_is_refused_and_the_longest_is_not(written: Writer) -> None:
    assert lines(written, "x" * MAX_LINE_BYTES + "\n") == ["x" * MAX_LINE_BYTES]
    for content in ("a\n" + "x" * (MAX_LINE_BYTES + 1) + "\n", "x" * 5 * MAX_LINE_BYTES):
        with pytest.raises(ReportError, match="a line is longer than 1 MiB"):
            lines(written, content)


@pytest.mark.parametrize("piece", ["\r", "\x1b", "\x1b[", "\x1b]", "\x1bP\x1b", "\x1b[0;0", "\n"])
def test_much_of_anything_is_read_quickly(written: Writer, piece: str) -> None:
    started = time.process_time()
    lines(written, (piece * (2**19 // len(piece)) + "\n") * 8)
    assert time.process_time() - started < 10  # a second; quadratic work would take hours


def test_what_a_tool_writes_to_a_terminal(written: Writer) -> None:
    command = "printf 'ok\\n'; ls --color=always -d /tmp"
    terminal = subprocess.run(
        ["script", "-qec", command, "/dev/null"], capture_output=True, check=True, timeout=20
    )
    assert b"\x1b[" in terminal.stdout
    assert b"\r\n" in terminal.stdout
    assert lines(written, terminal.stdout) == ["ok", "/tmp"]
