"""From a result document to a signed line of the note."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import UsageError
from localci.formats.approval import encode_approval
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.object_ids import sha256_hex
from localci.formats.result import Reuse
from localci.formats.statement import Statement, encode_statement

if TYPE_CHECKING:
    from localci.formats.approval import Approval
    from localci.formats.result import ResultDocument
    from localci.formats.statement import ConfigurationBlob
    from localci.prover.attest.signer import Signer


@dataclass(frozen=True)
class Source:
    """Where a result comes from: repository in normal form, configuration files, pushed refs."""

    repository: str
    configuration: tuple[ConfigurationBlob, ...] = ()
    source_refs: tuple[str, ...] = ()


def sign_result(document: ResultDocument, source: Source, signer: Signer) -> bytes:
    """Return the envelope around the signed statement of a result, as one line without its end.

    Raises GpgError or SshError where signing fails, FormatError where the statement is too long,
    UsageError where a check was reused of which nobody has signed yet that it ran.
    """
    for name, check in document.checks.items():
        if check.reused_from is not None and not check.reused_from.signer:
            raise unsigned_origin(name)
    statement = Statement(
        commit=document.commit,
        tree=document.tree,
        repository=source.repository,
        document=document,
        configuration=source.configuration,
        source_refs=source.source_refs,
    )
    return _sign(encode_statement(statement), signer)


def unsigned_origin(name: str) -> UsageError:
    """Say that a reused check cannot be signed, and what to do."""
    return UsageError(
        f"check {name} was reused, and nothing here knows the run in which it ran",
        then="`localci run --no-cache` runs it again",
    )


def sign_approval(approval: Approval, signer: Signer) -> bytes:
    """Return the envelope around a signed approval, as `sign_result` does."""
    return _sign(encode_approval(approval), signer)


def _sign(payload: bytes, signer: Signer) -> bytes:
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    envelope = Envelope(payload, PAYLOAD_TYPE, (Signature(signer.keyid, signature),))
    return encode_envelope(envelope)


def reissue(
    document: ResultDocument, commit: str, branch: str, reuse: Reuse, at: int
) -> ResultDocument:
    """Return the same results for another commit of the same tree, as of `at`: nothing ran anew.

    Each check keeps its own times and figures and names the statement in which it ran.
    """
    checks = {
        name: check if check.reused_from is not None else check._replace(reused_from=reuse)
        for name, check in document.checks.items()
    }
    return document._replace(
        commit=commit,
        branch=branch,
        run_id=new_run_id(),
        checks=checks,
        started_at=at,
        finished_at=at,
    )


def new_run_id() -> str:
    """Return 128 random bits in hex."""
    return os.urandom(16).hex()


def reuse_of(document: ResultDocument, payload: bytes, signer: str) -> Reuse:
    """Return how a reused check names where it ran: `statement` is the payload's SHA-256."""
    return Reuse(document.commit, document.tree, signer, sha256_hex(payload))
