"""Who signs: the interface of a signer.

A signer examines itself before a run, and signs after it. Which one is mine, and how another kind
of key is added, stands in `choose_signer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from localci.config.policy import PublicKey


class Signer(Protocol):
    """A key of mine that can make signatures which the verifier accepts."""

    @property
    def keyid(self) -> str:
        """The whole fingerprint of the key that signs: lower-case hex, or `SHA256:…` for SSH."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature of `data` that was checked to hold. Raises GpgError, SshError."""


class SignerSource(Protocol):
    """Where a signer comes from, when its time has come."""

    def examine(self) -> None:
        """Raise UsageError, GpgError, SshError now for what would fail at the end of a long run."""

    def public_key(self) -> PublicKey:
        """Return the public half, to know my own results by. Raises as `examine`."""

    def open(self) -> AbstractContextManager[Signer]:
        """Give the signer; every process of the run is dead by then."""
