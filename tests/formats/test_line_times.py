from __future__ import annotations

import time

import pytest

from localci.formats.approval import Approval, encode_approval
from localci.formats.bundle import Bundle, read_bundle
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope
from localci.formats.line_times import newest_time
from localci.formats.result import encode_result
from localci.formats.strict_json import dumps_canonical
from localci.formats.subject import Subject
from support.aged import DAY, aged_document, aged_line

OLD, NEW = aged_line(9), aged_line(5)


def ago(days: float) -> object:
    return pytest.approx(time.time() - days * DAY, abs=DAY / 2)  # lines are made at the import


def envelope(payload: bytes) -> bytes:
    return encode_envelope(Envelope(payload, PAYLOAD_TYPE, (Signature("", b"s"),)))


@pytest.mark.parametrize("lines", [(NEW,), (OLD, NEW), (NEW, OLD)])
def test_the_newest_line_counts_wherever_it_stands(lines: tuple[bytes, ...]) -> None:
    assert newest_time(Bundle(lines)) == ago(5)


def test_bare_results_and_approvals_say_when_they_were_made() -> None:
    subject = Subject("1" * 40, "2" * 40, "example.org/acme/app")
    approved = encode_approval(Approval(subject, "3" * 40, int(time.time() - 4 * DAY)))

    assert newest_time(Bundle((dumps_canonical(encode_result(aged_document(7))),))) == ago(7)
    assert newest_time(Bundle((OLD, envelope(approved)))) == ago(4)


@pytest.mark.parametrize(
    "line",
    [b"", b"rubbish", b"{}", b"[]", envelope(b"{}"), envelope(b"x"), OLD[:-1], b'{"payload":1}'],
)
def test_one_line_that_says_nothing_makes_the_whole_unknown(line: bytes) -> None:
    assert newest_time(Bundle((OLD, line, NEW))) is None


def test_nothing_is_known_of_no_lines_or_of_unread_ones() -> None:
    assert newest_time(read_bundle(())) is None
    assert newest_time(read_bundle((b"\n\n",))) is None
    assert newest_time(read_bundle((OLD + b"\n" + b"x" * 70_000,))) is None
    assert newest_time(read_bundle((OLD,), 1)) is None
