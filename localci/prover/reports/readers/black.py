"""What `black --check` prints: the files that it would change, those it cannot read, and a summary.

The summary is the sign that black came to its end, and its counts have to be those of the lines
(https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html). It is written once
for each time that black is called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.output_lines import output_lines

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_WOULD: Final = "would reformat "
# Since 26.x a file that is no Python is told with its place, before that with a message.
_UNREADABLE: Final = re.compile(
    r"error: cannot (?:parse(?: for [^:]*)?: (?P<parsed>.+):(?P<line>[0-9]{1,9}):[0-9]{1,9}"
    r"|format (?P<formatted>.+?): (?P<message>.*))"
)
_PART: Final = re.compile(r"(?P<count>[0-9]{1,9}) files? would (?P<what>[a-z ]+)")
_RESULTS: Final = ("be reformatted", "be left unchanged", "fail to reformat")
_CRASH: Final = "INTERNAL ERROR"


def read(report: ReportFile) -> Reading:
    """Return the files that are not formatted. Raises ReportError without a summary."""
    findings = Findings(report.workspace)
    checked = runs = changed = failed = 0
    for line in output_lines(report):
        if line.startswith(_WOULD):
            findings.add(UNKNOWN, "unformatted", line.removeprefix(_WOULD))
            changed += 1
        elif wrong := _UNREADABLE.fullmatch(line):
            if _CRASH in (wrong["message"] or ""):
                raise report.wrong("black made a mistake of its own; the log says which")
            number = wrong["line"]
            findings.add(
                UNKNOWN,
                "unreadable",
                wrong["parsed"] or wrong["formatted"],
                int(number) if number else None,
            )
            failed += 1
        elif (counts := _summary(line)) is not None:
            if (counts[0], counts[2]) != (changed, failed):
                raise report.wrong("black's summary counts other files than are written")
            checked += sum(counts)
            runs, changed, failed = runs + 1, 0, 0
    if not runs or changed or failed:
        raise report.wrong("black did not come to its end: it wrote no summary")
    return findings.reading(report.fail_on, {"files.checked": checked})


def _summary(line: str) -> tuple[int, ...] | None:
    """Return how many files would be changed, are well, and cannot be read."""
    if not line.endswith("."):
        return None
    counts = dict.fromkeys(_RESULTS, 0)
    for text in line[:-1].split(", ", len(counts)):
        part = _PART.fullmatch(text)
        if part is None or part["what"] not in counts:
            return None
        counts[part["what"]] += int(part["count"])
    return tuple(counts.values())
