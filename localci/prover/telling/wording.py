"""The words for what happens in a run, the same in every view. Pure.

A line is made of pieces, each a text with the name of its style, which a view may paint. What comes
from elsewhere in them is harmless already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from localci.console import harmless
from localci.prover.run.tasks import label

if TYPE_CHECKING:
    from localci.prover.run.events import CheckFinished, CheckLeftOut, RunStarted, ServiceReady

Pieces: TypeAlias = "tuple[tuple[str, str], ...]"

PLAIN: Final = ""
DIM: Final = "dim"
BOLD: Final = "bold"
GOOD: Final = "green"
BAD: Final = "red"
UNDECIDED: Final = "yellow"

_LEAST_NAME: Final = 8
_MOST_NAME: Final = 32
_MINUTE: Final = 60
_HOUR: Final = 3600


def name_width(run: RunStarted) -> int:
    """Return the columns that the names of the run's checks take."""
    names = (label(check.name, cell) for check in run.checks for cell in check.cells)
    return min(_MOST_NAME, max(_LEAST_NAME, *map(len, names), 0))


def duration(seconds: float) -> str:
    """Say how long something took: `1.2 s`, `2 m 05 s`, `1 h 02 m`."""
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    return whole_duration(seconds)


def whole_duration(seconds: float) -> str:
    """Say how long something takes, without fractions: `12 s`, `2 m 05 s`, `1 h 02 m`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} m"


def outcome_words(event: CheckFinished) -> str:
    """Say what came out of a check: `failed, advisory`."""
    words = "no verdict" if event.outcome == "no-verdict" else event.outcome
    return f"{words}, advisory" if event.advisory and event.outcome == "failed" else words


def is_good(event: CheckFinished) -> bool:
    """Tell whether a check's outcome is nothing to look at."""
    return event.outcome == "passed"


def details(event: CheckFinished) -> str:
    """Say the figures of what passed, why the rest did not, and where it ran if not now."""
    said = event.figures if is_good(event) else event.reason or event.figures
    reused = f"(reused: {event.reused})" if event.reused else ""
    tried = f"({event.attempts} attempts)" if event.attempts > 1 else ""
    return harmless("  ".join(filter(None, (said, tried, reused))))


def finished_line(event: CheckFinished, width: int) -> str:
    """Return the line of a check that has ended, as it is without a terminal."""
    return f"  {harmless(label(event.name, event.cell)):<{width}} {outcome_line(event)}"


def outcome_line(event: CheckFinished) -> str:
    """Say all that came out of a check: `failed     1.2 s  exit code 1`."""
    if event.outcome == "no-verdict":
        return f"no verdict: {details(event)}"
    seconds = "" if event.seconds is None else duration(event.seconds)
    return f"{outcome_words(event)}  {seconds:>8}  {details(event)}".rstrip()


def finished_pieces(event: CheckFinished, width: int) -> Pieces:
    """Return the line of a check that has ended, as it stands on a terminal."""
    mark, style = _mark(event)
    name = f"{harmless(label(event.name, event.cell)):<{width}} "
    seconds = "" if event.seconds is None else duration(event.seconds)
    said = details(event)
    if not is_good(event):
        said = f"{outcome_words(event)}: {said}" if said else outcome_words(event)
    rest = f"{name}{seconds:>8}  {said}".rstrip()
    return (
        ("  ", PLAIN),
        (mark, style),
        (f" {rest}", DIM if event.reused and is_good(event) else PLAIN),
    )


def left_out_line(event: CheckLeftOut, width: int) -> str:
    """Return the line of a check that does not apply."""
    return harmless(f"  {event.name:<{width}} left out: {event.reason}")


def left_out_pieces(event: CheckLeftOut, width: int) -> Pieces:
    """Return the line of a check that does not apply, as it stands on a terminal."""
    return ((harmless(f"  - {event.name:<{width}} left out: {event.reason}"), DIM),)


def ready_pieces(event: ServiceReady, width: int) -> Pieces:
    """Return the line of a service that can be used."""
    line = f"  · {harmless(event.name):<{width}} {duration(event.seconds):>8}  service is ready"
    return ((line, DIM),)


def _mark(event: CheckFinished) -> tuple[str, str]:
    if is_good(event):
        return "✓", GOOD
    if event.outcome == "failed":
        return "✗", UNDECIDED if event.advisory else BAD
    return "?", UNDECIDED
