"""Fetch what a verdict rests on: commit, trust commit, policy, definitions, notes; and judge it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from localci.config.read_policy import read_policy
from localci.errors import GitError, LocalciError, PolicyError, UsageError
from localci.formats.bundle import read_bundle
from localci.formats.repository_name import is_address
from localci.git.config_file import read_config_value
from localci.git.notes import notes_on
from localci.git.objects import tree_of_commit
from localci.git.refs import NOTES_REF, OUTBOX_REF, REMOTE_REFS
from localci.git.tree_files import TreeFiles
from localci.gpg.gpgv import check_signature
from localci.verifier.evidence import Case
from localci.verifier.judge import judge, policy_verdict
from localci.verifier.own_repository import own_repository
from localci.verifier.revisions import default_trust_ref, find_commit
from localci.verifier.trusted_checks import trusted_checks
from localci.verifier.verdict import ERROR, UNAVAILABLE, Reason, Trust, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.formats.bundle import Bundle
    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import GitObject, ObjectReader
    from localci.gpg.certificate import Certificate
    from localci.gpg.status import GoodSignature
    from localci.verifier.own_repository import OwnRepository

DEFAULT_REMOTE = "origin"


class Question(NamedTuple):
    """What the caller asks: which commit, by whose rules, with the notes of which remote."""

    revision: str
    trust_ref: str = ""
    remote: str = ""
    target: str = ""


def verify(repository: RepositoryPaths, question: Question) -> Verdict:
    """Answer a question about a commit of the repository; nothing of it is executed.

    Raises UsageError where the question makes no sense, GitError where git does not answer at all.
    """
    remote = _find_remote(repository, question.remote)
    with own_repository(repository.location, repository.objects) as own, own.reader() as objects:
        commit = find_commit(objects, own.refs, question.revision)
        trust_ref = question.trust_ref or default_trust_ref(own.refs, own.symrefs, remote.name)
        trusted = find_commit(objects, own.refs, trust_ref)
        return _judge_commit(
            _Place(own, objects, remote),
            question,
            commit,
            trusted,
            Trust(trust_ref, trusted.id),
        )


class _Place(NamedTuple):
    own: OwnRepository
    objects: ObjectReader
    remote: _Remote


def _judge_commit(
    place: _Place, question: Question, commit: GitObject, trusted: GitObject, trust: Trust
) -> Verdict:
    tree = tree_of_commit(commit.body)
    files = TreeFiles(place.objects, tree_of_commit(trusted.body))
    try:
        policy = read_policy(files.read)
        trust = Trust(trust.ref, trust.commit, policy.digest)
        checks = trusted_checks(files.read, policy)
        sources = _sources(place)
    except PolicyError as error:
        return policy_verdict(error, commit.id, tree, trust, question.target)
    except UsageError:
        raise
    except LocalciError as error:
        reason = Reason(UNAVAILABLE, str(error))
        return Verdict(ERROR, commit.id, tree, trust, target=question.target, reasons=(reason,))
    bundle, unread = _read_notes(place, sources, (commit.id, tree))
    case = Case(
        commit.id, tree, policy, trust, checks, bundle, time.time(), question.target, unread
    )

    def check(certificate: Certificate, signature: bytes, data: bytes) -> GoodSignature:
        return check_signature(certificate, signature, data, directory=place.own.scratch)

    return judge(case, check, time.monotonic)


def _read_notes(
    place: _Place, sources: Sequence[str], object_ids: Sequence[str]
) -> tuple[Bundle, tuple[Reason, ...]]:
    """Return the lines on each of the objects, and why there may be more than could be read."""
    notes: list[bytes] = []
    oversized = 0
    unread: dict[Reason, None] = {}
    # One more reader: the first may have looked before the fetch brought new objects.
    with place.own.reader() as objects:
        for object_id in object_ids:
            for source in sources:
                try:
                    found = notes_on(objects, source, object_id)
                except GitError as error:
                    unread[Reason(UNAVAILABLE, str(error))] = None
                else:
                    notes.extend(found.bodies)
                    oversized += found.oversized
    return read_bundle(tuple(notes), oversized), tuple(unread)


def _sources(place: _Place) -> tuple[str, ...]:
    if not place.remote.address:
        return _local_sources(place.own.refs)
    fetched = place.own.fetch_notes(place.remote.address)
    return () if fetched is None else (fetched,)


def _local_sources(refs: Mapping[str, str]) -> tuple[str, ...]:
    names = [name for name in refs if name.startswith(REMOTE_REFS)]
    return tuple(refs[name] for name in (*names, OUTBOX_REF, NOTES_REF) if name in refs)


class _Remote(NamedTuple):
    """A remote: whose default branch is trusted, and where its notes are; no address: nowhere."""

    name: str
    address: str


def _find_remote(repository: RepositoryPaths, asked: str) -> _Remote:
    """Return what a name, a URL or a path means here; empty means no remote is asked for notes.

    Its URL is read from the configuration file without obeying it. Raises UsageError.
    """
    if not asked:
        return _Remote(DEFAULT_REMOTE, "")
    url = read_config_value(repository.common_dir, f"remote.{asked}.url")
    if not url and not is_address(asked):
        raise UsageError(f"there is no remote {asked} here", then="`git remote -v` lists them")
    address = url or asked
    if ":" not in address:
        address = os.path.abspath(os.path.join(repository.location, address))
    return _Remote(asked if url else DEFAULT_REMOTE, address)
