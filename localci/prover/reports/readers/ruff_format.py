"""What `ruff format --check` prints: the files that it would change, and those it cannot read.

Up to 0.15 ruff writes `Would reformat: FILE`; later, with `RUFF_OUTPUT_FORMAT=concise`, a line
like those of the linter. At its end it counts the files that it could read, if there are any
(https://docs.astral.sh/ruff/formatter/).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_UNFORMATTED: Final = "unformatted"
_WOULD: Final = "Would reformat: "
_CONCISE: Final = re.compile(
    r"(?P<file>\S.*?)(?::cell [0-9]{1,9})?(?::(?P<line>[0-9]{1,9}):[0-9]{1,9})?"
    r": (?P<rule>unformatted|invalid-syntax|io): .*"
)
_FAILED: Final = re.compile(
    r"error: Failed to (?:(?P<read>read|format) (?P<file>.+?)"
    r"|parse (?P<parsed>.+?):(?P<line>[0-9]{1,9}):[0-9]{1,9}): .*"
)
_SUMMARY: Final = re.compile(
    r"(?:(?P<would>[0-9]{1,9}) files? would be reformatted)?(?:^|, |$)"
    r"(?:(?P<well>[0-9]{1,9}) files? already formatted)?"
)


def read(report: ReportFile) -> Reading:
    """Return the files that are not formatted. Raises ReportError where ruff looked at none."""
    findings = Findings(report.workspace)
    unreadable = checked = open_files = 0
    for line in output_lines(report):
        if finding := _finding(line):
            rule, file, number = finding
            findings.add(UNKNOWN, rule, file, number)
            open_files += rule == _UNFORMATTED
            unreadable += rule != _UNFORMATTED
        elif line and (summary := _SUMMARY.fullmatch(line)):
            would = int(summary["would"] or 0)
            if would != open_files:
                raise report.wrong(f"ruff counts {would} files where {open_files} are written")
            checked += would + int(summary["well"] or 0)
            open_files = 0
    if open_files:
        raise report.wrong("ruff did not come to its end: it wrote no summary after the files")
    if not checked and not unreadable:
        raise report.wrong("ruff looked at no file, or did not come to its end")
    return findings.reading(report.fail_on, {"files.checked": checked + unreadable})


def _finding(line: str) -> tuple[str, str, int | None] | None:
    if line.startswith(_WOULD):
        return _UNFORMATTED, line.removeprefix(_WOULD), None
    if failed := _FAILED.fullmatch(line):
        number = failed["line"]
        if number is None:
            return "io", failed["file"], None
        return "invalid-syntax", failed["parsed"], int(number)
    if found := _CONCISE.fullmatch(line):
        # Where the first difference lies says nothing: it is the file that is not formatted.
        number = None if found["rule"] == _UNFORMATTED else found["line"]
        return found["rule"], found["file"], int(number) if number else None
    return None
