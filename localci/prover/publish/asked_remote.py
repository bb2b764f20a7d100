"""What a delivery asks of one remote, and what its answers mean for the delivery."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.git.bounded import NoAnswerError, TooMuchReceivedError
from localci.git.listed_refs import read_listed
from localci.git.partial_fetch import REMOTE, FetchFailedError, PartialFetch
from localci.prover.publish.persistence import RefusedError, refused
from localci.prover.publish.refusals import Refusal, taken_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localci.git.bounded import Answer
    from localci.git.partial_fetch import Connection
    from localci.git.writing import Move

_PUSH: Final = (
    "push",
    "--no-verify",
    "--porcelain",
    "--no-follow-tags",
    "--no-signed",
    "--recurse-submodules=no",
)
_EACH_AS_THERE: Final = "+refs/notes/*:refs/notes/*"


class AskedRemote:
    """One remote, asked from a bare directory of ours, each time for as many `seconds` at most.

    `pushes` counts those that were sent, `answers` what the remote answered. Every method raises
    RefusedError; GitError is a fault of what is held in that directory.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self.pushes = 0
        self.answers = 0
        self._hung = False

    def list(self, *patterns: str) -> Mapping[str, str]:
        """Return where the remote's refs of these patterns lead, by their full names."""
        answer = self._ask(("ls-remote", "--quiet", REMOTE, *patterns))
        if answer.code != 0:
            raise refused(answer)
        return read_listed(answer.output).refs

    def fetch(self, refs: Iterable[str], fetch: Callable[[PartialFetch], None]) -> None:
        """Do one fetch, or those that belong together, of what stands under `refs`."""
        refspecs = tuple(f"+{ref}:{ref}" for ref in refs)
        fetcher = PartialFetch(self._connection, refspecs, time.monotonic() + self._seconds)
        try:
            fetch(fetcher)
        except FetchFailedError as error:
            raise self._refusal(error.answer) from None
        except NoAnswerError as error:
            raise self._silence(error) from None
        except TooMuchReceivedError as error:
            raise RefusedError(Refusal.FINAL, error.what) from None
        finally:
            self.answers += fetcher.answered

    def push(self, moves: Mapping[str, Move]) -> frozenset[str]:
        """Push new commits, each if its ref leads to the old one there; return the refs taken.

        Here these refs lead there, too, afterwards. A new commit descends from the old one, so
        nothing is forced: the lease only narrows a plain push, which would bring back all notes
        where the ref was deleted or set back. RefusedError: none was taken.
        """
        self.pushes += 1
        # By this git takes the refs here for what was seen of the remote, and moves them.
        seen = {f"remote.{REMOTE}.fetch": _EACH_AS_THERE}
        answer = self._ask(
            (
                *_PUSH,
                *(f"--force-with-lease={ref}:{move.old}" for ref, move in moves.items()),
                "--",
                REMOTE,
                *(f"{move.new}:{ref}" for ref, move in moves.items()),
            ),
            seen,
        )
        self.answers += 1 if answer.output.strip() else 0
        taken = taken_refs(answer.output.decode("utf-8", "replace")) & moves.keys()
        if answer.code != 0 and not taken:
            raise self._refusal(answer)
        return frozenset(taken)

    def _ask(self, arguments: tuple[str, ...], settings: Mapping[str, str] | None = None) -> Answer:
        # What comes before is over there, and not every server knows of shallow clones.
        environment = {**self._connection.environment, "GIT_SHALLOW_FILE": ""}
        connection = self._connection._replace(environment=environment)
        try:
            until = time.monotonic() + self._seconds
            return connection.ask(arguments, until, settings=settings)
        except NoAnswerError as error:
            raise self._silence(error) from None

    def _silence(self, error: NoAnswerError) -> RefusedError:
        """Return what a hang is: once the network's fault, for torn answers make git 2.39 hang."""
        kind = Refusal.FINAL if self._hung else Refusal.NETWORK
        self._hung = True
        return RefusedError(kind, error.what)

    def _refusal(self, answer: Answer) -> RefusedError | GitError:
        """Return why git did not do it: what the remote said, or what is wrong with what is held.

        A lock that stands here is a dead process's: the living keep `NotesStore.alone`.
        """
        found = refused(answer)
        complaint = answer.complaint.decode("utf-8", "replace")
        locked = found.kind is Refusal.CONTENTION and self._connection.git_dir in complaint
        return GitError(found.reason) if locked or found.kind is Refusal.DAMAGE else found
