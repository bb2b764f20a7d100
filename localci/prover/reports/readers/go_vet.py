"""`go-vet`: the output of `go vet`, ended by a line of the preset's own.

Findings, the compiler's included, are lines like `c/c.go:3:12: …` (https://pkg.go.dev/cmd/vet),
and where all is well nothing is said. So the command ends with a line like `go vet ended with exit
code 0, 4 packages`, without which the output is no evidence. Which analyzer found something is not
told: the rule is always `vet`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_FINDING: Final = re.compile(
    # Assembly and C as well: what analyzers and cgo say of them.
    r"(?:vet: )?([^\s:][^:]*\.(?:go|[sSch]|cc|cpp|cxx|hpp)):([0-9]{1,9})(?::[0-9]{1,9})?: ",
    re.ASCII,
)
_END: Final = re.compile(
    r"go vet ended with exit code ([0-9]{1,3}), ([0-9]{1,9}) packages?", re.ASCII
)
# How a module that could not be fetched is told of: that is nobody's code.
_NOT_FETCHED: Final = (
    "module lookup disabled by GOPROXY",
    ': Get "http',
    ": dial tcp ",
    ": reading http",
)


def read(report: ReportFile) -> Reading:
    """Return the findings, each once. Raises ReportError where go vet could not look."""
    found: dict[str, re.Match[str]] = {}
    end: re.Match[str] | None = None
    for line in output_lines(report):
        finding = _FINDING.match(line)
        end = _END.fullmatch(line)
        if finding is not None and any(text in line for text in _NOT_FETCHED):
            raise report.wrong("a module could not be fetched")
        if finding is not None:
            found[line] = finding
    if end is None:
        raise report.wrong("it does not end with the exit code of go vet")
    if int(end[2]) == 0:
        raise report.wrong("there is no package to look at")
    if (int(end[1]) == 0) != (not found):
        raise report.wrong("go vet's exit code and what it found contradict each other")
    findings = Findings(report.workspace)
    for finding in found.values():
        findings.add(UNKNOWN, "vet", finding[1], int(finding[2]))
    return findings.reading(report.fail_on, {"packages.checked": int(end[2])})
