"""`file-list`: files that a tool found fault with, one path a line, as `gofmt -l` names them.

Such a tool says nothing where all is well, which looks like a tool that never ran. So the command
adds the line `end` after its tool has ended by itself; a list without it is no evidence. `end 12`
tells besides how many files were looked at: a tool that was let loose on none says nothing, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.report_lines import report_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_END: Final = re.compile(r"end(?: ([0-9]{1,9}))?", re.ASCII)
RULE: Final = "format"


def read(report: ReportFile) -> Reading:
    """Return the files as findings, each once, of the rule `format`. Raises ReportError."""
    files: dict[str, None] = {}
    end: re.Match[str] | None = None
    for line in report_lines(report):
        if end is not None or not line:
            raise report.wrong("an empty line, or one after the end")
        end = _END.fullmatch(line)
        if end is None:
            files[line] = None
    if end is None:
        raise report.wrong("it has no line `end`: the tool did not end by itself")
    checked = None if end[1] is None else int(end[1])
    if checked == 0:
        raise report.wrong("no file was looked at")
    findings = Findings(report.workspace)
    for file in files:
        findings.add(UNKNOWN, RULE, file)
    return findings.reading(report.fail_on, None if checked is None else {"files.checked": checked})
