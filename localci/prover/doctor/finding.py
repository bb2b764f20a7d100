"""What an examination found: a level, a topic, a sentence, and what to type."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.errors import LocalciError

_WORST_FIRST: Final = (USAGE, NO_VERDICT)


class Level(enum.Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One finding; `code` is the exit code that a failure has wherever it comes in the way."""

    level: Level
    topic: str
    what: str
    then: str = ""
    code: int = PASSED


def fine(topic: str, what: str) -> Finding:
    """Return that all is well."""
    return Finding(Level.OK, topic, what)


def doubtful(topic: str, what: str, then: str) -> Finding:
    """Return what is not in the way yet."""
    return Finding(Level.WARN, topic, what, then)


def wrong(topic: str, what: str, then: str) -> Finding:
    """Return a fault of the set-up."""
    return Finding(Level.FAIL, topic, what, then, USAGE)


def failed(topic: str, error: LocalciError) -> Finding:
    """Return an expected error as what it is here: something that was found."""
    # An attestation line that is malformed is no failed check here.
    code = NO_VERDICT if error.exit_code == FAILED else error.exit_code
    return Finding(Level.FAIL, topic, error.what, error.then, code)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the worst of the codes: 2 before 4 before 0 (design 4.4, as for a range)."""
    codes = {finding.code for finding in findings}
    return next((code for code in _WORST_FIRST if code in codes), PASSED)
