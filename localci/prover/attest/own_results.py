"""Which results of mine are attached to a commit or to its tree.

A line counts as mine when my key signed it; what the note, the envelope or its `keyid` says of
itself is only a hint. A process is started only for a line that is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.formats.bundle import read_bundle
from localci.git.notes import notes_on, remote_ref
from localci.git.refs import NOTES_REF, OUTBOX_REF
from localci.prover.reuse.signed_line import read_line, signature_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.config.policy import PublicKey
    from localci.formats.statement import Statement
    from localci.git.objects import ObjectReader
    from localci.prover.reuse.signed_line import StatedLine


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
    """Yield my whole, passed results on `object_id` (a commit or a tree), the newest first.

    Read are the outbox, the notes of `remote` as last seen, and the local notes.
    `my_public_key` is asked at most once, and only where a line could be mine.
    """
    refs = (NOTES_REF, remote_ref(remote), OUTBOX_REF)
    notes = tuple(blob for ref in refs for blob in notes_on(objects, ref, object_id).bodies)
    key: PublicKey | None = None
    for line in reversed(read_bundle(notes).lines):
        stated = read_line(line)
        if stated is None or not _answers(stated, object_id):
            continue
        key = key or my_public_key()
        good = signature_by(stated.envelope, key)
        if good is not None:
            yield OwnResult(line, stated.envelope.payload, stated.statement, good.signing_key)


def _answers(stated: StatedLine, object_id: str) -> bool:
    """Tell whether a line says that all passed on this object; other people's do, too.

    A partial one says where some checks ran that were reused since, and is no answer by itself.
    """
    document = stated.statement.document
    about = object_id in {document.commit, document.tree}
    return about and not (document.failed or document.partial)
