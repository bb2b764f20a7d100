"""`tsc`: the output of the TypeScript compiler with `--diagnostics`, plain or `--pretty`.

Errors are lines like `src/a.ts(1,14): error TS2322: …`, or `src/a.ts:1:14 - error TS2322: …` where
it is pretty (https://www.typescriptlang.org/tsconfig/#pretty). Without any error it says nothing,
so the line `Files: 8` of `--diagnostics`, which it writes last, is what shows that it looked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.output_lines import output_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

# Searched for from the left; a path may hold anything but what follows it here.
_AT: Final = re.compile(
    r"(?:\(([0-9]{1,9}),[0-9]{1,9}\): |:([0-9]{1,9}):[0-9]{1,9} - )error (TS[0-9]{1,6}): ", re.ASCII
)
_GLOBAL: Final = re.compile(r"error (TS[0-9]{1,6}): ", re.ASCII)
_FILES: Final = re.compile(r"Files: {1,80}([0-9]{1,9})", re.ASCII)
_FOUND: Final = re.compile(r"Found ([0-9]{1,9}) errors?\b", re.ASCII)


def read(report: ReportFile) -> Reading:
    """Return the errors. Raises ReportError where the compiler did not come to its end."""
    findings = Findings(report.workspace)
    files, ended, claimed = 0, False, 0
    for line in output_lines(report):
        if counted := _FILES.fullmatch(line.rstrip()):
            files, ended = files + int(counted[1]), True
        elif found := _FOUND.match(line):
            claimed += int(found[1])
        elif not line.startswith(" "):
            _take(findings, line)
    if not ended:
        raise report.wrong(
            "it has no line `Files: …` of --diagnostics: tsc did not look, or gave up"
        )
    if not files:
        raise report.wrong(
            "no file was checked (a tsconfig.json that only has references needs `tsc --build`)"
        )
    if claimed > findings.total:
        raise report.wrong("it found more errors than it tells of")
    return findings.reading(report.fail_on, {"files.checked": files})


def _take(findings: Findings, line: str) -> None:
    if at := _AT.search(line):
        findings.add("high", at[3], line[: at.start()], int(at[1] or at[2]))
    elif everywhere := _GLOBAL.match(line):
        findings.add("high", everywhere[1])
