"""`cargo-messages`: what the compiler or clippy said, by cargo's `--message-format=json`.

One JSON object a line (https://doc.rust-lang.org/cargo/reference/external-tools.html, JSON
messages). What does not start with `{` was printed by a macro while it was compiled, as is said
there. Cargo ends with a `build-finished`: without it, it gave up.

A library is compiled twice, for itself and for its tests, and says everything twice: each message
counts once, as it does in what cargo shows to people.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import list_of, object_of
from localci.prover.reports.report_lines import json_line, report_lines
from localci.prover.reports.rust_toolchain import TOOLCHAIN_LACKS

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = {"error": "high", "warning": "medium"}
_TOLD: Final = frozenset({*_SEVERITIES, "note", "help", "failure-note"})
_COMPILER_CRASHED: Final = "error: internal compiler error"
# The compiler's own counts of what it said before.
_SUMMARY: Final = re.compile(
    r"aborting due to .*|could not compile .*|[0-9]+ warnings? emitted.*", re.DOTALL
)


class _Said(NamedTuple):
    severity: str
    rule: str
    file: str
    line: int | None
    column: int | None
    text: int


def read(report: ReportFile) -> Reading:
    """Return what stands between the project and a clean build. Raises ReportError.

    A build that failed without a word about the code (a linker that is missing, a build script
    that ended badly) is no evidence.
    """
    said: dict[_Said, None] = {}
    built, succeeded, looked_at = False, True, 0
    for number, line in enumerate(report_lines(report), 1):
        if not line.startswith("{"):
            continue
        row = json_line(report, line, number)
        reason = row.get("reason")
        built = reason == "build-finished"
        if built:
            succeeded = _success(report, row) and succeeded
        looked_at += reason in {"compiler-artifact", "compiler-message"}
        message = _message(report, row) if reason == "compiler-message" else None
        if message is not None:
            said[message] = None
    _refuse_half(report, looked_at, built=built)
    if not succeeded and not any(one.severity == "high" for one in said):
        raise report.wrong("the build failed, but not by what the compiler says of the code")
    findings = Findings(report.workspace)
    for one in said:
        findings.add(one.severity, one.rule, one.file, one.line)
    return findings.reading(report.fail_on)


def _refuse_half(report: ReportFile, looked_at: int, *, built: bool) -> None:
    if not built:
        raise report.wrong("its end, `build-finished`, is missing: cargo gave up")
    if not looked_at:
        raise report.wrong("nothing was compiled")


def _success(report: ReportFile, row: ReportObject) -> bool:
    success = row.get("success")
    if not isinstance(success, bool):
        raise report.wrong("build-finished does not say whether it succeeded")
    return success


def _message(report: ReportFile, row: ReportObject) -> _Said | None:
    message = object_of(report, row.get("message"), "message")
    level, text = message.get("level"), message.get("message")
    if level == _COMPILER_CRASHED:
        raise report.wrong("the compiler crashed")
    if level not in _TOLD or not isinstance(level, str) or not isinstance(text, str):
        raise report.wrong("a message has a level that the compiler does not know, or no text")
    if level == "error" and TOOLCHAIN_LACKS.match(text):
        raise report.wrong("the toolchain lacks a linker or the target's standard library")
    spans = list_of(report, message.get("spans"), "message.spans")
    if level not in _SEVERITIES or (not spans and _SUMMARY.fullmatch(text)):
        return None
    span = next((s for s in spans if isinstance(s, dict) and s.get("is_primary") is True), {})
    file = span.get("file_name")
    return _Said(
        _SEVERITIES[level],
        _rule(message.get("code")),
        file if isinstance(file, str) else "",
        _position(span.get("line_start")),
        _position(span.get("column_start")),
        hash(text),  # tells two messages about one place apart; goes no further
    )


def _rule(code: ReportValue) -> str:
    """Return the lint's or error's code; what is wrong with the syntax has none."""
    name = code.get("code") if isinstance(code, dict) else None
    return name if isinstance(name, str) and name else "rustc"


def _position(value: ReportValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
