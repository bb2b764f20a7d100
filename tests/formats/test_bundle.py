from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.formats.bundle import MAX_LINE, MAX_NOTE, Bundle, read_bundle, write_bundle


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        (b"", ()),
        (b"\n\n", ()),
        (b" \t\r\n\r\n", ()),
        (b"a", (b"a",)),
        (b"a\n", (b"a",)),
        (b"a\n\nb\n", (b"a", b"b")),
        (b"b\na\n", (b"b", b"a")),
        (b"a\nb\na\n", (b"a", b"b")),
        (b"a\r\nb", (b"a\r", b"b")),
        (b"a\rb", (b"a\rb",)),
        ("a\u2028b\x85c\x0bd\x0ce\x1cf".encode(), ("a\u2028b\x85c\x0bd\x0ce\x1cf".encode(),)),
        (b"\0\n\xff\n", (b"\0", b"\xff")),
    ],
    ids=repr,
)
def test_lines_end_in_newlines_and_only_there(note: bytes, lines: tuple[bytes, ...]) -> None:
    assert read_bundle((note,)) == Bundle(lines)


def test_lines_of_several_notes_come_in_order_each_once() -> None:
    assert read_bundle((b"a\nb\n", b"", b"c\na\n")).lines == (b"a", b"b", b"c")


def test_a_line_that_is_too_long_is_passed_over_and_counted() -> None:
    longest = b"x" * MAX_LINE
    bundle = read_bundle((longest + b"x\n" + longest + b"\na\n",))
    assert bundle == Bundle((longest, b"a"), oversized_lines=1)


def test_a_note_that_is_too_long_is_passed_over_and_counted() -> None:
    largest = (b"x" * 1023 + b"\n") * (MAX_NOTE // 1024)
    assert read_bundle((largest, largest + b"\n", b"a")) == Bundle(
        (b"x" * 1023, b"a"), oversized_notes=1
    )


def test_a_note_is_written_line_by_line_each_once() -> None:
    assert write_bundle((b"b", b"a", b"b")) == b"b\na\n"
    assert write_bundle(()) == b""


@given(
    st.lists(st.binary(min_size=1, max_size=9).filter(lambda line: not {10, 13, 9, 32} & {*line}))
)
def test_what_is_written_is_read(lines: list[bytes]) -> None:
    assert read_bundle((write_bundle(tuple(lines)),)).lines == tuple(dict.fromkeys(lines))


@given(st.lists(st.binary(max_size=30)), st.lists(st.binary(max_size=30)))
def test_a_union_of_notes_holds_the_lines_of_both(mine: list[bytes], theirs: list[bytes]) -> None:
    merged = {*read_bundle((b"\n".join(mine),)).lines, *read_bundle((b"\n".join(theirs),)).lines}
    assert {*read_bundle((b"\n".join([*mine, *theirs]),)).lines} == merged
