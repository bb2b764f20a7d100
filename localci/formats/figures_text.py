"""Figures in words, as `run`, `show` and `verify` print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.result import CoverageFigures, IssueFigures, TestFigures

if TYPE_CHECKING:
    from localci.formats.result import CheckResult, Figures


def figures_text(figures: Figures) -> str:
    """Say what a report says; nothing for a check without a report."""
    if isinstance(figures, TestFigures):
        tests = counted(figures.total, "test")
        return f"{tests}, {figures.failed} failed, {figures.skipped} skipped"
    if isinstance(figures, CoverageFigures):
        return f"{figures.percentage:g} % covered"
    if isinstance(figures, IssueFigures):
        issues = counted(figures.issues_total, "issue")
        warned = figures.warnings_total
        return f"{issues}, {counted(warned, 'warning')}" if warned else issues
    return ""


def check_text(check: CheckResult) -> str:
    """Say what a check's report says, or how its command ended where it has none."""
    said = figures_text(check.figures) or f"exit code {check.exit_code or 0}"
    return said if check.attempts == 1 else f"{said}, {check.attempts} attempts"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
