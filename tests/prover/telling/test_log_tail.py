from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.prover.telling.log_tail import TAIL, log_tail, shown_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "shown", "coloured"),
    [
        ("plain é 漢", "plain é 漢", "plain é 漢"),
        ("crlf\r", "crlf", "crlf"),
        (" 10 %\r 50 %\r100 %", "100 %", "100 %"),
        (" 10 %\r\x1b[Kdone\r\x1b[K", "done", "done"),
        ("\x1b[31mred\x1b[0m!", "red!", "\x1b[31mred\x1b[0m!\x1b[0m"),
        ("\x1b[1;38:2::255:0:0mx", "x", "\x1b[1;38:2::255:0:0mx\x1b[0m"),
        ("\x1b[2J\x1b[3A\x1b[?25lhidden", "hidden", "hidden"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab", "ab"),
        ("\x1bPq#0\x1b\\sixel", "sixel", "sixel"),
        ("\x1b]52;c;never closed", "", ""),
        ("\x1bcreset\x1b(0x", "resetx", "resetx"),
        ("bell\x07 back\x08", "bell back", "bell back"),
        ("c1 \x9b31m \u202e", "c1 \\u009b31m \\u202e", "c1 \\u009b31m \\u202e"),
        ("tab\tend", "tab end", "tab end"),
        ("::error::x", ":\\:error::x", ":\\:error::x"),
        ("", "", ""),
    ],
)
def test_a_line_is_shown_in_its_last_state_and_nothing_of_it_lives(
    line: str, shown: str, coloured: str
) -> None:
    assert shown_line(line, colours=False) == shown
    assert shown_line(line, colours=True) == coloured


def test_a_sequence_cannot_hide_a_command_to_a_hosted_runner() -> None:
    assert "##[" not in shown_line("#\x1b[K#[error]", colours=False)
    assert "##[" not in shown_line("#\x1b[K#[error]", colours=True)


@given(line=st.text(st.sampled_from("ab\r\x1b[]0;1mKP\\\x07\x08(:#")), colours=st.booleans())
def test_only_colours_are_left_of_whatever_a_command_writes(line: str, *, colours: bool) -> None:
    left = re.sub(r"\x1b\[[0-9;:]*m", "", shown_line(line, colours=colours))
    assert not set(left) & set("\x1b\r\x07\x08")


def test_a_long_line_is_cut() -> None:
    assert len(shown_line("x" * 10_000, colours=False)) == 500
    coloured = shown_line("\x1b[31mx" * 10_000, colours=True)
    assert coloured.count("x") <= 500
    assert len(coloured) < 5000


def test_the_last_lines_are_shown_without_blank_ones_at_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"%d\r\n" % number for number in range(100)) + b"\r\n \r\n")
    assert log_tail(str(log), colours=False) == [str(n) for n in range(100 - TAIL, 100)]


def test_of_a_huge_log_only_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(10**9)
        file.seek(0, 2)
        file.write(b"\nlast\n")
    assert log_tail(str(log), colours=False)[-1] == "last"


@pytest.mark.parametrize("name", ["missing", ".", "a\0b"])
def test_what_cannot_be_read_has_no_lines(tmp_path: Path, name: str) -> None:
    assert log_tail(f"{tmp_path}/{name}", colours=False) == []
