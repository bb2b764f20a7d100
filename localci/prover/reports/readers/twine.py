"""What `twine check` prints: each distribution file with PASSED or FAILED.

See https://twine.readthedocs.io/en/stable/#twine-check. A build before it, by `pyproject-build`,
may have failed, so that there was nothing to look at: that is a finding; or it says what it made,
and then all of that has to be looked at. What a build's own tools wrote before that is passed over:
many of them tell of errors that stop nothing, or what they are checking for.
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
_SUFFIXES: Final = (".whl", ".tar.gz", ".zip")
_CHECKING: Final = "Checking "
_CHECKED: Final = re.compile(
    r"Checking (?P<file>\S.*\.(?:whl|tar\.gz|zip)): "
    r"(?P<result>PASSED|FAILED)(?: with warnings| due to warnings)?"
)


def read(report: ReportFile) -> Reading:
    """Return the files that failed, and all as rows. Raises ReportError where one is left out."""
    output = _Output()
    for line in output_lines(report):
        output.take(line)
    findings = Findings(report.workspace)
    if output.has_error and not output.rows:
        findings.add(UNKNOWN, "build")
    elif output.has_odd_line:
        raise report.wrong("twine did not come to its end with a distribution file")
    elif output.built:
        raise report.wrong("twine did not look at all that was built")
    elif not output.rows:
        raise report.wrong("twine looked at no distribution file")
    for row in output.rows:
        if row.outcome == "failed":
            findings.add(UNKNOWN, "metadata", row.name)
    reading = findings.reading(report.fail_on)
    return Reading(reading.figures, reading.measures, tuple(output.rows[:MAX_ROWS]))


class _Output:
    """What was written since the last build that went well, or from the beginning.

    `built` are the names of files that twine has still to look at.
    """

    def __init__(self) -> None:
        self.built: set[str] = set()
        self._forget()

    def _forget(self) -> None:
        self.rows: list[Row] = []
        self.has_error = False
        self.has_odd_line = False

    def take(self, line: str) -> None:
        if line.startswith(_BUILT):
            self._forget()
            self.built.update(word for word in line.split() if word.endswith(_SUFFIXES))
        elif line.startswith(_CHECKING):
            self._take_checked(line)
        elif _BUILD_FAILED.fullmatch(line):
            self.has_error = True

    def _take_checked(self, line: str) -> None:
        checked = _CHECKED.fullmatch(line)
        if checked is None or len(checked["file"]) > MAX_NAME:
            self.has_odd_line = True
            return
        name = checked["file"]
        self.built.discard(posixpath.basename(name))
        self.rows.append(Row(name, "passed" if checked["result"] == "PASSED" else "failed"))
