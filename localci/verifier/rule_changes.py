"""What a commit changes of the rules it is judged by: what an approval would consent to."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from localci.config.configuration_file import CONFIGURATION_FILE, PYPROJECT_FILE
from localci.errors import UsageError
from localci.git.objects import tree_of_commit
from localci.verifier.approvals import check_change
from localci.verifier.grounds import make_case, read_grounds
from localci.verifier.own_repository import own_repository
from localci.verifier.question import Question
from localci.verifier.revisions import default_trust_ref, find_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy
    from localci.formats.approval import CheckChange
    from localci.git.discovery import RepositoryPaths
    from localci.verifier.evidence import PathChange
    from localci.verifier.verdict import Trust


class RuleChanges(NamedTuple):
    """The changes of a commit against a trust commit; `difference` is a unified diff of them."""

    commit: str
    tree: str
    trust: Trust
    policy: Policy
    paths: tuple[PathChange, ...]
    checks: Mapping[str, CheckChange]
    difference: bytes


def rule_changes(
    repository: RepositoryPaths, revision: str, trust_ref: str, remote: str
) -> RuleChanges:
    """Return what the commit changes. Raises UsageError, PolicyError, GitError."""
    with own_repository(repository.location, repository.objects) as own, own.reader() as objects:
        commit = find_commit(objects, own.refs, revision)
        ref = trust_ref or default_trust_ref(own.refs, own.symrefs, remote)
        trusted = find_commit(objects, own.refs, ref)
        if trusted.id == commit.id:
            raise UsageError(f"{revision} is the trust commit itself: there is nothing to approve")
        grounds = read_grounds(objects, trusted, commit, Question(revision, ref))
        case = make_case(objects, commit, grounds, find_merge_base=own.merge_base)
        compared = case.policy.all_requirements if case.policy.checks_from_base else ()
        changes = {item.name: check_change(item.name, case) for item in compared}
        checks = {name: change for name, change in changes.items() if change.base != change.head}
        touched = {path for change in case.path_changes for path in change.paths}
        if checks:
            touched |= {CONFIGURATION_FILE, PYPROJECT_FILE}
        tree = tree_of_commit(commit.body)
        difference = own.diff(grounds.tree, tree, sorted(touched)) if touched else b""
        return RuleChanges(
            commit.id,
            tree,
            grounds.trust,
            case.policy,
            case.path_changes,
            MappingProxyType(checks),
            difference,
        )
