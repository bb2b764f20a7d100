"""The figures of one check against what the policy requires of it (design 8, item 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.result import CoverageFigures, IssueFigures, TestFigures
from localci.verifier.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Requirement
    from localci.formats.result import Figures


def figure_reasons(
    figures: Figures, requirement: Requirement, base_percentage: float | None = None
) -> tuple[Reason, ...]:
    """Return a `threshold-not-met` for each bar that the figures miss or do not speak of.

    `base_percentage` is the trust commit's accepted one, None where it has none.
    """
    return tuple(
        Reason("threshold-not-met", f"{requirement.name}: {message}")
        for message in _missed(figures, requirement, base_percentage)
    )


def _missed(
    figures: Figures, requirement: Requirement, base_percentage: float | None = None
) -> Iterator[str]:
    tests = figures if isinstance(figures, TestFigures) else None
    ran = None if tests is None else tests.total - tests.skipped
    yield from _above("failed", None if tests is None else tests.failed, requirement.max_failed)
    yield from _above("skipped", None if tests is None else tests.skipped, requirement.max_skipped)
    yield from _below("tests that ran", ran, requirement.min_total)
    percentage = figures.percentage if isinstance(figures, CoverageFigures) else None
    yield from _below("per cent covered", percentage, requirement.min_percentage)
    if requirement.max_drop is not None:
        yield from _dropped(percentage, base_percentage, requirement.max_drop)
    issues = figures.issues_total if isinstance(figures, IssueFigures) else None
    yield from _above("issues", issues, requirement.max_issues)


def _above(what: str, figure: float | None, most: float | None) -> Iterator[str]:
    if most is None:
        return
    if figure is None:
        yield f"no figure of {what}, at most {most:.12g} required"
    elif figure > most:
        yield f"{figure:.12g} {what}, at most {most:.12g} allowed"


def _below(what: str, figure: float | None, least: float | None) -> Iterator[str]:
    if least is None:
        return
    if figure is None:
        yield f"no figure of {what}, at least {least:.12g} required"
    elif figure < least:
        yield f"{figure:.12g} {what}, at least {least:.12g} required"


def _dropped(percentage: float | None, base: float | None, most: float) -> Iterator[str]:
    if percentage is None:
        yield f"no figure of per cent covered, at most {most:.12g} below the base required"
    elif base is None:
        yield (
            f"at most {most:.12g} points below the base allowed, and the trust commit has no"
            " accepted result to compare with"
        )
    elif round(base - percentage, 6) > most:
        yield (
            f"{percentage:.12g} per cent covered, {base:.12g} at the base: at most {most:.12g} less"
        )
