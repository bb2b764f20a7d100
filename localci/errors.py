"""The errors that localci raises on purpose, and the exit codes of the command line.

    LocalciError                    4  no verdict: something stood in the way
    ├── UsageError                  2  the command line, localci.toml, the key
    │   ├── NoConfigurationError    2  the commit says nowhere what to run
    │   └── PolicyError             2  the policy is missing or cannot be used
    ├── FormatError                 1  bytes that are not what they should be (one attestation line)
    ├── GitError                    4  git could not do it
    ├── GpgError                    4  gpg could not do it
    ├── SshError                    4  ssh-keygen could not do it
    ├── WorkspaceError              4  no place to run the checks in
    └── DeliveryError               4  the note did not reach the remote

Every message is one line that says what is wrong and where; `then` says what to type next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PASSED = 0
"""Passed, accepted, delivered, nothing to do."""
FAILED = 1
"""A check failed, the attestation was refused."""
USAGE = 2
"""Usage or configuration, the policy's included."""
MISSING = 3
"""No attestation for this commit; handed to the background."""
NO_VERDICT = 4
"""Could not be evaluated or delivered: tool missing, timeout, killed, network, git or gpg."""
INTERRUPTED = 130
"""Ctrl-C."""
_WORST_FIRST = (INTERRUPTED, FAILED, USAGE, NO_VERDICT, MISSING, PASSED)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code of several things of which each has one: 1, 2, 4, 3, then 0.

    A failure is an answer, and stays one where others have none (design 4.4, run).
    """
    return min(codes, key=_WORST_FIRST.index, default=PASSED)


class LocalciError(Exception):
    """Something that is expected to happen to people; never a bug in localci."""

    exit_code = NO_VERDICT

    def __init__(self, what: str, *, then: str = "") -> None:
        """Say `what` went wrong, in one line, and what to do `then`."""
        super().__init__(what)
        self.what = what
        self.then = then

    def __str__(self) -> str:
        """Return the one line that a person reads."""
        return f"{self.what}; {self.then}" if self.then else self.what


class UsageError(LocalciError):
    """The command line or a configuration file asks for what cannot be."""

    exit_code = USAGE


class NoConfigurationError(UsageError):
    """A commit has neither `localci.toml` nor `[tool.localci]`."""


class PolicyError(UsageError):
    """The policy is missing (`policy-missing`) or cannot be used (`policy-invalid`)."""

    def __init__(self, code: str, what: str, *, then: str = "") -> None:
        """Give the stable reason `code` beside the message."""
        super().__init__(what, then=then)
        self.code = code


class FormatError(LocalciError):
    """Bytes that are not what they claim to be; carries a stable reason code (design 4.5)."""

    exit_code = FAILED

    def __init__(self, code: str, what: str) -> None:
        """Give the stable reason `code` beside the message."""
        super().__init__(what)
        self.code = code


class GitError(LocalciError):
    """A git command did not do what was asked."""


class GpgError(LocalciError):
    """A GnuPG program is missing, hung, or answered nothing that can be used."""


class SshError(LocalciError):
    """ssh-keygen is missing, hung, or answered nothing that can be used."""


class WorkspaceError(LocalciError):
    """The isolated clone could not be made or used."""


class DeliveryError(LocalciError):
    """A note could not be brought to the remote; it stays in the outbox."""
