"""Who signs: the interface of a signer, and the choice of mine.

A signer examines itself before a run, and signs after it. Another kind of key is another module
beside `openpgp_signer` and a line in `choose_signer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from localci.gpg.certificate import Certificate


class Signer(Protocol):
    """A key of mine that can make signatures which the verifier accepts."""

    @property
    def keyid(self) -> str:
        """The whole fingerprint of the key that signs, in lower-case hex."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature of `data` that was checked to hold. Raises GpgError."""


class SignerSource(Protocol):
    """Where a signer comes from, when its time has come."""

    def examine(self) -> None:
        """Raise UsageError or GpgError now for what would fail at the end of a long run."""

    def certificate(self) -> Certificate:
        """Return the public half, to know my own results by. Raises UsageError or GpgError."""

    def open(self) -> AbstractContextManager[Signer]:
        """Give the signer; every process of the run is dead by then."""
