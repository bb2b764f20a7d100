"""Hand a run over to the background: it goes on by itself, and nobody has to wait for it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import harmless, short_id
from localci.directories import explained
from localci.errors import MISSING, PASSED, LocalciError
from localci.git.command import LOCAL_VARIABLES
from localci.own_command import own_command
from localci.prover.attest.pending import kept_result
from localci.prover.record.cancelling import cancel_older
from localci.prover.record.following import find_living
from localci.prover.record.living import lock_alive
from localci.prover.record.log_directories import make_log_directory
from localci.prover.record.run_directory import BACKGROUND, OUTPUT, definitions_digest, write_about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

    from localci.config.configuration import HookSettings
    from localci.git.discovery import RepositoryPaths
    from localci.prover.record.run_directory import About

_RUN: Final = "LOCALCI_BACKGROUND_RUN"
_BRANCH: Final = "LOCALCI_BACKGROUND_BRANCH"
_LOCK: Final = "LOCALCI_BACKGROUND_LOCK"
_HOOK: Final = "LOCALCI_HOOK"
"""Which of git's hooks asks, and its first word; written by the shims."""
_NICENESS: Final = 10
"""Behind whatever else the machine does (nice(2)); the lowest priority is 19."""
_STEPS: Final = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
"""What git keeps in a work tree's git directory while it is in the middle of something."""


class HandedOver(NamedTuple):
    """What became of it: 3 it runs in the background, 0 nothing is to be run; what to tell."""

    exit_code: int
    line: str


class TakenOver(NamedTuple):
    """What a run in the background was given: its id, its branch, the descriptor of its lock."""

    run_id: str
    branch: str
    lock: int


def under_way(repository: RepositoryPaths, environ: Mapping[str, str]) -> str:
    """Return what git is in the middle of in this work tree, empty where it is in none of it.

    `post-commit` fires for each commit of a rebase; nobody wants to have them all checked. Only
    `post-rewrite` comes when all is done, and a little before git says so in its directory.
    """
    over = "rebase" if environ.get(_HOOK) == "post-rewrite rebase" else ""
    for name, step in _STEPS.items():
        if step != over and os.path.lexists(Path(repository.git_dir, name)):
            return step
    return ""


def hand_over(
    repository: RepositoryPaths, about: About, arguments: Sequence[str], hook: HookSettings
) -> HandedOver:
    """Have a commit checked in the background, unless it was, or is being checked.

    `arguments` are those of `localci run` beside the commit. Runs of older commits of the branch
    end, if the settings say so. Raises LocalciError.
    """
    commit = short_id(about.commit)
    if about.whole and _was_checked(repository.common_dir, about):
        return HandedOver(PASSED, f"localci: {commit} was checked before")
    only = about.commit if about.reads_history else ""
    living = find_living(repository.common_dir, about.tree, about.definitions, only)
    if about.whole and living is not None:
        return HandedOver(MISSING, f"localci: {commit} is being checked; `localci wait`")
    return hand_over_anew(repository, about, arguments, hook)


def hand_over_anew(
    repository: RepositoryPaths, about: About, arguments: Sequence[str], hook: HookSettings
) -> HandedOver:
    """Have a commit checked in the background, whatever is known of it, as `hand_over` does."""
    if hook.cancel_older:
        cancel_older(repository.common_dir, about)
    start_in_background(repository, about, arguments)
    return HandedOver(
        MISSING,
        f"localci: checking {short_id(about.commit)} in the background{_span(about)};"
        f" `localci wait{_of(repository, about)}`",
    )


def start_in_background(
    repository: RepositoryPaths, about: About, arguments: Sequence[str]
) -> None:
    """Start `localci run` of the commit, detached from this terminal. Raises LocalciError.

    When this returns, the run can be waited for.
    """
    directory = make_log_directory(repository.common_dir, about.run_id)
    with contextlib.ExitStack() as opened, explained(str(directory)):
        lock = lock_alive(directory)
        opened.callback(os.close, lock)
        starting = replace(about, kind=BACKGROUND, pid=0, started_at=time.time())
        write_about(directory, starting)
        output = opened.enter_context((directory / OUTPUT).open("wb"))
        opened.enter_context(_usual_signals())
        process = subprocess.Popen(
            own_command(["run", about.commit, *arguments]),
            cwd=repository.location,
            env=_environment(os.environ, repository, starting, lock),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock],
        )
        # It outlives this process, and is nobody's to wait for.
        process.returncode = 0
        write_about(directory, replace(starting, pid=process.pid))


def taken_over(environ: MutableMapping[str, str]) -> TakenOver | None:
    """Return what this process was given by `start_in_background`; None where it was not.

    To be called once and early: the variables go, the priority is lowered.
    """
    run_id, branch = environ.pop(_RUN, ""), environ.pop(_BRANCH, "")
    lock = environ.pop(_LOCK, "")
    if not run_id or not lock.isdecimal():
        return None
    try:
        # Commands of the run must not hold it: whether the run lives is asked of the lock.
        os.set_inheritable(int(lock), False)  # noqa: FBT003 - the standard library's own signature
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    return TakenOver(run_id, branch, int(lock))


def _was_checked(common_dir: str, about: About) -> bool:
    try:
        kept = kept_result(common_dir, about.commit, about.tree)
    except LocalciError:
        return False
    if kept is None or kept.failed:
        return False
    found = {name: check.definition for name, check in kept.checks.items()}
    return definitions_digest(found) == about.definitions


def _environment(
    environ: Mapping[str, str], repository: RepositoryPaths, about: About, lock: int
) -> dict[str, str]:
    """Return the environment of the run: the caller's, without what git gave to its hook."""
    dropped = {*LOCAL_VARIABLES, _HOOK}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    kept["GIT_DIR"] = repository.git_dir
    if repository.worktree:
        kept["GIT_WORK_TREE"] = repository.worktree
    given = {_RUN: about.run_id, _BRANCH: about.branch, _LOCK: str(lock)}
    return {**kept, **given, "GIT_TERMINAL_PROMPT": "0"}


@contextlib.contextmanager
def _usual_signals() -> Iterator[None]:
    """Start a child with SIGINT and its like alive: a shell's background job ignores them."""
    ignored = [
        number
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def _span(about: About) -> str:
    return "" if about.expected is None else f", about {max(1, round(about.expected))} s"


def _of(repository: RepositoryPaths, about: About) -> str:
    """Return the words after `localci wait`: none for the branch that is checked out."""
    try:
        head = Path(repository.git_dir, "HEAD").read_text("utf-8").strip()
    except (OSError, ValueError):
        head = ""
    checked_out = about.branch and head == f"ref: refs/heads/{about.branch}"
    return "" if checked_out else harmless(f" {short_id(about.commit)}")
