from __future__ import annotations

import pytest

from localci.formats.figures_text import check_text, counted, figures_text
from localci.formats.result import (
    CoverageFigures,
    ExitFigures,
    Figures,
    IssueFigures,
    TestFigures,
)
from support.documents import check


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        (TestFigures(150, 2, 5), "150 tests, 2 failed, 5 skipped"),
        (TestFigures(1, 1, 0), "1 test, 1 failed, 0 skipped"),
        (TestFigures(0, 0, 0), "0 tests, 0 failed, 0 skipped"),
        (CoverageFigures(87.55, 85.0), "87.55 % covered"),
        (CoverageFigures(100.0), "100 % covered"),
        (IssueFigures((), 0), "0 issues"),
        (IssueFigures((), 1), "1 issue"),
        (IssueFigures((), 60), "60 issues"),
    ],
)
def test_figures_in_words(figures: Figures, text: str) -> None:
    assert figures_text(figures) == text
    assert check_text(check(figures, exit_code=1)) == text


def test_without_a_report_there_is_only_the_exit_code() -> None:
    assert figures_text(ExitFigures()) == ""
    assert check_text(check(ExitFigures(), exit_code=3)) == "exit code 3"
    assert check_text(check(ExitFigures(), exit_code=0)) == "exit code 0"


def test_a_check_that_was_tried_again_says_so() -> None:
    assert check_text(check(IssueFigures((), 0), attempts=2)) == "0 issues, 2 attempts"
    assert check_text(check(ExitFigures(), exit_code=0, attempts=3)) == "exit code 0, 3 attempts"


def test_one_is_singular_and_nothing_else() -> None:
    assert [counted(number, "check") for number in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]
