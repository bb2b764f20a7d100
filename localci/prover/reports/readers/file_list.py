"""`file-list`: files that a tool found fault with, one path a line, as `gofmt -l` names them.

Such a tool says nothing where all is well, which looks like a tool that never ran. So the command
adds the line `end` after its tool has ended by itself; a list without it is no evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.report_lines import report_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

END: Final = "end"
RULE: Final = "format"


def read(report: ReportFile) -> Reading:
    """Return the files as findings, each once, of the rule `format`. Raises ReportError."""
    files: dict[str, None] = {}
    ended = False
    for line in report_lines(report):
        if ended or not line:
            raise report.wrong("an empty line, or one after the end")
        ended = line == END
        if not ended:
            files[line] = None
    if not ended:
        raise report.wrong("it has no line `end`: the tool did not end by itself")
    findings = Findings(report.workspace)
    for file in files:
        findings.add(UNKNOWN, RULE, file)
    return findings.reading(report.fail_on)
