"""Take notes that nobody needs any more off a remote (`localci notes compact`, design 7).

A note goes where no branch and no tag of the remote leads to what it is on, and every line of it is
older than what is kept. The result is a commit on top of the remote's notes, pushed like any
delivery: nothing is forced, and what others hold stays a part of the history. They add their own
lines to the remote's newest notes and never unite whole trees, so that what went stays away.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import groupby, tee
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from localci.errors import DeliveryError, GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.command import repository_environment
from localci.git.new_objects import NewObjects
from localci.git.noted_objects import noted_objects
from localci.git.notes_tree import NoteEdit, edit_notes
from localci.git.reachable import is_shallow, unreached
from localci.git.writing import Move
from localci.prover.publish.compaction_store import CompactionStore
from localci.prover.publish.compaction_survey import Going, Removal, Survey, survey_notes
from localci.prover.publish.persistence import RefusedError, insist, until_undisturbed
from localci.prover.publish.refusals import Refusal, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.git.remotes import Target
    from localci.prover.publish.persistence import Sleep

MOST_AT_ONCE: Final = 5000
"""Notes that one push takes away: a server that guards them reads at most 10,000."""
_MESSAGE: Final = "localci: take away results that no branch or tag leads to\n"
_HEADS: Final = "refs/heads/"


class Compaction:
    """The compacting of one remote's notes; use it as a context manager.

    `before`, in seconds since 1970, is the time from which on all is kept. Every method raises
    DeliveryError where the remote does not do it, GitError where something cannot be known here.
    """

    def __init__(
        self,
        repository: RepositoryPaths,
        target: Target,
        before: float,
        *,
        sha256: bool,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._repository = repository
        self._environment = repository_environment(repository.git_dir)
        self._name = without_credentials(target.name)
        self._store = CompactionStore(repository, target, sha256=sha256)
        self._before = before
        self._sleep = sleep
        self._code: Mapping[str, str] = {}
        self._refs: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._store.alone(self._sleep):
            self._store.forget()

    def survey(self) -> Survey:
        """Look at all names, and at the notes on what nothing leads to. Nothing is changed."""
        if is_shallow(self._repository.git_dir, self._environment):
            raise GitError(
                "this clone is shallow, and what its branches lead to is not known",
                then="`git fetch --unshallow`",
            )
        try:
            with self._store.alone(self._sleep) as wait:
                self._store.forget()
                return self._survey(wait)
        except RefusedError as error:
            raise self._failure("read", error) from None

    def take_away(self, going: Sequence[Going]) -> int:
        """Take notes away that the survey found; return how many went.

        What has changed since stays: a branch leads there now, a line was added.
        """
        gone = 0
        try:
            for start in range(0, len(going), MOST_AT_ONCE):
                step = _Step(going[start : start + MOST_AT_ONCE], self._code)
                gone += until_undisturbed(partial(self._round, step), self._sleep)
        except RefusedError as error:
            raise self._failure("compacted", error) from None
        return gone

    def _survey(self, wait: Sleep) -> Survey:
        with self._store.open() as objects:
            self._code = insist(self._store.list_code, wait)
            self._refs = insist(self._store.list_notes, wait)
            if not self._refs:
                return Survey(0)
            insist(partial(self._store.fetch_names, self._refs), wait)
            number, noted = 0, set()
            for ref in self._refs:
                for one in noted_objects(objects, ref):
                    number += 1
                    noted.add(one.object_id)
            unneeded = self._unreached(noted, self._code)
            named, asked = tee(self._notes_on(objects, unneeded))
            notes = self._store.read_notes(self._refs, (note for _, note in asked), wait)
            names = (name for name, _ in named)
            return survey_notes(number, zip(names, notes, strict=True), self._before)

    def _notes_on(self, objects: ObjectReader, object_ids: set[str]) -> Iterator[tuple[Going, str]]:
        """Yield the notes on some objects, with the ids of the notes themselves."""
        for ref in self._refs:
            for one in noted_objects(objects, ref):
                if one.object_id in object_ids:
                    yield Going(ref, one.object_id), one.note

    def _unreached(self, object_ids: Iterable[str], code: Mapping[str, str]) -> set[str]:
        if not any(ref.startswith(_HEADS) for ref in code):
            # A page that a network puts in between, to log in, may be taken for such a repository.
            raise GitError(f"{self._name} lists no branch, so that nobody knows what is needed")
        try:
            return unreached(
                object_ids,
                tuple(dict.fromkeys(code.values())),
                directory=self._repository.git_dir,
                environment=self._environment,
            )
        except GitError as error:
            raise GitError(
                f"what the branches and tags of {self._name} lead to is not all here: {error.what}",
                then=f"`git fetch --tags {self._name}`",
            ) from None

    def _round(self, step: _Step) -> int:
        with self._store.alone(self._sleep) as wait:
            moves = self._prepare(step, wait)
            if moves:
                taken = insist(partial(self._store.push, moves), wait)
                step.count(taken)
                if taken != moves.keys():
                    raise RefusedError(Refusal.CONTENTION, "others write to it at the same time")
        return step.gone

    def _prepare(self, step: _Step, wait: Sleep) -> Mapping[str, Move]:
        with self._store.open() as objects:
            insist(partial(self._store.fetch, self._refs), wait)
            code = insist(self._store.list_code, wait)
            if code != step.code:
                step.keep_to(self._unreached([one.object_id for one in step.going], code), code)
            try:
                return self._moves(objects, step)
            except GitError:
                # Somebody has written there meanwhile: other trees lead to the notes.
                by_ref = {ref: [one.object_id for one in some] for ref, some in step.by_ref()}
                insist(partial(self._store.bring, objects, by_ref), wait)
                return self._moves(objects, step)

    def _moves(self, objects: ObjectReader, step: _Step) -> Mapping[str, Move]:
        """Return a commit without the notes on each tip; a ref that has none of them has none."""
        moves = {}
        for ref, some in step.by_ref():
            tip = self._store.tip(objects, ref)
            removal = Removal(self._before)
            edits: dict[str, NoteEdit] = {one.object_id: removal for one in some}
            made = NewObjects(sha256=made_by_sha256(tip))
            tree = edit_notes(objects, made, tip, edits)
            if removal.removed:
                self._store.plumbing.write_objects(made)
                commit = self._store.plumbing.write_commit(tree, (tip,), _MESSAGE)
                moves[ref] = Move(commit, tip)
                step.removed[ref] = removal.removed
        return moves

    def _failure(self, what: str, error: RefusedError) -> DeliveryError:
        return DeliveryError(
            f"the notes of {self._name} cannot be {what}: {error.reason}",
            then="`localci notes compact` goes on from there",
        )


class _Step:
    """The notes that go with one push; `gone` are those that the remote has let go.

    `code` are the branches and tags by which they are not needed, `removed` how many a commit
    that is made takes away, by ref.
    """

    def __init__(self, going: Sequence[Going], code: Mapping[str, str]) -> None:
        self.going = going
        self.code = code
        self.removed: dict[str, int] = {}
        self.gone = 0

    def by_ref(self) -> Iterator[tuple[str, Iterable[Going]]]:
        return groupby(self.going, attrgetter("ref"))

    def keep_to(self, unneeded: set[str], code: Mapping[str, str]) -> None:
        """Leave out what other branches and tags need."""
        self.going = [one for one in self.going if one.object_id in unneeded]
        self.code = code

    def count(self, taken: frozenset[str]) -> None:
        """Count what went from the refs that the remote has taken."""
        self.gone += sum(self.removed[ref] for ref in taken)
        self.going = [one for one in self.going if one.ref not in taken]
