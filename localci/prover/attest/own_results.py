"""Which results of mine are attached to a commit or to its tree.

A line counts as mine when my key signed it; what the note, the envelope or its `keyid` says of
itself is only a hint. A process is started only for a line that is worth it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import FormatError, LocalciError
from localci.formats.bundle import read_bundle
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.statement import decode_statement
from localci.formats.strict_json import loads_object
from localci.git.notes import notes_on, remote_ref
from localci.git.refs import NOTES_REF, OUTBOX_REF
from localci.gpg.gpgv import check_signature
from localci.ssh.public_key import SshKey
from localci.ssh.ssh_keygen import check_ssh_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.config.policy import PublicKey
    from localci.formats.envelope import Envelope
    from localci.formats.good_signature import GoodSignature
    from localci.formats.statement import Statement
    from localci.git.objects import ObjectReader


@dataclass(frozen=True)
class OwnResult:
    """A result that my key signed: the line of the note, and what it states."""

    line: bytes
    payload: bytes
    statement: Statement
    signer: str


def own_results(
    objects: ObjectReader, object_id: str, remote: str, my_public_key: Callable[[], PublicKey]
) -> Iterator[OwnResult]:
    """Yield my passed results on `object_id` (a commit or a tree), the newest first.

    Read are the outbox, the notes of `remote` as last seen, and the local notes.
    `my_public_key` is asked at most once, and only where a line could be mine.
    """
    refs = (NOTES_REF, remote_ref(remote), OUTBOX_REF)
    notes = tuple(blob for ref in refs for blob in notes_on(objects, ref, object_id).bodies)
    key: PublicKey | None = None
    for line in reversed(read_bundle(notes).lines):
        decoded = _decode(line, object_id)
        if decoded is None:
            continue
        key = key or my_public_key()
        found = _check(line, *decoded, key)
        if found is not None:
            yield found


def _decode(line: bytes, object_id: str) -> tuple[Envelope, Statement] | None:
    """Return a passed statement about this object, or None: other people's lines are no error."""
    try:
        value = loads_object(line, "the line")
        if not is_envelope(value):
            return None
        envelope = decode_envelope(value)
        statement = decode_statement(envelope.payload)
    except FormatError:
        return None
    about = object_id in {statement.commit, statement.tree}
    return (envelope, statement) if about and not statement.document.failed else None


def _check(
    line: bytes, envelope: Envelope, statement: Statement, key: PublicKey
) -> OwnResult | None:
    with tempfile.TemporaryDirectory(prefix="localci-") as directory:
        for signature in envelope.signatures:
            if not key.holds(signature.keyid):
                continue
            try:
                good = _check_signature(key, signature.sig, envelope.signed_bytes, directory)
            except LocalciError:
                continue
            return OwnResult(line, envelope.payload, statement, good.signing_key)
    return None


def _check_signature(
    key: PublicKey, signature: bytes, data: bytes, directory: str
) -> GoodSignature:
    if isinstance(key, SshKey):
        return check_ssh_signature(key, signature, data, directory=directory)
    return check_signature(key, signature, data, directory=directory)
