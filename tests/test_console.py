from __future__ import annotations

from localci.console import clip, short_id


def test_what_is_too_long_for_its_column_says_that_it_was_cut() -> None:
    assert clip("a" * 16, 16) == "a" * 16
    assert clip("a" * 17, 16) == "a" * 15 + "…"


def test_an_id_is_known_by_its_beginning() -> None:
    assert short_id("0123456789abcdef" * 4) == "0123456789ab"
