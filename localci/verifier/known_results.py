"""What is known of a commit, for a person to read: every line of its notes, judged by nobody.

Each line is shown with who signed it, if a signature of somebody whom the policy of HEAD names
holds. That is no verdict: thresholds, times and trust are `localci.verifier.judge`'s.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from localci.config.read_policy import read_policy
from localci.errors import FormatError, LocalciError, PolicyError
from localci.formats.approval import APPROVAL_TYPE, decode_approval
from localci.formats.bundle import read_bundle
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.result import decode_result
from localci.formats.statement import decode_test_result
from localci.formats.strict_json import loads_object
from localci.git.notes import notes_on
from localci.git.objects import tree_of_commit
from localci.git.refs import OUTBOX_REF, REMOTE_REFS, is_notes_ref, notes_refs
from localci.git.tree_files import TreeFiles
from localci.verifier.own_repository import own_repository
from localci.verifier.revisions import find_commit
from localci.verifier.signature_check import signature_check
from localci.verifier.signatures import identify_signer, named_key
from localci.verifier.verdict import UNAVAILABLE, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy
    from localci.formats.approval import Approval
    from localci.formats.envelope import Envelope
    from localci.formats.result import ResultDocument
    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.verifier.own_repository import OwnRepository

OUTBOX: Final = "outbox"
"""The place of a line that waits for its delivery."""
_TRUST: Final = "HEAD"


@dataclass(frozen=True)
class KnownResult:
    """One line: a result's `document`, or an `approval`, or neither where it cannot be read.

    `signer` is the name in the policy of HEAD, empty unless that person's signature holds: then
    `reasons` says why, and `key` is only what the line says of itself. `places` are `outbox`,
    remotes by name, `refs/notes/ci`, and refs of shards.
    """

    document: ResultDocument | None
    places: tuple[str, ...]
    signer: str = ""
    key: str = ""
    signed_at: int | None = None
    reasons: tuple[Reason, ...] = ()
    approval: Approval | None = None


@dataclass(frozen=True)
class Known:
    """All lines on a commit and on its tree: what is signed by somebody trusted first, then by age.

    `unread` counts lines and notes that are too long to be looked at.
    """

    commit: str
    tree: str
    results: tuple[KnownResult, ...]
    unread: int


def known_results(repository: RepositoryPaths, revision: str) -> Known:
    """Return what the notes that are here say about a commit. Raises UsageError, GitError."""
    with own_repository(repository.location, repository.objects) as own, own.reader() as objects:
        commit = find_commit(objects, own.refs, revision)
        tree = tree_of_commit(commit.body)
        trusted = find_commit(objects, own.refs, _TRUST)
        finder = _SignerFinder(_policy(objects, trusted.body), own.scratch, time.time())
        places, unread = _places(objects, own, (commit.id, tree))
        results = [_read(line, where, tree, finder) for line, where in places.items()]
    results.sort(key=lambda result: (not result.signer, -_finished_at(result)))
    return Known(commit.id, tree, tuple(results), unread)


def _finished_at(result: KnownResult) -> int:
    if result.approval is not None:
        return result.approval.approved_at
    return result.document.finished_at if result.document else 0


def _policy(objects: ObjectReader, commit: bytes) -> Policy | Reason:
    try:
        return read_policy(TreeFiles(objects, tree_of_commit(commit)).read)
    except PolicyError as error:
        return Reason(error.code, str(error))


def _places(
    objects: ObjectReader, own: OwnRepository, about: tuple[str, ...]
) -> tuple[Mapping[bytes, tuple[str, ...]], int]:
    """Return where each line stands, and how much was not looked at."""
    found: dict[bytes, tuple[str, ...]] = {}
    unread = 0
    for ref in own.refs:
        if ref != OUTBOX_REF and not ref.startswith(REMOTE_REFS) and not is_notes_ref(ref):
            continue
        place = OUTBOX if ref == OUTBOX_REF else ref.removeprefix(REMOTE_REFS)
        blobs = tuple(
            blob
            for item in about
            if not is_notes_ref(ref) or ref in notes_refs(item)
            for blob in notes_on(objects, own.refs[ref], item).bodies
        )
        bundle = read_bundle(blobs)
        unread += bundle.oversized_lines + bundle.oversized_notes
        for line in bundle.lines:
            found[line] = (*found.get(line, ()), place)
    return found, unread


@dataclass(frozen=True)
class _SignerFinder:
    """Says whose signature it is; `policy` is a reason where there is none to say it by."""

    policy: Policy | Reason
    scratch: str
    now: float

    def identify(self, envelope: Envelope, result: KnownResult) -> KnownResult:
        if isinstance(self.policy, Reason):
            return replace(result, reasons=(self.policy,))
        try:
            signed = identify_signer(envelope, self.policy, signature_check(self.scratch), self.now)
        except FormatError as error:
            return replace(result, reasons=(Reason(error.code, error.what),))
        except LocalciError as error:
            return replace(result, reasons=(Reason(UNAVAILABLE, str(error)),))
        signer = signed.signer
        return replace(result, signer=signer.name, key=signer.fingerprint, signed_at=signed.made_at)


def _read(line: bytes, places: tuple[str, ...], tree: str, finder: _SignerFinder) -> KnownResult:
    try:
        value = loads_object(line, "the line")
        if not is_envelope(value):
            reason = Reason("unsigned", "it is not signed: anybody can have written it")
            return KnownResult(decode_result(value), places, reasons=(reason,))
        envelope = decode_envelope(value)
        payload = loads_object(envelope.payload, "the payload")
        if payload.get("predicateType") == APPROVAL_TYPE:
            approval = decode_approval(payload)
            about = approval.subject.tree
            result = KnownResult(None, places, key=_named_key(envelope), approval=approval)
        else:
            document = decode_test_result(payload).document
            about = document.tree
            result = KnownResult(document, places, key=_named_key(envelope))
    except FormatError as error:
        return KnownResult(None, places, reasons=(Reason(error.code, error.what),))
    if about != tree:
        # Before the signature: a note copied from elsewhere must not cost a process each line.
        reason = Reason("subject-mismatch", f"it is about tree {about}")
        return replace(result, reasons=(reason,))
    return finder.identify(envelope, result)


def _named_key(envelope: Envelope) -> str:
    """Return the key that the first signature says it is of."""
    try:
        return named_key(envelope.signatures[0].sig)
    except FormatError:
        return ""
