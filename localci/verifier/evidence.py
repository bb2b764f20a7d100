"""What a verdict rests on, and the questions that have to be asked outside.

`Case` is plain data: everything about the commit, the policy and the note that was fetched before
anything is judged. `SignatureCheck` is the one question the judge asks on the way (gpgv).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy
    from localci.formats.bundle import Bundle
    from localci.gpg.certificate import Certificate
    from localci.gpg.status import GoodSignature
    from localci.verifier.verdict import Reason, Trust


class TrustedCheck(NamedTuple):
    """A check as the trust commit defines it: its definition, and whether it reads history."""

    definition: str
    reads_history: bool


class Case(NamedTuple):
    """One commit to judge. `now` is the verifier's clock in seconds, read once.

    `unread` says why the notes may hold more lines than the bundle.
    """

    commit: str
    tree: str
    policy: Policy
    trust: Trust
    trusted_checks: Mapping[str, TrustedCheck]
    bundle: Bundle
    now: float
    target: str = ""
    unread: tuple[Reason, ...] = ()


class SignatureCheck(Protocol):
    """Say who signed `data`, if the certificate's owner did.

    Raises FormatError (with a reason code) where nobody did, LocalciError where nobody can say.
    """

    def __call__(self, certificate: Certificate, signature: bytes, data: bytes, /) -> GoodSignature:
        """Check one signature against one certificate."""
