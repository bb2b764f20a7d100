"""What an event of GitHub asks (design 8a): which commits, for which branches, by whose rules.

Pure. Everything in an event that somebody can choose is held against `github_names` first; which
branches get a verdict at all stands in the workflow of the default branch, never in the event. A
check belongs to a commit, so each branch has a check of its own name: a laxer branch must not turn
a stricter one green.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import UsageError
from localci.forge.github_names import branch_of, is_branch, is_login, is_repository
from localci.forge.json_path import at, number_at, text_at
from localci.formats.object_ids import is_object_id, is_zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.forge.json_path import JsonValue

CHECK_NAME: Final = "localci"
QUEUE_PREFIX: Final = "gh-readonly-queue/"
_QUEUED: Final = re.compile(r"pr-(\d{1,12})-[0-9a-f]{40,64}", re.ASCII)


class Targets(NamedTuple):
    """The branches that get a verdict: the default one, and those that the workflow names."""

    default: str
    others: tuple[str, ...] = ()

    def check_name(self, branch: str) -> str:
        """Return the name of the check for a branch; empty for one that gets none."""
        if branch == self.default:
            return CHECK_NAME
        return f"{CHECK_NAME} ({branch})" if branch in self.others else ""

    def queued_for(self, branch: str) -> str:
        """Return the target of a merge queue's own branch; empty where it is none."""
        fitting = [
            target
            for target in (self.default, *self.others)
            if branch.startswith(f"{QUEUE_PREFIX}{target}/")
        ]
        return max(fitting, key=len, default="")


class ForgeQuestion(NamedTuple):
    """One commit to judge for one branch.

    `trust` is the trust commit's id; empty for the tip that `target` has when it is fetched, and
    all zeros where the branch is new. `sources` are the repositories (`owner/name`) that the
    change comes from, `authors` those whom the event names. `pull_request` is 0 where none is
    known.
    """

    check: str
    head: str
    target: str
    trust: str = ""
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    pull_request: int = 0


class Asked(NamedTuple):
    """What an event asks: questions, or the open pull requests (of one commit, if it is named).

    `nothing` says why nothing is asked.
    """

    questions: tuple[ForgeQuestion, ...] = ()
    open_pull_requests: bool = False
    head: str = ""
    nothing: str = ""


def read_event(name: str, event: JsonValue, targets: Targets) -> Asked:
    """Return what the event `name` with the given body asks. Raises UsageError."""
    readers = {
        "pull_request_target": _pull_request_event,
        "pull_request": _pull_request_event,
        "merge_group": _merge_group,
        "push": _push,
        "workflow_run": _workflow_run,
        "workflow_dispatch": _dispatch,
        "repository_dispatch": _dispatch,
        "schedule": _every,
    }
    if name not in readers:
        raise UsageError(
            f"the event {name!r} asks localci nothing", then="take it out of the workflow's `on`"
        )
    return readers[name](event, targets)


def read_pull_request(pull_request: JsonValue, targets: Targets) -> ForgeQuestion | None:
    """Return what a pull request asks; None where its target gets no verdict.

    Raises UsageError where it is not one.
    """
    target = text_at(pull_request, "base", "ref")
    check = targets.check_name(target)
    if not check:
        return None
    source = text_at(pull_request, "head", "repo", "full_name")
    author = text_at(pull_request, "user", "login")
    return ForgeQuestion(
        check,
        _commit(text_at(pull_request, "head", "sha"), "the pull request's head"),
        target,
        # A fork may be deleted while its pull request is open.
        sources=(source,) if is_repository(source) else (),
        authors=(author,) if is_login(author) else (),
        pull_request=number_at(pull_request, "number"),
    )


def read_targets(default: str, named: Sequence[str]) -> Targets:
    """Return the branches to judge for. Raises UsageError where one cannot be a branch."""
    for branch in (default, *named):
        if not is_branch(branch):
            raise UsageError(f"{branch!r} is no branch that localci can judge for")
    return Targets(default, tuple(named))


def _pull_request_event(event: JsonValue, targets: Targets) -> Asked:
    question = read_pull_request(at(event, "pull_request"), targets)
    if question is None:
        return Asked(nothing="no verdict is asked for this pull request's target")
    return Asked((question,))


def _merge_group(event: JsonValue, targets: Targets) -> Asked:
    group = at(event, "merge_group")
    target = branch_of(text_at(group, "base_ref"))
    head = _commit(text_at(group, "head_sha"), "the merge group's head")
    return _queued(target, head, text_at(group, "head_ref"), targets)


def _queued(target: str, head: str, ref: str, targets: Targets) -> Asked:
    """Return what a merge queue asks: by the tip of the target, never by what is queued before."""
    check = targets.check_name(target)
    if not check:
        return Asked(nothing="no verdict is asked for this merge queue's target")
    queued = _QUEUED.fullmatch(ref.rpartition("/")[2])
    number = int(queued[1]) if queued else 0
    return Asked((ForgeQuestion(check, head, target, pull_request=number),))


def _push(event: JsonValue, targets: Targets) -> Asked:
    target = branch_of(text_at(event, "ref"))
    check = targets.check_name(target)
    if not check:
        return Asked(nothing="no verdict is asked for what is pushed there")
    after = text_at(event, "after")
    if at(event, "deleted") is True or is_zero(after):
        return Asked(nothing="the branch was deleted")
    head = _commit(after, "what was pushed")
    before = _commit(text_at(event, "before"), "what stood there before")
    pusher = text_at(event, "sender", "login")
    authors = (pusher,) if is_login(pusher) else ()
    return Asked((ForgeQuestion(check, head, target, before, authors=authors),))


def _workflow_run(event: JsonValue, targets: Targets) -> Asked:
    run = at(event, "workflow_run")
    head = _commit(text_at(run, "head_sha"), "the run's commit")
    branch = text_at(run, "head_branch")
    if text_at(run, "event") == "merge_group":
        return _queued(targets.queued_for(branch), head, branch, targets)
    return Asked(open_pull_requests=True, head=head)


def _dispatch(event: JsonValue, targets: Targets) -> Asked:
    """Read a call by hand or by a program: one commit, or every open pull request."""
    commit = text_at(event, "inputs", "commit") or text_at(event, "client_payload", "commit")
    if not commit:
        return _every(event, targets)
    return Asked(open_pull_requests=True, head=_commit(commit, "the commit asked for"))


def _every(event: JsonValue, targets: Targets) -> Asked:
    del event, targets  # a clock's event says nothing
    return Asked(open_pull_requests=True)


def _commit(text: str, what: str) -> str:
    if not is_object_id(text):
        raise UsageError(f"{what} is no whole commit id: {text[:80]!r}")
    return text
