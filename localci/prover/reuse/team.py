"""Results of teammates that can stand for a run of mine, under the policy's `reuse = "team"`.

Looked at are the notes as last seen, on the commit, its tree and the commits before it. What is
taken would count today if it were about this tree (design 8, item 7), and it *ran*: one that is a
reuse itself leads to where it ran. The line goes along with mine, for the verifier to see.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.read_policy import read_policy
from localci.errors import GitError, LocalciError, PolicyError
from localci.formats.bundle import read_bundle
from localci.formats.object_ids import sha256_hex
from localci.formats.result import Reuse
from localci.git.notes import notes_on, remote_ref
from localci.git.refs import NOTES_REF
from localci.prover.isolation.isolation import NAMESPACES
from localci.prover.reuse.lines import keep_line
from localci.prover.reuse.signed_line import read_line, signature_by
from localci.prover.reuse.store import Stored
from localci.prover.reuse.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from localci.config.policy import Policy, Signer
    from localci.formats.good_signature import GoodSignature
    from localci.formats.result import CheckResult, ResultDocument
    from localci.git.objects import ObjectReader
    from localci.git.tree_files import TreeFiles
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.reuse.signed_line import StatedLine

MOST_ANCESTORS: Final = 50
"""First parents whose notes are looked at."""
_TEAM: Final = "team"
_CLOCK_GRACE: Final = 300
"""Seconds by which two clocks may differ (design 8, item 8)."""


@dataclass(frozen=True)
class TeamRequest:
    """For which commit, going to which remote, under which isolation here, and when."""

    common_dir: str
    commit: str
    tree: str
    remote: str
    isolation: str
    now: float


def team_results(
    objects: ObjectReader, files: TreeFiles, request: TeamRequest, wanted: Sequence[PlannedCheck]
) -> Mapping[str, Stored]:
    """Return results of others for the `wanted` checks, by name; none unless the policy says so.

    The policy is that of the tested tree, whose `files` are given.
    """
    try:
        policy = read_policy(files.read)
    except PolicyError:
        return {}
    if policy.reuse != _TEAM or not wanted:
        return {}
    return _Search(objects, policy, request).results(wanted)


def objects_near(objects: ObjectReader, commit_id: str, tree: str) -> Iterator[str]:
    """Yield the tree and the commit, then those before it along the first parents."""
    yield tree
    current: str | None = commit_id
    for _ in range(MOST_ANCESTORS + 1):
        commit = objects.read(current) if current else None
        if commit is None or commit.kind != "commit":
            return  # the first of all, or where a shallow clone ends
        headers = commit.body.partition(b"\n\n")[0].split(b"\n")
        rows = [row.decode("ascii", "replace").partition(" ") for row in headers]
        yield commit.id
        yield from (value for key, _, value in rows if key == "tree")
        current = next((value for key, _, value in rows if key == "parent"), None)


class _Search:
    """A walk from the commit backwards, and what was found out on the way."""

    def __init__(self, objects: ObjectReader, policy: Policy, request: TeamRequest) -> None:
        self._objects = objects
        self._policy = policy
        self._request = request
        self._terms = terms_of(policy)
        self._signers: dict[bytes, tuple[Signer, GoodSignature] | None] = {}

    def results(self, wanted: Sequence[PlannedCheck]) -> Mapping[str, Stored]:
        missing = {planned.check.name: planned for planned in wanted}
        found: dict[str, Stored] = {}
        for object_id in objects_near(self._objects, self._request.commit, self._request.tree):
            for stated in self._lines_on(object_id):
                for name in [*missing]:
                    stored = self._taken(stated, missing[name])
                    if stored is not None:
                        found[name] = stored
                        del missing[name]
            if not missing:
                break
        return found

    def _lines_on(self, object_id: str) -> Iterator[StatedLine]:
        """Yield what the notes on an object state, the newest first; what is missing says nothing.

        A line that is not well-formed, or not of this repository, is passed over.
        """
        bodies: list[bytes] = []
        for ref in (NOTES_REF, remote_ref(self._request.remote)):
            with contextlib.suppress(GitError):
                bodies += notes_on(self._objects, ref, object_id).bodies
        for line in reversed(read_bundle(tuple(bodies)).lines):
            stated = read_line(line)
            if stated is not None and stated.statement.repository in self._policy.repositories:
                yield stated

    def _taken(self, stated: StatedLine, planned: PlannedCheck) -> Stored | None:
        """Return the result of a check as a line states it, from the line in which it ran."""
        name = planned.check.name
        check = stated.statement.document.checks.get(name)
        if check is None or not self._is_same(check, planned):
            return None
        reuse = check.reused_from
        if reuse is None:
            return self._believed(stated, planned)
        origins = (
            origin
            for object_id in dict.fromkeys((reuse.commit, reuse.tree))
            for origin in self._lines_on(object_id)
            if sha256_hex(origin.envelope.payload) == reuse.statement
        )
        found = (self._believed(origin, planned) for origin in origins)
        return next((stored for stored in found if stored is not None), None)

    def _is_same(self, check: CheckResult, planned: PlannedCheck) -> bool:
        same = (check.definition, check.inputs) == (planned.definition, planned.inputs)
        return check.passed and same and bool(check.inputs)

    def _believed(self, stated: StatedLine, planned: PlannedCheck) -> Stored | None:
        """Return a check's result where it ran, if it may count and is signed by who may."""
        document = stated.statement.document
        check = document.checks.get(planned.check.name)
        if check is None or check.reused_from is not None or not self._is_same(check, planned):
            return None
        if document.failed or not self._is_of_such_a_machine(document):
            return None
        if not self._is_timely(document, planned, check):
            return None
        signed = self._signed(stated, document)
        if signed is None or not self._may_count(signed[0], planned):
            return None
        try:
            keep_line(self._request.common_dir, stated.line)
        except LocalciError:
            return None  # nothing to show to the verifier: then it runs here
        statement = sha256_hex(stated.envelope.payload)
        reuse = Reuse(document.commit, document.tree, signed[1].signing_key, statement)
        return Stored(check._replace(reused_from=reuse), document.environment, document.run_id)

    def _is_of_such_a_machine(self, document: ResultDocument) -> bool:
        """Tell whether it ran on the same platform, held apart no less than it would be here."""
        here, there = os.uname(), document.environment
        wanted = self._policy.require_isolation or self._request.isolation == NAMESPACES
        isolated = not wanted or there.get("isolation") == NAMESPACES
        same = (there.get("os"), there.get("arch")) == (here.sysname.lower(), here.machine)
        return same and isolated

    def _is_timely(
        self, document: ResultDocument, planned: PlannedCheck, check: CheckResult
    ) -> bool:
        now = self._request.now
        latest = document.finished_at + _CLOCK_GRACE
        if max(check.finished_at, document.started_at) > latest:
            return False
        if check.started_at > check.finished_at + _CLOCK_GRACE or latest > now + 2 * _CLOCK_GRACE:
            return False
        fresh_for = planned.check.fresh_for
        if fresh_for is not None and check.finished_at + fresh_for <= now:
            return False
        same_commit = document.commit == self._request.commit
        if planned.check.reads_history and not same_commit:
            return False
        name = planned.check.name
        return self._terms.allow(name, check.finished_at, now, same_commit=same_commit)

    def _may_count(self, signer: Signer, planned: PlannedCheck) -> bool:
        """Tell whether one person is enough for the check, and this one's role counts for it."""
        policy = self._policy
        requirements = [r for r in policy.all_requirements if r.name == planned.check.name]
        return all(
            policy.threshold_of(requirement) == 1
            and not signer.roles.isdisjoint(policy.roles_of(requirement))
            for requirement in requirements
        )

    def _signed(
        self, stated: StatedLine, document: ResultDocument
    ) -> tuple[Signer, GoodSignature] | None:
        if stated.line not in self._signers:
            self._signers[stated.line] = self._find_signer(stated, document)
        return self._signers[stated.line]

    def _find_signer(
        self, stated: StatedLine, document: ResultDocument
    ) -> tuple[Signer, GoodSignature] | None:
        now = self._request.now
        named = (self._policy.owner_of(one.keyid) for one in stated.envelope.signatures)
        for signer in {one.fingerprint: one for one in named if one is not None}.values():
            if not signer.counts_from(now):
                continue
            good = signature_by(stated.envelope, signer.key)
            if good is None:
                continue
            if good.made_at is None or (
                document.finished_at - _CLOCK_GRACE <= good.made_at <= now + _CLOCK_GRACE
            ):
                return signer, good
        return None
