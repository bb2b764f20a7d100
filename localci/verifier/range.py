"""Judge thousands of commits: the verdict of `localci.verifier.judge` on each, on every core.

The commits are listed first, into a file of ours. One process a core then takes its share of the
chunks, reads the notes many at a time, judges, and writes a line a commit; here they are put back
into order. At no time is more in memory than a chunk's answers and the trees of the notes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError, LocalciError, UsageError
from localci.formats.bundle import MAX_NOTE, read_bundle
from localci.git.bulk_reader import AT_ONCE
from localci.git.notes_index import NotesIndex
from localci.git.objects import GitObject, ObjectTooLargeError
from localci.gpg.sequoia import SequoiaCheck, load_sequoia
from localci.verifier.collect import DEFAULT_REMOTE, find_remote, prepare, trusted_commit
from localci.verifier.evidence import Case
from localci.verifier.grounds import make_case, read_grounds
from localci.verifier.judge import judge
from localci.verifier.notes_sources import LocalNotes, NotesReader, local_notes
from localci.verifier.own_repository import own_repository
from localci.verifier.revisions import default_trust_ref, find_commit
from localci.verifier.signature_check import signature_check
from localci.verifier.verdict import ACCEPTED, ERROR, UNAVAILABLE, Reason, Verdict
from localci.verifier.workers import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from localci.formats.bundle import Bundle
    from localci.git.bulk_reader import BulkReader, Found
    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.verifier.evidence import SignatureCheck
    from localci.verifier.grounds import Grounds
    from localci.verifier.own_repository import OwnRepository
    from localci.verifier.question import Question

_LISTED: Final = "commits"
_MEMORY: Final = "/dev/shm"  # noqa: S108 - a directory of our own is made there
_ENOUGH: Final = 16 * 1024 * 1024
"""Bytes that have to be free there."""


class Ends(NamedTuple):
    """The two ends of `A..B`: reachable from `newer` and not from `older`."""

    older: str
    newer: str


class Judged(NamedTuple):
    """The verdict on one commit as a line of text, and what a summary counts."""

    exit_code: int
    verdict: str
    text: str


def read_range(text: str) -> Ends:
    """Return the ends that `A..B` names; an end left out is HEAD, as in git. Raises UsageError."""
    older, dots, newer = text.partition("..")
    if not dots or newer.startswith(".") or ".." in newer:
        raise UsageError(f"{text!r} is not a range of commits", then="write it as A..B")
    return Ends(older or "HEAD", newer or "HEAD")


def verify_range(
    repository: RepositoryPaths, question: Question, ends: Ends, show: Callable[[Verdict], str]
) -> Iterator[Judged]:
    """Judge every commit of a range, the newest first, by one trust commit; `show` makes a line.

    The notes are those that are here, or all of the remotes that the question names. Raises
    UsageError and PolicyError where there is nothing to judge by, GitError where git fails.
    """
    remotes = [find_remote(repository, name) for name in question.remotes]
    name = remotes[0].name if remotes else DEFAULT_REMOTE
    with own_repository(repository.location, repository.objects) as own, own.reader() as objects:
        trust_ref = question.trust_ref or default_trust_ref(own.refs, own.symrefs, name)
        question = question._replace(trust_ref=trust_ref)
        newer = find_commit(objects, own.refs, ends.newer)
        older = find_commit(objects, own.refs, ends.older)
        notes = _notes(own, objects, [remote.address for remote in remotes])
        trusted = trusted_commit(own, objects, question.trust_ref)
        grounds = read_grounds(objects, trusted, newer, question)
        reader = NotesReader([LocalNotes(objects, root) for root in notes])
        grounds = prepare(grounds, question, reader, own)
        yield from judge_commits(own, grounds, notes, Ends(older.id, newer.id), show)


def judge_commits(
    own: OwnRepository,
    grounds: Grounds,
    notes: Sequence[str],
    ends: Ends,
    show: Callable[[Verdict], str],
) -> Iterator[Judged]:
    """Judge the commits between two whole ids by the notes below some roots.

    Raises GitError where git fails, LocalciError where a process of ours ends too early.
    """
    listed = os.path.join(own.scratch, _LISTED)
    own.list_commits(ends.older, ends.newer, listed)
    chunks = _Chunks(listed, len(ends.newer))

    def work(number: int, shares: Iterable[int]) -> Iterator[list[str]]:
        place = os.path.join(scratch, f"worker-{number}")
        os.mkdir(place, 0o700)
        with own.bulk_reader() as bulk, own.reader() as objects:
            complete = partial(make_case, objects, find_merge_base=own.merge_base)
            worker = _Worker(bulk, complete, grounds, notes, _check(place))
            for share in shares:
                yield [
                    f"{verdict.exit_code} {verdict.verdict} {show(verdict)}"
                    for verdict in worker.judge(chunks.read(share))
                ]

    with _scratch(own.scratch) as scratch:
        for lines in spread(work, chunks.count):
            for line in lines:
                code, verdict, text = line.split(" ", 2)
                yield Judged(int(code), verdict, text)


@contextlib.contextmanager
def _scratch(usual: str) -> Iterator[str]:
    """Give a private directory for gpgv's files: in memory, where a file costs a tenth."""
    try:
        system = os.statvfs(_MEMORY)
        free = system.f_bavail * system.f_frsize >= _ENOUGH
        directory = tempfile.mkdtemp(prefix="localci-verify-", dir=_MEMORY) if free else ""
    except OSError:
        directory = ""
    try:
        yield directory or usual
    finally:
        if directory:
            shutil.rmtree(directory, ignore_errors=True)


