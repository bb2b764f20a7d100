"""What a person sees of a run: a line per check while it goes, failures last and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.console import harmless, short_id, tell
from localci.formats.figures_text import figures_text
from localci.prover.run.run_outcome import NoVerdict, Ran

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.run.run_outcome import CheckOutcome, RunOutcome

TAIL: Final = 30
"""Lines of a log that are shown of a check that failed."""
_TAIL_BYTES: Final = 64 * 1024


class TellingProgress:
    """Tells on standard error what goes on."""

    def waiting(self) -> None:
        """Say that another run holds the workspace."""
        tell("localci: another run is under way in this repository; waiting for it")

    def setup_started(self, command: str) -> None:
        """Say that the setup command runs now."""
        tell(f"localci: setup: {harmless(command)}")

    def check_started(self, name: str) -> None:
        """Say that a check's command runs now."""
        tell(f"  {name:<16} runs …")

    def check_finished(self, outcome: CheckOutcome) -> None:
        """Say what came out of a check."""
        tell(f"  {outcome.name:<16} {_outcome(outcome)}")


def tell_failures(outcome: RunOutcome) -> None:
    """Show what failed and what has no verdict: the end of each log, and what to type next."""
    for check in outcome.checks:
        if isinstance(check, Ran) and check.result.passed:
            continue
        tell("")
        tell(f"── {check.name}: {_outcome(check)}")
        for line in _tail(check.log):
            tell(f"   {harmless(line)}")
        tell(f"   log:   {check.log}")
        tell(f"   rerun: localci run {short_id(outcome.commit)} --check {check.name}")


def _outcome(outcome: CheckOutcome) -> str:
    if isinstance(outcome, NoVerdict):
        return f"no verdict: {harmless(outcome.reason)}"
    result = outcome.result
    seconds = "" if result.duration_ms is None else f"{result.duration_ms / 1000:.1f} s"
    if result.passed:
        return f"passed  {seconds:>8}  {figures_text(result.figures)}".rstrip()
    what = "failed" if not result.advisory else "failed, advisory"
    return f"{what}  {seconds:>8}  {harmless(outcome.reason)}"


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-TAIL:]
