"""Fetch what a verdict rests on: commit, trust commit, policy, definitions, notes; and judge it."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from localci.errors import LocalciError, PolicyError, UsageError
from localci.formats.object_ids import is_object_id
from localci.formats.repository_name import is_address
from localci.git.config_file import read_config_value
from localci.git.objects import tree_of_commit
from localci.verifier.grounds import make_case, read_grounds, with_base
from localci.verifier.judge import judge, policy_verdict
from localci.verifier.notes_sources import NotesReader, local_notes, united
from localci.verifier.own_repository import own_repository
from localci.verifier.revisions import default_trust_ref, find_commit
from localci.verifier.signature_check import signature_check
from localci.verifier.targets import branch_of, named_target
from localci.verifier.verdict import ACCEPTED, ERROR, UNAVAILABLE, Reason, Trust, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import GitObject, ObjectReader
    from localci.verifier.evidence import Case
    from localci.verifier.grounds import Grounds
    from localci.verifier.notes_sources import NotesSource
    from localci.verifier.own_repository import OwnRepository
    from localci.verifier.question import Question

DEFAULT_REMOTE = "origin"


def verify(repository: RepositoryPaths, question: Question) -> Verdict:
    """Answer a question about a commit of the repository; nothing of it is executed.

    Raises UsageError where the question makes no sense, GitError where git does not answer at all.
    """
    remotes = [find_remote(repository, name) for name in question.remotes]
    name = remotes[0].name if remotes else DEFAULT_REMOTE
    with own_repository(repository.location, repository.objects) as own, own.reader() as objects:
        # A commit that is not here is the caller's first mistake to hear of.
        find_commit(objects, own.refs, question.revision)
        sources = _sources(own, objects, remotes)
        trust_ref = question.trust_ref or default_trust_ref(own.refs, own.symrefs, name)
        return verify_in(own, objects, question._replace(trust_ref=trust_ref), sources)


def verify_in(
    own: OwnRepository,
    objects: ObjectReader,
    question: Question,
    sources: Sequence[NotesSource],
) -> Verdict:
    """Answer a question, whose `trust_ref` is given, with the notes of `sources`.

    Raises UsageError where the question makes no sense, GitError where git does not answer at all.
    """
    commit = find_commit(objects, own.refs, question.revision)
    tree = tree_of_commit(commit.body)
    trusted = trusted_commit(own, objects, question.trust_ref)
    trust = Trust(question.trust_ref, "" if trusted is None else trusted.id)
    reader = NotesReader(sources)
    try:
        grounds = read_grounds(objects, trusted, commit, question)
        trust = grounds.trust
        grounds = prepare(grounds, question, reader, own)
        case = make_case(objects, commit, grounds, question.hosted, own.merge_base)
    except PolicyError as error:
        return policy_verdict(error, commit.id, tree, trust, question.target)
    except UsageError:
        raise
    except LocalciError as error:
        reason = Reason(UNAVAILABLE, str(error))
        return Verdict(ERROR, commit.id, tree, trust, target=question.target, reasons=(reason,))
    return judge_with(case, reader, own)


def prepare(
    grounds: Grounds, question: Question, reader: NotesReader, own: OwnRepository
) -> Grounds:
    """Return the grounds for a question: its target and authors, and the base's own figures.

    Raises UsageError where the policy has rules by branch and nobody says which it is.
    """
    # `refs/remotes/origin/HEAD` is no branch: it leads to one.
    trust_ref = own.symrefs.get(question.trust_ref, question.trust_ref)
    target = named_target(question.target, own.refs) or branch_of(trust_ref, own.symrefs)
    if grounds.policy.branch_rules and not target:
        raise UsageError(
            "the policy has rules by branch, and it is not said which one this is for",
            then="name it with --target",
        )
    grounds = grounds._replace(target=target, authors=question.authors)
    return with_base(grounds, reader.read_all, signature_check(own.scratch), time.monotonic)


def judge_with(case: Case, reader: NotesReader, own: OwnRepository) -> Verdict:
    """Judge by the notes on the commit; where they do not do, by the tree's and the shards' too."""
    check = signature_check(own.scratch)
    bundle, unread = reader.read(case.commit)
    case = case._replace(bundle=bundle, unread=(*case.unread, *unread))
    verdict = judge(case, check, time.monotonic)
    for read in (
        partial(reader.read, case.tree),
        partial(reader.read_shards, case.commit, case.tree),
    ):
        if verdict.verdict == ACCEPTED:
            break
        more, unread = read()
        both = united(case.bundle, more)
        if both != case.bundle or unread:
            case = case._replace(bundle=both, unread=(*case.unread, *unread))
            verdict = judge(case, check, time.monotonic)
    return verdict


def trusted_commit(own: OwnRepository, objects: ObjectReader, name: str) -> GitObject | None:
    """Return the trust commit, None where a forge says by zeros that there is none."""
    if is_object_id(name) and not name.strip("0"):
        return None
    return find_commit(objects, own.refs, name)


def _sources(
    own: OwnRepository, objects: ObjectReader, remotes: Sequence[_Remote]
) -> tuple[NotesSource, ...]:
    if remotes:
        return tuple(own.remote_notes(remote.address, objects) for remote in remotes)
    return tuple(local_notes(objects, own.refs))


class _Remote(NamedTuple):
    """A remote: whose default branch is trusted, and where its notes are."""

    name: str
    address: str


def find_remote(repository: RepositoryPaths, asked: str) -> _Remote:
    """Return what a name, a URL or a path means here.

    Its URL is read from the configuration file without obeying it. Raises UsageError.
    """
    url = read_config_value(repository.common_dir, f"remote.{asked}.url")
    if not url and not is_address(asked):
        raise UsageError(f"there is no remote {asked} here", then="`git remote -v` lists them")
    address = url or asked
    if ":" not in address:
        address = os.path.abspath(os.path.join(repository.location, address))
    return _Remote(asked if url else DEFAULT_REMOTE, address)
