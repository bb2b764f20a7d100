"""One line of a note: is it about this tree, by whom, and is it sound (design 8, items 3 to 5, 8).

What a line says about the required checks is for `requirements`; here it is taken or left whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.errors import FormatError
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.result import decode_result
from localci.formats.statement import decode_statement
from localci.formats.strict_json import loads_object
from localci.verifier.signatures import identify_signer
from localci.verifier.times import refuse_impossible_times

if TYPE_CHECKING:
    from localci.config.policy import Signer
    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject
    from localci.verifier.evidence import Case, SignatureCheck


class SoundStatement(NamedTuple):
    """A result that may count: `signer` is None for an unsigned document that the policy takes."""

    document: ResultDocument
    signer: Signer | None
    matches_commit: bool


def read_line(line: bytes, case: Case, check_signature: SignatureCheck) -> SoundStatement:
    """Return what a line soundly states about the commit under test.

    Raises FormatError with the reason code, and passes on what `check_signature` raises when
    nobody can say.
    """
    value = loads_object(line, "the line")
    if is_envelope(value):
        return _read_envelope(value, case, check_signature)
    return _read_bare_document(value, case)


def _read_envelope(
    value: JsonObject, case: Case, check_signature: SignatureCheck
) -> SoundStatement:
    envelope = decode_envelope(value)
    statement = decode_statement(envelope.payload)
    # Before the signature: a note copied from elsewhere must not cost a process each line.
    _refuse_other_tree(statement.tree, case)
    signed = identify_signer(envelope, case.policy, check_signature, case.now)
    if statement.repository not in case.policy.repositories:
        raise FormatError("repository-mismatch", f"it was made for {statement.repository}")
    document = statement.document
    matches_commit = _matches_commit(document, case)
    refuse_impossible_times(document, signed.made_at, case.now)
    _refuse_failed(document)
    return SoundStatement(document, signed.signer, matches_commit)


def _read_bare_document(value: JsonObject, case: Case) -> SoundStatement:
    document = decode_result(value)
    _refuse_other_tree(document.tree, case)
    if case.policy.require_signature:
        raise FormatError("unsigned", "the result is not signed, and the policy requires it")
    matches_commit = _matches_commit(document, case)
    refuse_impossible_times(document, None, case.now)
    _refuse_failed(document)
    return SoundStatement(document, None, matches_commit)


def _refuse_other_tree(tree: str, case: Case) -> None:
    if tree != case.tree:
        raise FormatError("subject-mismatch", f"it is about another tree, {tree[:12]}")


def _matches_commit(document: ResultDocument, case: Case) -> bool:
    matches = document.commit == case.commit
    if not matches and case.policy.commit_binding:
        raise FormatError(
            "subject-mismatch",
            f"it is about commit {document.commit[:12]}, and the policy binds to the commit",
        )
    return matches


def _refuse_failed(document: ResultDocument) -> None:
    if document.failed:
        raise FormatError("result-failed", f"it says FAILED: {', '.join(document.failed)}")
