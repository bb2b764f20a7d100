"""Fetch from a remote's notes, of which there may be a hundred thousand, as little as it can give.

One fetch brings the newest commit of the notes and its root tree, one each of the trees below that
lead to the objects, one the notes themselves (design 7). A server that gives no parts sends all,
and then nothing more is asked for. Where the notes change meanwhile, those found first are read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.bounded import Bounds, ask_bounded_git
from localci.git.command import describe_failure, with_settings
from localci.git.notes import MAX_FANOUT, NotesSearch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localci.git.bounded import Answer
    from localci.git.objects import ObjectReader

REMOTE: Final = "localci-notes"
"""What the remote is called, while git runs. No configuration in a file names it: git would fetch
from there whatever it misses when it only reads. And no address stands in git's own arguments."""

_FETCH: Final = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--no-write-commit-graph",
    "--prune",
)
_ROOT_ONLY: Final = ("--depth=1", "--filter=tree:1")
_COMMIT_ONLY: Final = ("--depth=1", "--filter=tree:0")
# No tree at all but those that are asked for, and nothing is told of what is here already.
_PARTS: Final = ("--filter=tree:0",)
_SETTINGS: Final = {
    "fetch.negotiationAlgorithm": "noop",
    "protocol.version": "2",  # the one in which any object can be asked for
}
# With both, git has nothing to write down about this remote.
_IN_PARTS: Final = {
    f"remote.{REMOTE}.promisor": "true",
    f"remote.{REMOTE}.partialCloneFilter": "tree:0",
}


class FetchFailedError(GitError):
    """git did not fetch; `answer` is how it ended."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(describe_failure("fetch", answer.code, answer.complaint))
        self.answer = answer


class Connection(NamedTuple):
    """How git comes to a remote, which it is told to call REMOTE.

    `git_dir` is the bare repository that is fetched into, `directory` where git starts (a relative
    path of a remote counts from there), `complaints` a file for git's words. `environment` is for
    git and holds the remote's URL as configuration.
    """

    git_dir: str
    directory: str
    environment: Mapping[str, str]
    complaints: str
    bounds: Bounds

    def ask(
        self,
        arguments: Sequence[str],
        until: float,
        *,
        wanted: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run git; `until` is when it has to be done (time.monotonic). Raises GitError."""
        left = max(1.0, until - time.monotonic())
        return ask_bounded_git(
            arguments,
            directory=self.directory,
            git_dir=self.git_dir,
            environment=with_settings(self.environment, (settings or {}).items()),
            standard_input=wanted.encode("ascii"),
            bounds=self.bounds._replace(seconds=min(left, self.bounds.seconds)),
            complaints=self.complaints,
        )


class PartialFetch:
    """Fetches from one remote. Every method raises GitError, FetchFailedError where git says no."""

    def __init__(self, connection: Connection, refspecs: Sequence[str], until: float) -> None:
        """`refspecs` are what the notes stand under; `until` as in `Connection.ask`."""
        self._connection = connection
        self._refspecs = "".join(f"{refspec}\n" for refspec in refspecs)
        self._until = until
        self.answered = 0
        """How often the remote gave what it was asked for."""

    def tips(self) -> None:
        """Fetch the newest commits, and of what they hold as little as the server can give."""
        for options in (_ROOT_ONLY, _COMMIT_ONLY):
            try:
                return self._fetch(options, self._refspecs)
            except FetchFailedError as error:
                if _is_refused(error, "shallow", "depth"):
                    break
                if "filter" not in error.what:  # which one it refuses, and how deep, is its affair
                    raise
        return self.whole()

    def whole(self) -> None:
        """Fetch all notes there are, once more what came before; their history only if need be."""
        try:
            self._fetch(("--depth=1", "--no-filter", "--refetch"), self._refspecs)
        except FetchFailedError as error:
            if not _is_refused(error, "shallow", "depth"):
                raise
            # A server of plain files gives no parts, and no history by the piece.
            self._fetch((), self._refspecs, in_parts=False)

    def trees(self) -> None:
        """Fetch the newest commits and all trees of theirs, but no note; all where it must be."""
        try:
            self._fetch(("--depth=1", "--filter=blob:none", "--refetch"), self._refspecs)
        except FetchFailedError as error:
            if "filter" not in error.what and not _is_refused(error, "shallow", "depth"):
                raise
            self.whole()

    def leading_to(self, objects: ObjectReader, wanted: Mapping[str, Iterable[str]]) -> None:
        """Fetch what leads to the notes on some objects, and these notes.

        `wanted` are the objects by the newest commit of the notes, where they are looked for.
        """
        pairs = tuple((tip, object_id) for tip, ids in wanted.items() for object_id in ids)
        # The root, the trees below, the notes: whoever sends what leads still further is not asked.
        for _ in range(MAX_FANOUT + 2):
            missing = _missing(objects, pairs)
            if not missing:
                return
            self.objects(missing)

    def objects(self, object_ids: Iterable[str]) -> None:
        """Fetch some objects, and nothing of what they hold."""
        try:
            self._fetch(_PARTS, "".join(f"{object_id}\n" for object_id in object_ids))
        except FetchFailedError as error:
            if "unadvertised object" not in error.what:
                raise
            # An older protocol, in which only what a ref names can be asked for (ssh, mostly).
            self.whole()

    def _fetch(self, options: tuple[str, ...], wanted: str, *, in_parts: bool = True) -> None:
        fetch = (*_FETCH, *options, "--stdin", REMOTE)
        settings = {**_SETTINGS, **(_IN_PARTS if in_parts else {})}
        answer = self._connection.ask(fetch, self._until, wanted=wanted, settings=settings)
        if answer.code != 0:
            raise FetchFailedError(answer)
        self.answered += 1


def _is_refused(error: GitError, *words: str) -> bool:
    """Tell whether a server said that it does not do a thing; a torn answer can name it, too."""
    return "not support" in error.what and any(word in error.what for word in words)


def _missing(objects: ObjectReader, pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    search = NotesSearch(objects)
    return tuple(
        dict.fromkeys(
            missing
            for tip, object_id in pairs
            for missing in search.within_reach(tip, object_id).missing
        )
    )
