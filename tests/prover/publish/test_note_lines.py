from __future__ import annotations

import pytest

from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope
from localci.prover.publish.note_lines import (
    joined,
    lost_lines,
    signed_like,
    split_note,
    unite,
    without,
)


def nobody(_: bytes) -> bool:
    return False


def envelope(payload: bytes, *keys: str) -> bytes:
    return encode_envelope(
        Envelope(payload, PAYLOAD_TYPE, tuple(Signature(key, b"sig") for key in keys))
    )


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        (b"", ()),
        (b"a\n", (b"a",)),
        (b"a\nb", (b"a", b"b")),
        (b"a\n\nb\r\n", (b"a", b"", b"b\r")),
        ("a\u2028b\x0b\n".encode(), ("a\u2028b\x0b".encode(),)),
    ],
)
def test_a_line_ends_at_a_newline_and_only_there(note: bytes, lines: tuple[bytes, ...]) -> None:
    assert split_note(note) == lines


@pytest.mark.parametrize(
    ("notes", "united"),
    [
        ((), b"new\n"),
        ((b"old\n",), b"old\nnew\n"),
        ((b"no end",), b"no end\nnew\n"),
        ((b"\n\xff\x00 {broken\r\n\n",), b"\n\xff\x00 {broken\r\n\nnew\n"),
        ((b"twice\ntwice\n",), b"twice\ntwice\nnew\n"),
        ((b"a\nb\n", b"b\n\nc\n", b"c\nd"), b"a\nb\nc\nd\nnew\n"),
    ],
)
def test_what_others_wrote_stays_byte_for_byte(notes: tuple[bytes, ...], united: bytes) -> None:
    assert unite(notes, [b"new", b"new"], nobody) == united


def test_what_stands_there_already_is_not_added_again() -> None:
    assert unite([b"a\n", b"b\n"], [b"b", b"a"], nobody) is None
    assert unite([b"a\n"], [b"b", b"a"], nobody) == b"a\nb\n"


def test_my_oldest_lines_make_room_and_nobody_elses() -> None:
    note = b"".join(b"mine %d\ntheirs %d\n" % (n, n) for n in range(8))

    united = unite(
        [note], [b"mine 8", b"mine 9"], lambda line: "me" if line.startswith(b"mine") else ""
    )

    assert united is not None
    assert [line for line in split_note(united) if line.startswith(b"theirs")] == [
        b"theirs %d" % n for n in range(8)
    ]
    assert [line for line in split_note(united) if line.startswith(b"mine")] == [
        b"mine %d" % n for n in range(2, 10)
    ]


def test_a_line_that_would_have_to_make_room_at_once_is_not_added() -> None:
    new = [b"%d" % number for number in range(10)]
    united = unite([], new, lambda _: "me")

    assert united == b"".join(b"%d\n" % number for number in range(2, 10))
    assert unite([united], new, lambda _: "me") is None


def test_lines_are_taken_away_by_name() -> None:
    assert without([b"a\nb\nc\n", b"a\nd\n"], [b"a", b"c"]) == b"b\nd\n"
    assert without([b"a\n"], [b"a"]) == b""
    assert without([b"a\n"], [b"b"]) is None


def test_my_lines_are_those_that_name_a_key_of_mine() -> None:
    is_own = signed_like([envelope(b"new", "AAAA"), b"{unsigned}"])

    assert is_own(envelope(b"old", "BBBB", "AAAA"))
    assert is_own(b"{unsigned}")
    assert not is_own(envelope(b"old", "BBBB"))
    assert not is_own(envelope(b"old", ""))
    assert not is_own(b"{another}")
    assert not is_own(b"\xff")


def test_lines_without_a_key_have_nothing_in_common() -> None:
    assert not signed_like([envelope(b"new", "")])(envelope(b"old", ""))


def test_each_key_of_mine_has_room_of_its_own() -> None:
    of = {key: [envelope(b"%d" % number, key) for number in range(9)] for key in ("AAAA", "BBBB")}
    note = b"".join(line + b"\n" for line in of["AAAA"][:8])
    new = [of["AAAA"][8], of["BBBB"][0]]
    united = unite([note], new, signed_like(new))
    assert united is not None
    assert split_note(united) == (*of["AAAA"][1:8], *new)


def test_repetitions_of_a_line_of_mine_take_no_room() -> None:
    first, second, third = (envelope(b"%d" % number, "AAAA") for number in range(3))
    note = b"".join(line + b"\n" for line in (first, second, *[first] * 7))
    united = unite([note], [third], signed_like([third]))
    assert united is not None
    assert set(split_note(united)) == {first, second, third}


def test_several_notes_are_joined_line_by_line_and_one_stays_as_it_is() -> None:
    assert joined((b"a\nb", b"b\nc\n")) == b"a\nb\nc\n"
    assert joined((b"\n \xff{\r\nno newline",)) == b"\n \xff{\r\nno newline"


def test_what_is_gone_is_lost() -> None:
    assert lost_lines(b"a\n\nb\nc\n", b"c\nnew\n") == (b"a", b"b")
    assert lost_lines(b"a\n", b"a\nb\n") == ()


def test_what_made_room_for_newer_lines_of_its_key_is_not_lost() -> None:
    def note(key: str, *numbers: int) -> bytes:
        return b"".join(envelope(b"%d" % number, key) + b"\n" for number in numbers)

    newer = note("ADA", *range(1, 9))
    assert lost_lines(note("ADA", 0), newer) == ()
    assert lost_lines(note("BOB", 0), newer) == (envelope(b"0", "BOB"),)
    assert lost_lines(note("ADA", 0), note("ADA", *range(1, 8))) == (envelope(b"0", "ADA"),)
