from __future__ import annotations

import pytest

from localci.console import clip, complain, harmless, say, short_id, tell
from localci.errors import UsageError


def test_what_is_too_long_for_its_column_says_that_it_was_cut() -> None:
    assert clip("a" * 16, 16) == "a" * 16
    assert clip("a" * 17, 16) == "a" * 15 + "…"


def test_an_id_is_known_by_its_beginning() -> None:
    assert short_id("0123456789abcdef" * 4) == "0123456789ab"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 世 😀", "plain é 世 😀"),
        ("a\tb\nc\r\n", "a b\\nc\\u000d\\n"),
        ("\x1b[31m\x07\x9b\x7f", "\\u001b[31m\\u0007\\u009b\\u007f"),
        ("\u202e\u2028\u200b\ufeff\ud800", "\\u202e\\u2028\\u200b\\ufeff\\ud800"),
        ("::error::x", ":\\:error::x"),
        ("  ::add-mask::x", "  :\\:add-mask::x"),
        ("a\n::error::x", "a\\n::error::x"),
        ("std::vector", "std::vector"),
        ("##[group]x", "#\\#[group]x"),
        ("behind a word ##[add-mask]x", "behind a word #\\#[add-mask]x"),
        ("###[error]x", "##\\#[error]x"),
        ("a ##vso[task.setvariable]x", "a #\\#vso[task.setvariable]x"),
        ("## heading", "## heading"),
    ],
)
def test_what_comes_from_elsewhere_comes_out_dead(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert not any(alive in shown for alive in ("##[", "##vso["))


def test_results_and_the_rest_go_apart(capsys: pytest.CaptureFixture[str]) -> None:
    say("result")
    say()
    tell("what goes on")
    complain(UsageError("a\nb", then="do c"))
    assert capsys.readouterr() == ("result\n\n", "what goes on\nlocalci: a\\nb; do c\n")
