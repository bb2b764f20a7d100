from __future__ import annotations

import pytest

from localci.config.policy import Requirement
from localci.formats.result import (
    CoverageFigures,
    ExitFigures,
    Figures,
    IssueFigures,
    TestFigures,
)
from localci.verifier.figures import figure_reasons

COVERED = CoverageFigures(84.99, 0.0)
CLEAN = IssueFigures((), 0)


def require(**bars: float) -> Requirement:
    return Requirement("x", **bars)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figures", "requirement", "messages"),
    [
        (TestFigures(10, 0, 0), require(max_failed=0, min_total=10, max_skipped=0), []),
        (TestFigures(10, 1, 0), require(max_failed=0), ["1 failed, at most 0 allowed"]),
        (TestFigures(10, 1, 0), require(max_failed=1), []),
        (TestFigures(10, 0, 1), require(min_total=10), ["9 tests that ran, at least 10 required"]),
        (TestFigures(11, 1, 1), require(min_total=10), []),
        (TestFigures(0, 0, 0), require(min_total=1), ["0 tests that ran, at least 1 required"]),
        (TestFigures(0, 0, 0), require(min_total=0), []),
        (TestFigures(10, 0, 4), require(max_skipped=3), ["4 skipped, at most 3 allowed"]),
        (
            TestFigures(10, 5, 5),
            require(max_failed=0, max_skipped=0, min_total=6),
            ["5 failed, at most 0 allowed", "5 skipped, at most 0 allowed",
             "5 tests that ran, at least 6 required"],
        ),
        (CoverageFigures(85.0), require(min_percentage=85.0), []),
        (COVERED, require(min_percentage=85.0), ["84.99 per cent covered, at least 85 required"]),
        (CoverageFigures(100.0), require(min_percentage=100), []),
        (CoverageFigures(0.0), require(min_percentage=0), []),
        (CLEAN, require(max_issues=0), []),
        (IssueFigures((), 60), require(max_issues=59), ["60 issues, at most 59 allowed"]),
        (ExitFigures(), require(), []),
    ],
    ids=str,
)  # fmt: skip
def test_each_figure_is_held_against_its_bar(
    figures: Figures, requirement: Requirement, messages: list[str]
) -> None:
    reasons = figure_reasons(figures, requirement)
    assert [reason.code for reason in reasons] == ["threshold-not-met"] * len(messages)
    assert [reason.message for reason in reasons] == [f"x: {message}" for message in messages]


@pytest.mark.parametrize(
    ("requirement", "fits"),
    [
        (require(max_failed=10), TestFigures(1, 0, 0)),
        (require(max_skipped=10), TestFigures(1, 0, 0)),
        (require(min_total=0), TestFigures(1, 0, 0)),
        (require(min_percentage=0), CoverageFigures(1.0)),
        (require(max_issues=10), CLEAN),
    ],
    ids=str,
)
def test_a_figure_that_is_not_there_never_meets_a_bar(
    requirement: Requirement, fits: Figures
) -> None:
    for figures in (TestFigures(1, 0, 0), CoverageFigures(1.0), CLEAN, ExitFigures()):
        reasons = figure_reasons(figures, requirement)
        if type(figures) is type(fits):
            assert reasons == ()
        else:
            assert [reason.code for reason in reasons] == ["threshold-not-met"]
            assert "no figure of" in reasons[0].message
