from __future__ import annotations

from localci.prover.publish.lines import common, united

ONE = {"a": (b"1", b"2"), "b": (b"1",)}
OTHER = {"a": (b"2", b"3"), "c": (b"1",)}


def test_lines_of_both_stand_once_each_in_order() -> None:
    assert united(ONE, OTHER) == {"a": (b"1", b"2", b"3"), "b": (b"1",), "c": (b"1",)}


def test_only_what_is_in_both_is_common() -> None:
    assert common(ONE, OTHER) == {"a": (b"2",), "b": ()}
