"""Findings as a reader comes upon them: counted by severity, the first of each kept."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from localci.config.configuration import SEVERITIES
from localci.formats.result import MAX_COUNT, MAX_ISSUES, Issue, IssueFigures
from localci.prover.reports.finding_path import finding_path
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UNKNOWN: Final = "unknown"
"""The severity of a finding of which its tool gives none: it always counts."""
MAX_TEXT: Final = 512
"""The longest name of a rule or a file, in characters."""

# The bands of CVSS 3.1 (specification, 5: qualitative severity rating scale).
_BANDS: Final = ((Decimal(9), "critical"), (Decimal(7), "high"), (Decimal(4), "medium"))
_SCORE: Final = re.compile(r"(?:10(?:\.0{1,3})?|[0-9](?:\.[0-9]{1,3})?)", re.ASCII)


class Findings:
    """Collects findings. A message or a snippet never gets here: it may be the secret itself."""

    def __init__(self, workspace: Path | None) -> None:
        self._workspace = workspace
        self._counts = dict.fromkeys((*SEVERITIES, UNKNOWN), 0)
        self._first: dict[str, list[Issue]] = {severity: [] for severity in self._counts}

    def add(self, severity: str, rule: str, file: str = "", line: int | None = None) -> None:
        """Count a finding. `severity` is one of SEVERITIES or UNKNOWN, `line` counts from 1.

        `file` is a path or a URL; what lies outside of the workspace keeps its name only.
        """
        self._counts[severity] += 1
        kept = self._first[severity]
        if len(kept) < MAX_ISSUES:
            path = finding_path(file, self._workspace) if file else ""
            known = line is not None and 0 < line <= MAX_COUNT
            kept.append(Issue(_clean(rule), _clean(path), line if known else None))

    @property
    def total(self) -> int:
        """How many were added."""
        return sum(self._counts.values())

    def reading(self, fail_on: str, measures: Mapping[str, int] | None = None) -> Reading:
        """Return what was found. What is less than `fail_on`, one of SEVERITIES, is a warning."""
        lesser = SEVERITIES[: SEVERITIES.index(fail_on)]
        counting = tuple(reversed([s for s in self._counts if s not in lesser]))
        warning = tuple(reversed(lesser))
        by_severity = {f"issues.{s}": count for s, count in self._counts.items() if count}
        return Reading(
            IssueFigures(*self._of(counting), *self._of(warning)),
            {"issues.total": self.total, **by_severity, **(measures or {})},
        )

    def _of(self, severities: tuple[str, ...]) -> tuple[tuple[Issue, ...], int]:
        listed = [issue for severity in severities for issue in self._first[severity]]
        return tuple(listed[:MAX_ISSUES]), sum(self._counts[s] for s in severities)


def severity_of_score(score: str) -> str:
    """Return the severity of a CVSS score like `9.8`; UNKNOWN where it is no score, or 0."""
    number = Decimal(score) if _SCORE.fullmatch(score) else Decimal(0)
    if number == 0:
        return UNKNOWN
    return next((name for least, name in _BANDS if number >= least), "low")


def _clean(text: str) -> str:
    """Return `text` without lone surrogates, which no JSON reader takes, and not overlong."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
