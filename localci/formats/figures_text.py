"""Figures in words, as `run`, `show` and `verify` print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.result import CoverageFigures, IssueFigures, TestFigures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.formats.result import CheckResult, Figures, Issue


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


def outcome_text(check: CheckResult) -> str:
    """Say what a check's report says and what it made; nothing where there is neither."""
    made = counted(len(check.artifacts), "file") + " made" if check.artifacts else ""
    return ", ".join(filter(None, (figures_text(check.figures), made)))


def check_text(check: CheckResult) -> str:
    """Say what a check's report says, or how its command ended where it has none."""
    said = outcome_text(check) or f"exit code {check.exit_code or 0}"
    return said if check.attempts == 1 else f"{said}, {check.attempts} attempts"


def listed_lines(check: CheckResult) -> Iterator[str]:
    """Yield a line for each finding, and each failed part, that a check's result lists."""
    yield from (f"{row.name}  {row.outcome}" for row in check.rows if row.outcome == "failed")
    figures = check.figures
    if isinstance(figures, IssueFigures):
        yield from map(_issue_line, figures.issues)
        yield from (f"warning: {_issue_line(issue)}" for issue in figures.warnings)


def part_lines(check: CheckResult) -> Iterator[str]:
    """Yield a line for each row, finding and artifact that a check's result names."""
    yield from (f"{row.outcome:<7}  {row.name}" for row in check.rows)
    if isinstance(check.figures, IssueFigures):
        yield from (f"issue    {_issue_line(issue)}" for issue in check.figures.issues)
        yield from (f"warning  {_issue_line(issue)}" for issue in check.figures.warnings)
    for one in check.artifacts:
        yield f"made     {one.name}  {one.size} bytes  sha256 {one.sha256}"


def _issue_line(issue: Issue) -> str:
    place = issue.file if issue.line is None else f"{issue.file}:{issue.line}"
    return f"{place}  {issue.rule}" if place else issue.rule


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
