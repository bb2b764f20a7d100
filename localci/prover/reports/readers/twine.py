"""What `twine check` prints: each distribution file with PASSED or FAILED.

See https://twine.readthedocs.io/en/stable/#twine-check. A build before it, by `pyproject-build`,
may have failed, so that there was nothing to look at: that is a finding; or it says what it made,
and then all of that has to be looked at. What else stands in the output is passed over.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_NAME, MAX_ROWS, Row
from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

# build writes `ERROR ` and why, where twine's ERROR is followed by more than one blank.
_BUILD_FAILED: Final = re.compile(r"ERROR \S.*")
_BUILT: Final = "Successfully built "
_FILE: Final = re.compile(r"[\w.+!-]+\.(?:whl|tar\.gz|zip)(?=\s|$)")
_CHECKING: Final = "Checking "
_CHECKED: Final = re.compile(
    r"Checking (?P<file>\S.*\.(?:whl|tar\.gz|zip)): "
    r"(?P<result>PASSED|FAILED)(?: with warnings| due to warnings)?"
)


def read(report: ReportFile) -> Reading:
    """Return the files that failed, and all as rows. Raises ReportError where one is left out."""
    findings = Findings(report.workspace)
    rows: list[Row] = []
    built: set[str] = set()
    for line in output_lines(report):
        if _BUILD_FAILED.fullmatch(line):
            findings.add(UNKNOWN, "build")
        elif line.startswith(_BUILT):
            built.update(_FILE.findall(line))
        elif line.startswith(_CHECKING):
            row = _row(report, line)
            built.discard(posixpath.basename(row.name))
            if row.outcome == "failed":
                findings.add(UNKNOWN, "metadata", row.name)
            rows.append(row)
    if built:
        raise report.wrong("twine did not look at all that was built")
    if not rows and not findings.total:
        raise report.wrong("twine looked at no distribution file")
    reading = findings.reading(report.fail_on)
    return Reading(reading.figures, reading.measures, tuple(rows[:MAX_ROWS]))


def _row(report: ReportFile, line: str) -> Row:
    checked = _CHECKED.fullmatch(line)
    if checked is None or len(checked["file"]) > MAX_NAME:
        raise report.wrong("twine did not come to its end with a distribution file")
    return Row(checked["file"], "passed" if checked["result"] == "PASSED" else "failed")