def _notes(own: OwnRepository, objects: ObjectReader, addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the commits of the notes to read: all of each remote, or those that are here."""
    if addresses:
        remotes = [own.remote_notes(address, objects) for address in addresses]
        return tuple(commit for remote in remotes for commit in remote.bring_all())
    return tuple(source.notes for source in local_notes(objects, own.refs))


class _Commit(NamedTuple):
    id: str
    tree: str


class _Chunks:
    """The file that `list_commits` wrote: lines of one length, read where they are wanted."""

    def __init__(self, path: str, digits: int) -> None:
        self._path = path
        self._line = 2 * (digits + 1)
        self._digits = digits
        self.count = -(-os.path.getsize(path) // (self._line * AT_ONCE))

    def read(self, number: int) -> list[_Commit]:
        """Return the commits of one chunk."""
        with open(self._path, "rb") as file:
            file.seek(number * self._line * AT_ONCE)
            text = file.read(self._line * AT_ONCE).decode("ascii")
        return [_Commit(*line.split(" ")) for line in text.splitlines()]


class _Hanging(NamedTuple):
    """The notes that hang on a commit and its tree, by their ids, and what could not be found."""

    ids: tuple[str, ...]
    oversized: int
    unread: tuple[Reason, ...]


class _Worker:
    """Judges some of the commits, with readers and a check of signatures of its own."""

    def __init__(
        self,
        bulk: BulkReader,
        complete: Callable[[GitObject, Grounds], Case],
        grounds: Grounds,
        notes: Sequence[str],
        check: SignatureCheck,
    ) -> None:
        self._bulk = bulk
        self._complete = complete
        self._grounds = grounds
        self._check = check
        self._quick = _quick_case(grounds)
        self._unread = list(grounds.unread)
        self._indexes = list(self._open(notes))

    def judge(self, commits: Sequence[_Commit]) -> Iterator[Verdict]:
        """Judge some commits in order."""
        hanging = [self._hanging(commit) for commit in commits]
        wanted = [note for each in hanging for note in each.ids]
        bodies = self._bulk.read_many(wanted, MAX_NOTE)
        for commit, notes in zip(commits, hanging, strict=True):
            bundle, unread = _bundle(notes, bodies)
            yield self._judge_one(commit, bundle, unread)

    def _judge_one(self, commit: _Commit, bundle: Bundle, unread: tuple[Reason, ...]) -> Verdict:
        if self._quick is not None:
            case = self._quick._replace(
                commit=commit.id, tree=commit.tree, bundle=bundle, unread=unread
            )
            verdict = judge(case, self._check, time.monotonic)
            if verdict.verdict == ACCEPTED or not bundle.lines:
                return verdict
        found = GitObject(commit.id, "commit", f"tree {commit.tree}\n".encode("ascii"))
        try:
            case = self._complete(found, self._grounds)
        except LocalciError as error:
            return self._no_verdict(commit, error)
        case = case._replace(bundle=bundle, unread=unread)
        return judge(case, self._check, time.monotonic)

    def _no_verdict(self, commit: _Commit, error: LocalciError) -> Verdict:
        return Verdict(
            ERROR,
            commit.id,
            commit.tree,
            self._grounds.trust,
            target=self._grounds.target,
            reasons=(Reason(UNAVAILABLE, str(error)),),
        )

    def _open(self, notes: Sequence[str]) -> Iterator[NotesIndex]:
        for root in notes:
            try:
                yield NotesIndex(self._bulk, root)
            except GitError as error:
                self._unread.append(Reason(UNAVAILABLE, str(error)))

    def _hanging(self, commit: _Commit) -> _Hanging:
        ids: dict[str, None] = {}
        oversized = 0
        unread = dict.fromkeys(self._unread)
        for object_id in commit:
            for index in self._indexes:
                try:
                    found = index.notes_on(object_id)
                except GitError as error:
                    unread[Reason(UNAVAILABLE, str(error))] = None
                else:
                    ids.update(dict.fromkeys(found.ids))
                    oversized += found.oversized
        return _Hanging(tuple(ids), oversized, tuple(unread))


def _bundle(notes: _Hanging, bodies: Iterator[Found]) -> tuple[Bundle, tuple[Reason, ...]]:
    """Take as many bodies as there are notes, and return their lines."""
    read: list[bytes] = []
    oversized = notes.oversized
    unread = dict.fromkeys(notes.unread)
    for note in notes.ids:
        found = next(bodies)
        if found is None:
            reason = f"the object {note} of the notes is missing here"
            unread[Reason(UNAVAILABLE, reason)] = None
        elif isinstance(found, ObjectTooLargeError):
            oversized += 1
        elif found.kind == "blob":
            read.append(found.body)
    return read_bundle(tuple(read), oversized), tuple(unread)


def _quick_case(grounds: Grounds) -> Case | None:
    """Return the case of any commit as far as it is known without a look into the commit's tree.

    What is left out, the tree's own checks, can only lift a refusal (design 8, item 9). None where
    the tree decides more: where paths are protected, or checks are the commit's own.
    """
    if grounds.policy.path_rules or not grounds.policy.checks_from_base:
        return None
    return Case(
        commit="",
        tree="",
        policy=grounds.policy,
        trust=grounds.trust,
        trusted_checks=grounds.checks,
        bundle=read_bundle(()),
        now=grounds.now,
        target=grounds.target,
        base_percentages=grounds.base_percentages,
        authors=grounds.authors,
    )


def _check(scratch: str) -> SignatureCheck:
    """Return the check of signatures: by Sequoia where it is installed, else by gpgv."""
    ask = signature_check(scratch)
    sequoia = load_sequoia()
    return ask if sequoia is None else SequoiaCheck(sequoia, ask)
