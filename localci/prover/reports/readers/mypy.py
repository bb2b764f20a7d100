"""What mypy prints: one error a line, and at the end how many there are in how many files.

The summary is the sign that mypy came to its end, and its count has to be that of the lines
(https://mypy.readthedocs.io/en/stable/command_line.html, `--no-error-summary`). It is written once
for each time that mypy is called, so a check may call it several times.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_ERROR: Final = re.compile(
    r"(?P<file>\S.*?)(?::(?P<line>[0-9]{1,9})(?::[0-9]{1,9}){0,3})?: error: (?P<message>.*)"
)
_RULE: Final = re.compile(r"\[(?P<rule>[a-z][a-z0-9-]{0,63})\]$")
_CLEAN: Final = re.compile(r"Success: no issues found in (?P<checked>[0-9]{1,9}) source files?")
_SUMMARY: Final = re.compile(
    r"Found (?P<errors>[0-9]{1,9}) errors? in [0-9]{1,9} files? "
    r"\((?:checked (?P<checked>[0-9]{1,9}) source files?|errors prevented further checking)\)"
)
_CRASH: Final = "INTERNAL ERROR"
_ITSELF: Final = "mypy"
"""Stands in a file's place where mypy could not start at all."""


def read(report: ReportFile) -> Reading:
    """Return the errors. Raises ReportError where mypy did not come to its end."""
    findings = Findings(report.workspace)
    checked = runs = open_errors = 0
    for line in output_lines(report):
        if error := _ERROR.fullmatch(line):
            _refuse_own(report, error)
            open_errors += 1
            _add(findings, error)
        elif summary := _CLEAN.fullmatch(line) or _SUMMARY.fullmatch(line):
            stated = int(summary.groupdict().get("errors") or 0)
            if stated != open_errors:
                raise report.wrong(f"mypy counts {stated} errors where {open_errors} are written")
            checked += int(summary["checked"] or 0)
            runs, open_errors = runs + 1, 0
    if not runs or open_errors:
        raise report.wrong("mypy did not come to its end: it wrote no summary after the errors")
    if not checked and not findings.total:
        raise report.wrong("mypy looked at no file")
    return findings.reading(report.fail_on, {"files.checked": checked})


def _add(findings: Findings, error: re.Match[str]) -> None:
    rule, line = _RULE.search(error["message"]), error["line"]
    findings.add(UNKNOWN, rule["rule"] if rule else "", error["file"], int(line) if line else None)


def _refuse_own(report: ReportFile, error: re.Match[str]) -> None:
    if error["message"].startswith(_CRASH):
        raise report.wrong("mypy crashed")
    if error["file"] == _ITSELF and error["line"] is None:
        raise report.wrong("mypy could not start; the log says why")
