"""`eslint`: the results of eslint's own `json` formatter, one for every file that it looked at.

https://eslint.org/docs/latest/integrate/nodejs-api, LintResult and LintMessage. Severity 2, what
eslint calls an error and fails by, is high here, and 1, its warning, is low.

eslint always looks at its own configuration file, too. Where that is all it looks at, as where the
project is TypeScript and the configuration names no `files` of it, the report is no evidence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import count_of, list_of, load_list, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = {1: "low", 2: "high"}
_CONFIGURATION: Final = re.compile(r"(?:.*[/\\])?eslint\.config\.[cm]?[jt]s", re.DOTALL)
_COUNTS: Final = {1: "warningCount", 2: "errorCount"}


def read(report: ReportFile) -> Reading:
    """Return the messages of all files. Raises ReportError, also where no file was looked at."""
    results = load_list(report)
    findings = Findings(report.workspace)
    looked = False
    for number, value in enumerate(results):
        result = object_of(report, value, f"[{number}]")
        path = result.get("filePath")
        if not isinstance(path, str):
            raise report.wrong(f"[{number}] has no filePath")
        looked = looked or _CONFIGURATION.fullmatch(path) is None
        _take(report, findings, result, path)
    if not looked:
        raise report.wrong("no file was looked at besides eslint's own configuration")
    return findings.reading(report.fail_on, {"files.checked": len(results)})


def _take(report: ReportFile, findings: Findings, result: ReportObject, path: str) -> None:
    seen = dict.fromkeys(_SEVERITIES, 0)
    for value in list_of(report, result.get("messages"), "messages"):
        message = object_of(report, value, "a message")
        severity = message.get("severity")
        if isinstance(severity, bool) or not isinstance(severity, int) or severity not in seen:
            raise report.wrong("a message has a severity that eslint does not know")
        seen[severity] += 1
        line = message.get("line")
        findings.add(
            _SEVERITIES[severity], _rule(message), path, line if isinstance(line, int) else None
        )
    for severity, name in _COUNTS.items():
        if count_of(report, result.get(name), name) != seen[severity]:
            raise report.wrong(f"{name} is not the number of such messages")


def _rule(message: ReportObject) -> str:
    """Return the rule; what cannot be parsed, and what eslint itself complains of, has none."""
    rule: ReportValue = message.get("ruleId")
    if isinstance(rule, str) and rule:
        return rule
    return "parsing" if message.get("fatal") is True else "eslint"
