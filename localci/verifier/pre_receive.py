"""What a push may change on a plain git server (githooks(5), pre-receive).

A protected branch takes an attested commit only, judged by the policy of the commit that the branch
is at *here*: what the pusher says it was is compared with that. What is pushed lies in quarantine
(git-receive-pack(1)) until the hook has agreed. Results come from the notes that are stored and,
where the same push brings some, from those; and nobody takes stored results away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.branch_patterns import short_branch
from localci.console import short_id
from localci.errors import NO_VERDICT, GitError, LocalciError, UsageError
from localci.formats.object_ids import is_object_id, is_zero
from localci.git.refs import NOTES_REF
from localci.verifier.collect import verify_in
from localci.verifier.notes_sources import LocalNotes
from localci.verifier.own_repository import own_repository
from localci.verifier.question import Question
from localci.verifier.verdict import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.verifier.own_repository import OwnRepository
    from localci.verifier.server_rules import ServerRules
    from localci.verifier.verdict import Verdict

_WHERE_OBJECTS_ARE: Final = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY")
_NEXT: Final = {
    "no-attestation": "push through localci's hook, which brings the result: `localci install`",
    "policy-missing": "the server's administrator can name a new branch's policy: "
    "`git config localci.policyDigest`, the SHA-256 of .localci/policy.toml",
}
"""What to do next, by the code of the reason."""


class Update(NamedTuple):
    """One ref of a push: what the pusher says it was, what it shall be; zeros stand for nothing."""

    old: str
    new: str
    ref: str


class Ruling(NamedTuple):
    """What is said of one ref: whether it may change, and why, a line each, not yet harmless."""

    accepted: bool
    lines: tuple[str, ...]


def read_updates(standard_input: bytes) -> tuple[Update, ...]:
    """Return what git tells the hook. Raises UsageError where it is not what git writes."""
    lines = standard_input.decode("utf-8", "surrogateescape").split("\n")
    return tuple(_read_line(line) for line in lines if line)


def judge_push(
    repository: RepositoryPaths,
    updates: tuple[Update, ...],
    rules: ServerRules,
    environment: Mapping[str, str],
) -> Iterator[Ruling]:
    """Yield a ruling for each ref of the push that localci has a say in.

    `environment` is the hook's, in which git says where the quarantine is. Raises GitError.
    """
    quarantine = _quarantine(environment, repository.objects)
    with (
        own_repository(repository.location, repository.objects, *quarantine) as own,
        own.reader() as objects,
    ):
        # A push to a name that leads to a branch changes that branch.
        led = tuple(update._replace(ref=own.symrefs.get(update.ref, update.ref))
                    for update in updates)  # fmt: skip
        push = _Push(own, objects, rules, tuple(_notes(objects, own.refs, led)))
        for update in led:
            if update.ref == NOTES_REF:
                yield push.judge_notes(update)
            elif rules.protects(update.ref):
                yield push.judge_branch(update)


class _Push(NamedTuple):
    """The push under judgement, with the notes that are stored and those that it brings."""

    own: OwnRepository
    objects: ObjectReader
    rules: ServerRules
    notes: tuple[LocalNotes, ...]

    def judge_notes(self, update: Update) -> Ruling:
        """Let results come and none go."""
        if is_zero(update.new):
            return _rejected("the results", "the push would delete all that are stored")
        stored = self.own.refs.get(NOTES_REF, "")
        try:
            grows = not stored or self.own.is_ancestor(stored, update.new)
        except GitError as error:
            return _not_evaluated("the results", str(error))
        if not grows:
            return _rejected(
                "the results",
                "the push would replace those that are stored; `localci sync`, then push again",
            )
        return Ruling(accepted=True, lines=())

    def judge_branch(self, update: Update) -> Ruling:
        """Let an attested commit onto a protected branch."""
        branch = short_branch(update.ref)
        stored = self.own.refs.get(update.ref, "")
        if stored != ("" if is_zero(update.old) else update.old):
            return _rejected(branch, "it has moved meanwhile; `git fetch`, then push again")
        if is_zero(update.new):
            return self._judge_deletion(branch)
        question = Question(
            revision=update.new,
            trust_ref=update.old,
            target=branch,
            policy_digest="" if stored else self.rules.policy_digest,
        )
        try:
            verdict = verify_in(self.own, self.objects, question, self.notes)
        except LocalciError as error:
            return _not_evaluated(branch, str(error))
        return _ruling(branch, verdict)

    def _judge_deletion(self, branch: str) -> Ruling:
        if self.rules.allow_deletes:
            return Ruling(accepted=True, lines=())
        return _rejected(
            branch,
            "a protected branch is not deleted",
            "the server's administrator can allow it: `git config localci.allowDeletes true`",
        )


def _read_line(line: str) -> Update:
    fields = line.split(" ", 2)
    if len(fields) != 3 or not is_object_id(fields[0]) or not is_object_id(fields[1]):  # noqa: PLR2004 - see githooks(5)
        raise UsageError(
            "standard input is not what git tells a pre-receive hook",
            then="git calls this command where `localci install --pre-receive` was run",
        )
    return Update(*fields)


def _quarantine(environment: Mapping[str, str], objects: str) -> tuple[str, ...]:
    """Return where the pushed objects are, if any came; `objects` is where they will be."""
    named = (environment.get(name, "") for name in _WHERE_OBJECTS_ARE)
    found = dict.fromkeys(os.path.realpath(path) for path in named if path)
    return tuple(path for path in found if path != os.path.realpath(objects))


def _notes(
    objects: ObjectReader, stored: Mapping[str, str], updates: tuple[Update, ...]
) -> Iterator[LocalNotes]:
    if NOTES_REF in stored:
        yield LocalNotes(objects, stored[NOTES_REF])
    for update in updates:
        if update.ref == NOTES_REF and not is_zero(update.new):
            yield LocalNotes(objects, update.new)


def _ruling(branch: str, verdict: Verdict) -> Ruling:
    commit = short_id(verdict.commit)
    if verdict.verdict == ACCEPTED:
        by = ", ".join(verdict.signers) or "nobody: its result is unsigned"
        return Ruling(accepted=True, lines=(f"{branch}: accepted, {commit} attested by {by}",))
    reasons = tuple(f"{reason.code}: {reason.message}" for reason in verdict.reasons)
    if verdict.exit_code == NO_VERDICT:
        return _not_evaluated(branch, *reasons)
    codes = dict.fromkeys(reason.code for reason in verdict.reasons)
    then = tuple(_NEXT[code] for code in codes if code in _NEXT)
    return _rejected(branch, f"{commit} is not attested as this branch asks", *reasons, *then)


def _rejected(what: str, *why: str) -> Ruling:
    first, *more = why
    return Ruling(accepted=False, lines=(f"{what}: rejected, {first}", *_indented(more)))


def _not_evaluated(what: str, *why: str) -> Ruling:
    first = (
        f"{what}: rejected, since it could not be evaluated, which says nothing about the commit"
    )
    return Ruling(accepted=False, lines=(first, *_indented(why)))


def _indented(lines: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(f"  {line}" for line in lines)
