"""One line of a note, for whoever wants to build on it: what it states, and whether a key made it.

The verifier has eyes of its own (design 1): what is believed here is checked there again.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import FormatError, LocalciError
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.statement import decode_statement
from localci.formats.strict_json import loads_object
from localci.gpg.gpgv import check_signature
from localci.ssh.public_key import SshKey
from localci.ssh.ssh_keygen import check_ssh_signature

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.formats.envelope import Envelope
    from localci.formats.good_signature import GoodSignature
    from localci.formats.statement import Statement


@dataclass(frozen=True)
class StatedLine:
    """A line and what it states; who says so is not known yet."""

    line: bytes
    envelope: Envelope
    statement: Statement


def read_line(line: bytes) -> StatedLine | None:
    """Return what a line states of a run, None where it is anything else: that is no error."""
    try:
        value = loads_object(line, "the line")
        if not is_envelope(value):
            return None
        envelope = decode_envelope(value)
        return StatedLine(line, envelope, decode_statement(envelope.payload))
    except FormatError:
        return None


def signature_by(envelope: Envelope, key: PublicKey) -> GoodSignature | None:
    """Return the signature of that key on an envelope, None where there is none that holds.

    `keyid` only says which signatures are worth a process.
    """
    with tempfile.TemporaryDirectory(prefix="localci-") as directory:
        for signature in envelope.signatures:
            if not key.holds(signature.keyid):
                continue
            try:
                return _check(key, signature.sig, envelope.signed_bytes, directory)
            except LocalciError:
                continue
    return None


def _check(key: PublicKey, signature: bytes, data: bytes, directory: str) -> GoodSignature:
    if isinstance(key, SshKey):
        return check_ssh_signature(key, signature, data, directory=directory)
    return check_signature(key, signature, data, directory=directory)
