"""Ask outside whether a signature holds: gpgv for OpenPGP, ssh-keygen for SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.gpg.certificate import Certificate
from localci.gpg.gpgv import check_signature

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.gpg.status import GoodSignature
    from localci.verifier.evidence import SignatureCheck


def signature_check(directory: str) -> SignatureCheck:
    """Return the check; it writes into `directory`, which is private to the caller."""

    def check(key: PublicKey, signature: bytes, data: bytes) -> GoodSignature:
        if isinstance(key, Certificate):
            return check_signature(key, signature, data, directory=directory)
        from localci.ssh.ssh_keygen import check_ssh_signature  # noqa: PLC0415 - for few

        return check_ssh_signature(key, signature, data, directory=directory)

    return check
