"""The formats that `report = "<format>:<path>"` names. A new one is a module and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from localci.errors import UsageError
from localci.prover.reports.cobertura import read_cobertura
from localci.prover.reports.coverage import read_coverage
from localci.prover.reports.junit import read_junit
from localci.prover.reports.report_file import open_report
from localci.prover.reports.sarif import read_sarif

if TYPE_CHECKING:
    from pathlib import Path

    from localci.formats.result import Figures
    from localci.prover.reports.report_file import ReportFile


class ReportReader(Protocol):
    """Reads one open report of its format. Raises ReportError where it is no evidence."""

    def __call__(self, report: ReportFile, /) -> Figures:
        """Return the report's figures."""


@dataclass(frozen=True)
class ReportFormat:
    """A format: the kind of its figures (design 4.3) and its reader."""

    kind: str
    read: ReportReader


_FORMATS: Final = MappingProxyType(
    {
        "junit": ReportFormat("tests", read_junit),
        "coverage": ReportFormat("coverage", read_coverage),
        "cobertura": ReportFormat("coverage", read_cobertura),
        "sarif": ReportFormat("issues", read_sarif),
    }
)

REPORT_FORMATS: Final = tuple(_FORMATS)


def kind_of(report_format: str) -> str:
    """Return `tests`, `coverage` or `issues`. Raises UsageError for a format nobody knows."""
    return _format(report_format).kind


def read_report(
    report_format: str, path: Path, *, root: Path | None = None, workspace: Path | None = None
) -> Figures:
    """Return the figures of the report at `path`. Raises ReportError, or UsageError as `kind_of`.

    No link below `root` (default: the file's own folder) is followed. Files in findings are named
    relative to `workspace`, where the check ran.
    """
    reader = _format(report_format).read
    with open_report(path, root=root, workspace=workspace) as report:
        return reader(report)


def _format(name: str) -> ReportFormat:
    if name not in _FORMATS:
        raise UsageError(f"no report format {name!r}", then=f"use one of {', '.join(_FORMATS)}")
    return _FORMATS[name]
