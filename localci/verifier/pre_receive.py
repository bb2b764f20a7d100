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
from localci.formats.object_ids import is_object_id, is_zero, made_by_sha256
from localci.git.refs import NOTES_REF, SHARD_REFS, is_notes_ref
from localci.verifier.collect import verify_in
from localci.verifier.notes_compaction import Keeping
from localci.verifier.notes_growth import is_commit, losses
from localci.verifier.notes_sources import LocalNotes, LocalShard
from localci.verifier.own_repository import own_repository
from localci.verifier.question import Question
from localci.verifier.server_rules import follow, list_refs, read_server_rules
from localci.verifier.verdict import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.listed_refs import Listed
    from localci.git.objects import ObjectReader
    from localci.verifier.own_repository import OwnRepository
    from localci.verifier.server_rules import ServerRules
    from localci.verifier.verdict import Verdict

_HEADS: Final = "refs/heads/"
_MOVED: Final = "it has moved meanwhile; `git fetch`, then push again"
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
    repository: RepositoryPaths, updates: tuple[Update, ...], environment: Mapping[str, str]
) -> Iterator[Ruling]:
    """Yield a ruling for each ref of the push that localci has a say in.

    `environment` is the hook's, in which git says where the quarantine is. Raises GitError, and
    UsageError where the server's settings cannot be obeyed.
    """
    if environment.get("GIT_NAMESPACE"):
        raise UsageError("GIT_NAMESPACE is set, and refs in a namespace cannot be judged")
    listed = list_refs(repository)
    rules = read_server_rules(repository, listed)
    names = (NOTES_REF, *rules.named(), *(update.ref for update in updates))
    listed = follow(repository, listed, names)
    # A push to a name that leads to a ref changes that ref.
    led = tuple(update._replace(ref=listed.symrefs.get(update.ref, update.ref))
                for update in updates)  # fmt: skip
    quarantine = _quarantine(environment, repository.objects)
    # An empty repository has no ref that shows the format of its objects.
    sha256 = any(made_by_sha256(update.new) for update in updates)
    with (
        own_repository(
            repository.location, repository.objects, *quarantine, listed=listed, sha256=sha256
        ) as own,
        own.reader() as objects,
    ):
        results = _results(listed, updates)
        notes = tuple(_notes(objects, results, listed.refs, led))
        pushed = {update.ref: update.new for update in led}
        keeping = Keeping(repository, own, objects, rules, pushed)
        push = _Push(own, objects, rules, notes, results, keeping)
        yield from push.judge_default(led)
        for update in led:
            yield from push.judge(update)


class _Push(NamedTuple):
    """The push under judgement, with the notes that are stored and those that it brings.

    `results` are the refs of results, by what they lead to, where that is another ref.
    """

    own: OwnRepository
    objects: ObjectReader
    rules: ServerRules
    notes: tuple[LocalNotes | LocalShard, ...]
    results: Mapping[str, str]
    keeping: Keeping

    def judge_default(self, updates: tuple[Update, ...]) -> Iterator[Ruling]:
        """Reject the first branch of all where it is not the one that would be protected."""
        made = [update.ref for update in updates
                if update.ref.startswith(_HEADS) and not is_zero(update.new)]  # fmt: skip
        default = f"{_HEADS}{self.rules.protected[0]}"
        if made and self.rules.by_head and default not in {*self.own.refs, *made}:
            yield _rejected(
                short_branch(made[0]),
                f"only {self.rules.protected[0]} is protected, and it is not here yet",
                "push that one first, or the server's administrator says what is protected: "
                "`git config --add localci.protected main`",
            )

    def judge(self, update: Update) -> Iterator[Ruling]:
        """Yield a ruling on one ref, by the name that it leads to; none where it is free."""
        if update.ref in self.results:
            yield self.judge_notes(update)
        elif (why := self._in_the_way(update.ref)) and not is_zero(update.new):
            yield _rejected(update.ref, why)
        if protected := self._protected_name(update.ref):
            yield self.judge_branch(update, short_branch(protected))

    def _in_the_way(self, ref: str) -> str:
        """Say why nothing is to stand at a name that results need; empty where it is free."""
        if f"{ref}/".startswith(SHARD_REFS):
            return f"only results stand below {SHARD_REFS}, under two hex digits"
        above = (name for led, name in self.results.items() if ref.startswith(f"{led}/"))
        # The name by which all know it, and the one that it leads to.
        name = NOTES_REF if ref.startswith(f"{NOTES_REF}/") else next(above, "")
        return f"below {name} it would stand in its way" if name else ""

    def _protected_name(self, ref: str) -> str:
        """Return the name by which a ref is protected: its own, or one that leads to it."""
        leading = (name for name, target in self.own.symrefs.items() if target == ref)
        return next(filter(self.rules.protects, (ref, *leading)), "")

    def judge_notes(self, update: Update) -> Ruling:
        """Let results come and none go."""
        if is_zero(update.new):
            return _rejected("the results", "the push would delete all that are stored")
        try:
            return self._judge_growth(update)
        except GitError as error:
            return _not_evaluated("the results", str(error))

    def _judge_growth(self, update: Update) -> Ruling:
        stored = self.own.refs.get(update.ref, "")
        if not is_commit(self.objects, update.new):
            return _rejected("the results", f"{short_id(update.new)} is not a commit of notes")
        if not self._starts_at(update, stored):
            return _rejected("the results", _MOVED)
        if not stored:
            return Ruling(accepted=True, lines=())
        if not is_commit(self.objects, stored):
            return _rejected(
                "the results",
                "what is stored is not a commit of notes",
                f"the server's administrator can take it away: `git update-ref -d {update.ref}`",
            )
        if not self.own.is_ancestor(stored, update.new):
            return _rejected(
                "the results",
                "the push would replace those that are stored; `localci sync`, then push again",
            )
        found = losses(self.objects, stored, update.new)
        why = self.keeping.why_kept(found.gone) if found.gone and not found.lost else ""
        if found.lost or why:
            lost = short_id(found.lost or next(iter(found.gone)))
            what = f"the push would take some away that are stored on {lost}"
            return _rejected("the results", what, *filter(None, [why]))
        return Ruling(accepted=True, lines=())

    def _starts_at(self, update: Update, stored: str) -> bool:
        """Tell whether the pusher says of a ref what is stored here."""
        return stored == ("" if is_zero(update.old) else update.old)

    def judge_branch(self, update: Update, branch: str) -> Ruling:
        """Let an attested commit onto a protected branch."""
        stored = self.own.refs.get(update.ref, "")
        if not self._starts_at(update, stored):
            return _rejected(branch, _MOVED)
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


def _results(listed: Listed, updates: tuple[Update, ...]) -> Mapping[str, str]:
    """Return the refs under which results stand or would, by the refs that they lead to."""
    names = (NOTES_REF, *listed.refs, *(update.ref for update in updates))
    return {listed.symrefs.get(name, name): name for name in names if is_notes_ref(name)}


def _notes(
    objects: ObjectReader,
    results: Mapping[str, str],
    stored: Mapping[str, str],
    updates: tuple[Update, ...],
) -> Iterator[LocalNotes | LocalShard]:
    tips = [(results[ref], tip) for ref, tip in stored.items() if ref in results]
    tips += [
        (results[update.ref], update.new)
        for update in updates
        if update.ref in results and not is_zero(update.new)
    ]
    for name, tip in tips:
        if name == NOTES_REF:
            yield LocalNotes(objects, tip)
        else:
            yield LocalShard(objects, tip, name)


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
