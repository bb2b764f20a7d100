"""Reports as large as anybody's, and what reading one costs: CPU time and peak memory.

The JUnit file is like what pytest writes, the SARIF file like bandit's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

CASES: Final = 100_000
FINDINGS: Final = 50_000
MOST_SECONDS: Final = 2.0
MOST_MEGABYTES: Final = 200.0

OURS: Final = """
from pathlib import Path
from localci.prover.reports.registry import read_report
def work(path):
    path = Path(path)
    figures = read_report(path.suffix[1:], path).figures
    return getattr(figures, "total", None) or figures.issues_total
"""
"""Reads the report whose format is the file's suffix, and returns how much it holds."""

# Not ru_maxrss: that begins with what the process had that started this one.
_MEASURED: Final = """
import re, sys, time
started = time.process_time()
count = work(sys.argv[1])
seconds = time.process_time() - started
with open("/proc/self/status") as status:
    peak = re.search(r"VmHWM:\\s+([0-9]+) kB", status.read())[1]
print(count, seconds, int(peak) / 1024)
"""


class Cost(NamedTuple):
    """What one pass takes."""

    seconds: float
    megabytes: float


def cost(path: Path, expected: int, work: str = OURS) -> Cost:
    """Return what one pass over a report costs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", work + _MEASURED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    count, seconds, megabytes = done.stdout.split()
    if int(count) != expected:
        raise AssertionError(f"{path}: {count} were read, not {expected}")
    return Cost(float(seconds), float(megabytes))


def write_junit(path: Path, cases: int = CASES) -> None:
    """Write what pytest writes: every hundredth case fails, the one behind it is skipped."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">')
        stream.write(f'<testsuite name="pytest" errors="0" failures="{cases // 100}" ')
        stream.write(f'skipped="{cases // 100}" tests="{cases}" time="123.456" hostname="laptop">')
        for number in range(cases):
            stream.write(
                f'<testcase classname="tests.package_{number % 97}.test_module_{number % 1013}" '
                f'name="test_something_{number}[parameter-{number}]" time="0.{number % 1000:03}"'
            )
            stream.write(_INNER.get(number % 100, " />"))
        stream.write("</testsuite></testsuites>")


_INNER: Final = {
    0: '><failure message="assert 4 == 3">def test_something():\n&gt;       assert 4 == 3\n'
    "E       assert 4 == 3\n\ntests/test_x.py:3: AssertionError</failure></testcase>",
    1: '><skipped type="pytest.skip" message="not now">/app/x.py:3: not now</skipped></testcase>',
}


def write_sarif(path: Path, findings: int = FINDINGS) -> None:
    """Write what bandit writes, of 40 rules."""
    rules = [
        {"id": f"B{100 + rule}", "name": "assert_used", "properties": {"precision": "high"}}
        for rule in range(40)
    ]
    run = {
        "tool": {"driver": {"name": "Bandit", "rules": rules, "version": "1.9.4"}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-11-21T03:00:00Z"}],
        "results": [_finding(number) for number in range(findings)],
    }
    path.write_text(json.dumps({"runs": [run], "version": "2.1.0"}), encoding="utf-8")


def _finding(number: int) -> dict[str, object]:
    line = number % 900 + 1
    region = {
        "snippet": {"text": "    assert value\n"},
        "endColumn": 34,
        "endLine": line,
        "startColumn": 5,
        "startLine": line,
    }
    around = {
        "snippet": {"text": "def function():\n    assert value\n    return 1\n"},
        "endLine": line + 1,
        "startLine": line - 1,
    }
    artifact = {"uri": f"src/package_{number % 97}/module_{number % 1013}.py"}
    place = {"region": region, "artifactLocation": artifact, "contextRegion": around}
    return {
        "message": {"text": "Use of assert detected."},
        "level": "note",
        "locations": [{"physicalLocation": place}],
        "properties": {"issue_confidence": "HIGH", "issue_severity": "LOW"},
        "ruleId": f"B{100 + number % 40}",
        "ruleIndex": number % 40,
    }
