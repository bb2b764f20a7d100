"""What `lint-imports` prints: each contract with KEPT or BROKEN, and a summary that counts them.

See https://import-linter.readthedocs.io/en/stable/usage/. A broken contract is a finding by its
name, and each contract is a row. A module that cannot be read ends lint-imports before the summary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_NAME, MAX_ROWS, Row
from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

_ANALYZED: Final = re.compile(r"Analyzed (?P<files>[0-9]{1,9}) files?, .*")
_CONTRACT: Final = re.compile(
    r"(?P<name>.*\S) (?P<result>KEPT|BROKEN)(?: \([^()]*\))?(?: \[[^\[\]]*\])?"
)
_SUMMARY: Final = re.compile(
    r"Contracts: (?P<kept>[0-9]{1,9}) kept, (?P<broken>[0-9]{1,9}) broken\."
)
_SYNTAX: Final = re.compile(r"Syntax error in (?P<file>.+?), line (?P<line>[0-9]{1,9}): .*")


def read(report: ReportFile) -> Reading:
    """Return the broken contracts, and all as rows. Raises ReportError without a summary."""
    seen = _Seen(Findings(report.workspace))
    for line in output_lines(report):
        if (summary := _SUMMARY.fullmatch(line)) and not seen.settle(summary):
            raise report.wrong("the summary counts other contracts than are written")
        seen.take(line)
    if not seen.has_ended:
        raise report.wrong("lint-imports did not come to its end: it wrote no summary")
    if not seen.findings.total and not (seen.rows and seen.files):
        raise report.wrong("lint-imports looked at no file, or for no contract")
    reading = seen.findings.reading(report.fail_on, {"files.checked": seen.files})
    return Reading(reading.figures, reading.measures, tuple(seen.rows))


@dataclass
class _Seen:
    """What was written so far; `kept` and `broken` since the last summary."""

    findings: Findings
    rows: list[Row] = field(default_factory=list)
    files: int = 0
    kept: int = 0
    broken: int = 0
    runs: int = 0

    @property
    def has_ended(self) -> bool:
        return self.runs > 0 and not self.kept and not self.broken

    def settle(self, summary: re.Match[str]) -> bool:
        """Take a summary; tell whether it counts what was written."""
        agrees = (int(summary["kept"]), int(summary["broken"])) == (self.kept, self.broken)
        self.runs, self.kept, self.broken = self.runs + 1, 0, 0
        return agrees

    def take(self, line: str) -> None:
        if analyzed := _ANALYZED.fullmatch(line):
            self.files += int(analyzed["files"])
        elif contract := _CONTRACT.fullmatch(line):
            self._take_contract(contract["name"], is_kept=contract["result"] == "KEPT")
        elif error := _SYNTAX.fullmatch(line):
            self.findings.add(UNKNOWN, "syntax-error", error["file"], int(error["line"]))
            self.runs += 1

    def _take_contract(self, name: str, *, is_kept: bool) -> None:
        self.kept += is_kept
        self.broken += not is_kept
        if not is_kept:
            self.findings.add(UNKNOWN, name)
        if len(self.rows) < MAX_ROWS:
            self.rows.append(Row(name[:MAX_NAME], "passed" if is_kept else "failed"))
