"""One line of a note: is it about this tree, by whom, and is it sound (design 8, items 3 to 5, 8).

What a line says about the required checks is for `requirements`; here it is taken or left whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from localci.config.policy import COUNTED_ROLES, HOSTED, HOSTED_ROLE, UNSIGNED
from localci.errors import FormatError
from localci.formats.approval import APPROVAL_TYPE, Approval, decode_approval
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.object_ids import sha256_hex
from localci.formats.result import decode_result
from localci.formats.statement import Statement, decode_statement, decode_test_result
from localci.formats.strict_json import loads_object
from localci.verifier.signatures import identify_signer
from localci.verifier.times import refuse_impossible_times, refuse_later_than_signed

if TYPE_CHECKING:
    from localci.formats.envelope import Envelope
    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject
    from localci.verifier.evidence import Case, HostedResult, SignatureCheck
    from localci.verifier.signatures import Signed


class Person(NamedTuple):
    """Who speaks: a signer of the policy, or one of the names that stand for nobody's signature."""

    name: str
    roles: frozenset[str]


class SoundStatement(NamedTuple):
    """A result that may count."""

    document: ResultDocument
    person: Person
    matches_commit: bool


class SoundApproval(NamedTuple):
    """An approval of this tree that may count."""

    approval: Approval
    person: Person


SoundLine: TypeAlias = SoundStatement | SoundApproval

_NOBODY = Person(UNSIGNED, COUNTED_ROLES)
_FORGE = Person(HOSTED, frozenset({HOSTED_ROLE}))


def read_line(line: bytes, case: Case, check_signature: SignatureCheck) -> SoundLine:
    """Return what a line soundly states about the commit under test.

    Raises FormatError with the reason code, and passes on what `check_signature` raises when
    nobody can say.
    """
    value = loads_object(line, "the line")
    if not is_envelope(value):
        return _read_bare_document(value, case)
    envelope = decode_envelope(value)
    payload = loads_object(envelope.payload, "the payload")
    if payload.get("predicateType") == APPROVAL_TYPE:
        return _read_approval(envelope, payload, case, check_signature)
    return _read_result(envelope, payload, case, check_signature)


def read_origin(line: bytes, case: Case, check_signature: SignatureCheck) -> SoundStatement:
    """Return the signed result in a line, of whatever tree: a reused check may have run there.

    Raises as `read_line` does (design 8, item 7).
    """
    envelope = decode_envelope(loads_object(line, "the line"))
    statement = decode_statement(envelope.payload)
    person = _signer_of(envelope, statement, case, check_signature)
    return SoundStatement(statement.document, person, statement.commit == case.commit)


def stated_digest(line: bytes) -> str:
    """Return the SHA-256 of what a line's envelope holds, empty where it is none."""
    try:
        value = loads_object(line, "the line")
        return sha256_hex(decode_envelope(value).payload) if is_envelope(value) else ""
    except FormatError:
        return ""


def read_hosted(hosted: HostedResult, case: Case) -> SoundStatement:
    """Return the forge's own result: what the document says, when and of what the API says.

    Raises FormatError with the reason code.
    """
    if not case.policy.hosted:
        raise FormatError("unsigned", "the policy does not count hosted runs")
    if case.workflows_changed:
        raise FormatError(
            "protected-path",
            ".github/workflows/ is not as at the trust commit, so its run says nothing",
        )
    document = decode_result(loads_object(hosted.document, "the hosted result"))
    if (document.commit, document.tree) != (hosted.commit, hosted.tree):
        raise FormatError("subject-mismatch", "the hosted result is not of the commit that was run")
    _refuse_other_tree(document.tree, case)
    refuse_impossible_times(document, hosted.finished_at, case.now)
    _refuse_failed(document)
    checks = {
        name: check._replace(started_at=hosted.finished_at, finished_at=hosted.finished_at)
        for name, check in document.checks.items()
    }
    # All runs of the forge are one, whatever ids they give themselves.
    # What it says of its surroundings is the word of the code that ran there.
    document = document._replace(checks=checks, run_id=HOSTED, environment={})
    return SoundStatement(document, _FORGE, _matches_commit(document.commit, case))


def _read_result(
    envelope: Envelope, payload: JsonObject, case: Case, check_signature: SignatureCheck
) -> SoundStatement:
    statement = decode_test_result(payload)
    # Before the signature: a note copied from elsewhere must not cost a process each line.
    _refuse_other_tree(statement.tree, case)
    person = _signer_of(envelope, statement, case, check_signature)
    matches_commit = _matches_commit(statement.commit, case)
    return SoundStatement(statement.document, person, matches_commit)


def _signer_of(
    envelope: Envelope, statement: Statement, case: Case, check_signature: SignatureCheck
) -> Person:
    """Return who signed a statement of this repository that is sound, of whatever tree."""
    signed = identify_signer(envelope, case.policy, check_signature, case.now)
    _refuse_other_repository(statement.repository, case)
    refuse_impossible_times(statement.document, signed.made_at, case.now)
    _refuse_failed(statement.document)
    return _person(signed)


def _read_approval(
    envelope: Envelope, payload: JsonObject, case: Case, check_signature: SignatureCheck
) -> SoundApproval:
    approval = decode_approval(payload)
    _refuse_other_tree(approval.subject.tree, case)
    signed = identify_signer(envelope, case.policy, check_signature, case.now)
    _refuse_other_repository(approval.subject.repository, case)
    _matches_commit(approval.subject.commit, case)
    refuse_later_than_signed(approval.approved_at, signed.made_at, case.now)
    if case.policy.max_age is not None and case.now - approval.approved_at > case.policy.max_age:
        raise FormatError("stale", f"the approval by {signed.signer.name} is older than `max_age`")
    return SoundApproval(approval, _person(signed))


def _read_bare_document(value: JsonObject, case: Case) -> SoundStatement:
    document = decode_result(value)
    _refuse_other_tree(document.tree, case)
    if case.policy.require_signature:
        raise FormatError("unsigned", "the result is not signed, and the policy requires it")
    matches_commit = _matches_commit(document.commit, case)
    refuse_impossible_times(document, None, case.now)
    _refuse_failed(document)
    return SoundStatement(document, _NOBODY, matches_commit)


def _person(signed: Signed) -> Person:
    return Person(signed.signer.name, signed.signer.roles)


def _refuse_other_tree(tree: str, case: Case) -> None:
    if tree != case.tree:
        raise FormatError("subject-mismatch", f"it is about another tree, {tree[:12]}")


def _refuse_other_repository(repository: str, case: Case) -> None:
    if repository not in case.policy.repositories:
        raise FormatError("repository-mismatch", f"it was made for {repository}")


def _matches_commit(commit: str, case: Case) -> bool:
    if len(commit) != len(case.commit):
        raise FormatError("subject-mismatch", "it names a commit of another hash algorithm")
    matches = commit == case.commit
    if not matches and case.policy.commit_binding:
        raise FormatError(
            "subject-mismatch",
            f"it is about commit {commit[:12]}, and the policy binds to the commit",
        )
    return matches


def _refuse_failed(document: ResultDocument) -> None:
    if document.failed:
        raise FormatError("result-failed", f"it says FAILED: {', '.join(document.failed)}")
