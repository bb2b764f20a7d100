"""The one door to the readers: from a format's name to its figures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from localci.config.configuration import REPORT_KINDS, SEVERITIES
from localci.errors import UsageError
from localci.prover.reports.report_file import open_report

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile


class ReportReader(Protocol):
    """Reads one open report of its format. Raises ReportError where it is no evidence."""

    def __call__(self, report: ReportFile, /) -> Reading:
        """Return what the report says."""


def read_report(
    report_format: str,
    path: Path,
    *,
    root: Path | None = None,
    workspace: Path | None = None,
    fail_on: str = SEVERITIES[0],
) -> Reading:
    """Return what the report at `path` says. Raises ReportError, or UsageError: unknown format.

    No link below `root` (default: the file's own folder) is followed. Files in findings are named
    relative to `workspace`, where the check ran. Findings below `fail_on` are warnings.
    """
    read = _reader(report_format)
    with open_report(path, root=root, workspace=workspace, fail_on=fail_on) as report:
        return read(report)


def _reader(name: str) -> ReportReader:
    if name not in REPORT_KINDS:
        raise UsageError(f"no report format {name!r}", then=f"use one of {', '.join(REPORT_KINDS)}")
    module = import_module(f"localci.prover.reports.readers.{name.replace('-', '_')}")
    return cast("ReportReader", module.read)
