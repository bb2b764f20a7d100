"""What commits are judged by: the policy, keys and checks of one trust commit, read once."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.policy import PathRule
from localci.config.read_policy import read_policy
from localci.errors import PolicyError
from localci.formats.bundle import read_bundle
from localci.git.objects import tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.verifier.evidence import Case
from localci.verifier.judge import base_percentages
from localci.verifier.path_changes import path_changes, with_side
from localci.verifier.trusted_checks import own_checks, trusted_checks
from localci.verifier.verdict import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.config.policy import Policy
    from localci.formats.bundle import Bundle
    from localci.git.objects import GitObject, ObjectReader
    from localci.verifier.evidence import HostedResult, SignatureCheck, TrustedCheck
    from localci.verifier.question import Question
    from localci.verifier.verdict import Reason

    MergeBase = Callable[[str, str], str]
    ReadNotes = Callable[[str], tuple[Bundle, tuple[Reason, ...]]]

_WORKFLOWS: Final = (PathRule(".github/workflows/**", frozenset()),)


class Grounds(NamedTuple):
    """A trust commit as read: `tree` is its tree, `now` the verifier's clock, read once.

    `base_percentages` are of its own accepted results, where a rule compares with them, and
    `unread` says why they may lack some.
    """

    trust: Trust
    tree: str
    policy: Policy
    checks: Mapping[str, TrustedCheck]
    now: float
    target: str
    authors: tuple[str, ...] = ()
    base_percentages: Mapping[str, float] = MappingProxyType({})
    unread: tuple[Reason, ...] = ()


def read_grounds(
    objects: ObjectReader, trusted: GitObject | None, tested: GitObject, question: Question
) -> Grounds:
    """Read policy, keys and checks of the trust commit; where it has no policy, of the tested one.

    The latter is for a repository's first policy, and only where its SHA-256 is the one that the
    question pins. Raises PolicyError, GitError.
    """
    missing = PolicyError("policy-missing", "there is no commit before, with a policy to judge by")
    if trusted is not None:
        try:
            return _read(objects, trusted, question.trust_ref)
        except PolicyError as error:
            missing = error
    if missing.code != "policy-missing" or not question.policy_digest:
        raise missing
    grounds = _read(objects, tested, question.trust_ref)
    digest, pinned = grounds.policy.digest, question.policy_digest
    if digest != pinned.lower():
        raise PolicyError("policy-invalid", f"the policy of {tested.id} is {digest}, not {pinned}")
    return grounds


def with_base(
    grounds: Grounds, read_notes: ReadNotes, check: SignatureCheck, clock: Callable[[], float]
) -> Grounds:
    """Return the grounds with the figures of the trust commit's own results, where rules ask."""
    ratchets = tuple(
        # How long ago the base was covered does not matter.
        item._replace(max_drop=None, max_age=None)
        for item in grounds.policy.requirements_for(grounds.target)
        if item.max_drop is not None
    )
    if not ratchets:
        return grounds
    bundle, unread = read_notes(grounds.trust.commit)
    tree_bundle, tree_unread = read_notes(grounds.tree)
    policy = grounds.policy._replace(
        requirements=ratchets, branch_rules=(), path_rules=(), max_age=None, author_alone=True
    )
    base = base_percentages(
        Case(
            commit=grounds.trust.commit,
            tree=grounds.tree,
            policy=policy,
            trust=grounds.trust,
            trusted_checks=grounds.checks,
            bundle=read_bundle((*bundle.lines, *tree_bundle.lines)),
            now=grounds.now,
            target=grounds.target,
            unread=(*unread, *tree_unread),
        ),
        check,
        clock,
    )
    return grounds._replace(base_percentages=base.percentages, unread=base.unavailable)


def make_case(
    objects: ObjectReader,
    commit: GitObject,
    grounds: Grounds,
    hosted: HostedResult | None = None,
    find_merge_base: MergeBase | None = None,
) -> Case:
    """Return the case of a commit, without any line of notes yet. Raises GitError.

    `find_merge_base` only helps to say which side changed a protected path.
    """
    tree = tree_of_commit(commit.body)
    policy = grounds.policy
    changes = path_changes(objects, tree, grounds.tree, policy.path_rules)
    if changes and find_merge_base is not None:
        base = objects.read(find_merge_base(commit.id, grounds.trust.commit) or "?")
        if base is not None:
            base_tree = tree_of_commit(base.body)
            changes = tuple(with_side(item, objects, tree, base_tree) for item in changes)
    workflows = hosted and path_changes(objects, tree, grounds.tree, _WORKFLOWS)
    return Case(
        commit=commit.id,
        tree=tree,
        policy=policy,
        trust=grounds.trust,
        trusted_checks=grounds.checks,
        bundle=read_bundle(()),
        now=grounds.now,
        target=grounds.target,
        unread=grounds.unread,
        own_checks=_own_checks(objects, tree, grounds),
        path_changes=changes,
        base_percentages=grounds.base_percentages,
        authors=grounds.authors,
        hosted=hosted,
        workflows_changed=bool(workflows),
    )


def _read(objects: ObjectReader, commit: GitObject, ref: str) -> Grounds:
    tree = tree_of_commit(commit.body)
    files = TreeFiles(objects, tree)
    policy = read_policy(files.read)
    checks = trusted_checks(files.read, policy)
    trust = Trust(ref, commit.id, policy.digest)
    return Grounds(trust, tree, policy, checks, time.time(), target="")


def _own_checks(objects: ObjectReader, tree: str, grounds: Grounds) -> Mapping[str, TrustedCheck]:
    if tree == grounds.tree:
        return grounds.checks
    tested, trusted = TreeFiles(objects, tree), TreeFiles(objects, grounds.tree)
    return own_checks(tested, trusted, grounds.checks, grounds.policy)
