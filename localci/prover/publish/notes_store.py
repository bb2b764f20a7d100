"""What this clone holds of one remote's notes: the newest commits and what was touched below them.

    <common git directory>/localci/remotes/<name>.git     a bare repository, shallow and partial
    <common git directory>/localci/remotes/<name>.lock    flock(2): one process at a time

A hundred thousand notes take 94 MB; to add one needs the root and a tree or two. Such a partial
thing must not be in the user's own repository, where it would make that one shallow and git's
housekeeping fail. It holds nothing that neither the remote nor the outbox has: whenever something
is wrong with it, or it has grown, it is thrown away and made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from localci.directories import explained
from localci.errors import LocalciError
from localci.git.bare_directory import lay_out
from localci.git.notes import NotesSearch, remote_ref
from localci.git.objects import ObjectReader
from localci.git.partial_fetch import PartialFetch
from localci.git.refs import NOTES_REF, REMOTE_REFS, SHARD_REFS, is_notes_ref, notes_refs
from localci.git.writing import Move, Plumbing
from localci.prover.publish.asked_remote import AskedRemote
from localci.prover.publish.connecting import WANTED, connect, plumbing_environment_of
from localci.prover.publish.persistence import RefusedError
from localci.prover.publish.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target
    from localci.prover.publish.connecting import Asking
    from localci.prover.publish.persistence import Sleep

MOST_PACKS: Final = 40
"""Each fetch brings one; with more of them it is quicker to begin anew."""
MOST_LOOSE: Final = 16
"""Objects that deliveries made, in one of the 256 directories for them: some 4,000 in all."""
MOST_SEEN: Final = 64 * 1024 * 1024
"""Bytes of the notes on all objects that are looked at together: 500 commits with trees have 16."""


class NotesStore:
    """The notes of one target; whoever uses it is `alone`.

    What asks the `remote` raises RefusedError; GitError is a fault of what is held here.
    """

    def __init__(
        self,
        repository: RepositoryPaths,
        target: Target,
        *,
        sha256: bool,
        asking: Asking = WANTED,
    ) -> None:
        directory = Path(repository.common_dir, "localci", "remotes")
        # A URL can be longer than a file's name may be, and hold what no list of files may show.
        self._name = remote_ref(target.name).removeprefix(REMOTE_REFS)
        self._git_dir = directory / f"{self._name}.git"
        self._others = self._git_dir / "others-write"
        self._sha256 = sha256
        connection = connect(repository, target, self._git_dir, asking)
        self.remote = AskedRemote(connection, asking.seconds)
        environment = plumbing_environment_of(target, self._git_dir)
        self.plumbing = Plumbing(str(self._git_dir), environment)
        self.had_to_wait = False
        """Whether another process of this clone was at work on it."""

    def open(self) -> ObjectReader:
        """Start to read its objects; it is made where there is none."""
        if not self._git_dir.is_dir():
            with explained(str(self._git_dir)):
                self._make()
        return ObjectReader(str(self._git_dir), self.plumbing.environment)

    def forget(self) -> None:
        """Throw away what is held."""
        self._remove_remains()
        with contextlib.suppress(OSError):
            self._git_dir.rename(self._beside("gone"))
        self._remove_remains()

    def forget_if_grown(self) -> None:
        """Throw away what is held where so much has come together that it takes time to read."""
        packs = self._git_dir.glob("objects/pack/*.pack")
        loose = self._git_dir.glob("objects/17/*")  # as full as any other of them
        if len(list(packs)) > MOST_PACKS or len(list(loose)) > MOST_LOOSE:
            self.forget()

    def forget_after(self, failure: Exception, sleep: Sleep) -> None:
        """Throw away what is held unless it is known that the failure was not for that.

        Not every damage shows in git's words: at the latest the next delivery begins anew.
        """
        if isinstance(failure, RefusedError) and failure.kind is not Refusal.FINAL:
            return
        with contextlib.suppress(LocalciError), self.alone(sleep):
            self.forget()

    def tip(self, objects: ObjectReader, ref: str) -> str:
        """Return the newest commit under a ref as last seen, empty where there is none."""
        found = objects.read(ref)
        if found is not None and found.kind != "commit":
            raise RefusedError(Refusal.FINAL, f"{ref} over there is not a commit")
        return found.id if found else ""

    def seen_at(self, refs: Iterable[str]) -> float:
        """Return when refs were last seen at the remote, the longest ago of them (time.time)."""
        return min(map(self._seen_at, refs), default=0.0)

    def fetch(self, refs: Iterable[str]) -> None:
        """See where refs lead now. One that the remote has not is none here either."""
        refs = tuple(refs)
        try:
            self.remote.fetch(refs, PartialFetch.tips)
        except RefusedError as error:
            if error.kind is not Refusal.NO_SUCH_REF:
                raise
            if len(refs) > 1:
                # git fetches none where one is missing, and asking for a pattern instead would
                # bring whatever anybody has put beside.
                for ref in refs:
                    self.fetch((ref,))
                return
            self._drop_if_gone(refs)
        self._touch(refs)

    def list_notes(self) -> tuple[str, ...]:
        """Return the refs under which the remote has notes."""
        return tuple(filter(is_notes_ref, self.remote.list(NOTES_REF, f"{SHARD_REFS}*")))

    @property
    def others_write(self) -> bool:
        """Whether somebody else had pushed when it was looked at last."""
        return self._others.exists()

    @others_write.setter
    def others_write(self, they_do: bool) -> None:
        with contextlib.suppress(OSError):
            if they_do:
                self._others.touch()
            else:
                self._others.unlink(missing_ok=True)

    def bring(self, objects: ObjectReader, wanted: Mapping[str, Iterable[str]]) -> None:
        """Fetch what leads to the notes on some objects, given by ref, and these notes."""
        tips: dict[str, list[str]] = {}
        here: list[str] = []
        for ref, object_ids in wanted.items():
            if tip := self.tip(objects, ref):
                here.append(ref)
                tips.setdefault(tip, []).extend(object_ids)
        self.remote.fetch(here, lambda fetcher: fetcher.leading_to(objects, tips))

    def notes_on(
        self, objects: ObjectReader, object_ids: Iterable[str]
    ) -> Mapping[str, tuple[bytes, ...]]:
        """Return the notes that were brought, under whatever refs, by what they are on.

        RefusedError where they are too large together: whoever sees them writes them down.
        """
        search = NotesSearch(objects)
        found = {}
        left = MOST_SEEN
        for object_id in object_ids:
            bodies = tuple(
                body
                for ref in notes_refs(object_id)
                if search.read(ref) is not None
                for body in search.notes_on(ref, object_id).bodies
            )
            left -= sum(map(len, bodies))
            if left < 0:
                raise RefusedError(Refusal.FINAL, "they are larger than is taken from anybody")
            if bodies:
                found[object_id] = bodies
        return found

    def push(self, moves: Mapping[str, Move]) -> frozenset[str]:
        """Push new commits as `AskedRemote.push` does, and remember what was taken."""
        taken = self.remote.push(moves)
        self._touch(taken)
        return taken

    @contextlib.contextmanager
    def alone(self, sleep: Sleep) -> Iterator[Sleep]:
        """Keep other processes of this clone from doing the same; gives how to wait meanwhile.

        They would only be in each other's way, and the first one delivers for all. While it waits
        for a network, another may try. Nothing depends on it but the number of attempts.
        """
        lock = self._beside("lock")
        with explained(str(lock)):
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.had_to_wait = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)

            def wait(seconds: float) -> None:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                sleep(seconds)
                fcntl.flock(descriptor, fcntl.LOCK_EX)

            yield wait
        finally:
            os.close(descriptor)

    def _make(self) -> None:
        # Under another name first: a process that is killed in the middle leaves no half of it.
        self._remove_remains()
        lay_out(str(self._beside("new")), (), sha256=self._sha256)
        self._beside("new").rename(self._git_dir)

    def _remove_remains(self) -> None:
        for ending in ("new", "gone"):
            shutil.rmtree(self._beside(ending), ignore_errors=True)

    def _beside(self, ending: str) -> Path:
        return self._git_dir.with_name(f"{self._name}.{ending}")

    def _drop_if_gone(self, refs: Iterable[str]) -> None:
        with self.open() as objects:
            tips = {ref: tip for ref in refs if (tip := self.tip(objects, ref))}
        if not tips:
            return
        try:
            # An answer that was cut off looks like one of a remote without notes: ask once more.
            self.remote.fetch(refs, PartialFetch.tips)
        except RefusedError as error:
            if error.kind is not Refusal.NO_SUCH_REF:
                raise
            self.plumbing.move_refs({ref: Move("", tip) for ref, tip in tips.items()})

    def _seen_at(self, ref: str) -> float:
        try:
            return self._mark(ref).stat().st_mtime
        except OSError:
            return 0.0

    def _touch(self, refs: Iterable[str]) -> None:
        for ref in refs:
            with contextlib.suppress(OSError):
                self._mark(ref).touch()
                # By itself a file's time is some milliseconds old.
                os.utime(self._mark(ref), ns=(time.time_ns(), time.time_ns()))

    def _mark(self, ref: str) -> Path:
        return self._git_dir / f"seen-{quote(ref, safe='')}"
