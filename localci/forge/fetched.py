"""A bare directory of the job's own, with the two commits that a verdict is about.

Nothing is checked out. Both come from the repository that the job is for; a fork's commits are
there too, under the pull request. Notes are fetched by the verifier itself.
"""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.forge.signals import undisturbed
from localci.formats.object_ids import is_zero, made_by_sha256
from localci.git.command import run_git, user_environment
from localci.git.discovery import RepositoryPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.forge.github_job import Job

FETCH_TIMEOUT: Final = 300.0
GIT_TIMEOUT: Final = 20.0
"""Seconds."""
ATTEMPTS: Final = 4

_HEAD: Final = "refs/localci/head"
_TRUST: Final = "refs/localci/trust"
# Policy, keys and configuration are read up to 1 MiB; what is larger is compared by its id.
_FILTER: Final = "--filter=blob:limit=1048577"
_FINAL: Final = (
    "couldn't find remote ref",
    "not our ref",
    "Authentication failed",
    "could not read Username",
    "not found",
    "does not appear to be a git repository",
)


class OwnDirectory:
    """A bare repository for commits of the repository at `address`; `sleep` waits, in seconds."""

    def __init__(
        self, git_dir: str, address: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.paths = RepositoryPaths("", git_dir, git_dir)
        self._address = address
        self._sleep = sleep
        self._environment = user_environment() | {
            "GIT_DIR": git_dir,
            "GIT_TERMINAL_PROMPT": "0",
        }

    def fetch(self, head: str, trust: str) -> str:
        """Fetch the commit `head`, and `trust`: a commit or a whole ref. Return the id of trust.

        Zeros, which a forge says of a branch that was not there before, are returned as they are.
        Raises GitError.
        """
        if not Path(self.paths.git_dir, "objects").is_dir():
            self._create(sha256=made_by_sha256(head))
        self._insist(
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1",
             "--no-auto-maintenance", "--no-recurse-submodules", _FILTER, "base",
             f"+{head}:{_HEAD}", *([] if is_zero(trust) else [f"+{trust}:{_TRUST}"])]
        )  # fmt: skip
        if is_zero(trust):
            return trust
        return self._git(["rev-parse", "--verify", "--end-of-options", f"{_TRUST}^{{commit}}"])

    def _create(self, *, sha256: bool) -> None:
        kind = "sha256" if sha256 else "sha1"
        self._git(["init", "--quiet", "--bare", "--template=", f"--object-format={kind}"])
        self._git(["config", "remote.base.url", self._address])

    def _insist(self, arguments: list[str]) -> None:
        """Fetch; three more times after 2, 4 and 8 s where that may help."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._git(arguments, FETCH_TIMEOUT)
            except GitError as error:
                if attempt == ATTEMPTS or any(words in error.what for words in _FINAL):
                    raise
                self._sleep(2.0**attempt)
            else:
                return

    def _git(self, arguments: list[str], timeout: float = GIT_TIMEOUT) -> str:
        output = run_git(
            arguments,
            directory=self.paths.git_dir,
            environment=self._environment,
            timeout=timeout,
        )
        return output.decode("ascii", "replace").strip()


@contextlib.contextmanager
def own_directory(job: Job, sleep: Callable[[float], None] = time.sleep) -> Iterator[OwnDirectory]:
    """Give a directory for the job's repository; it is gone afterwards. Raises GitError.

    Until then git, wherever this process starts it, has the job's token for that one repository,
    in a file of its own: in no argument, and for no other address.
    """
    try:
        # What is left of it when Python ends, it removes then.
        directory = tempfile.TemporaryDirectory(prefix="localci-forge-", ignore_cleanup_errors=True)
    except OSError as error:
        raise GitError(
            f"no temporary directory can be made: {error.strerror}", then="set TMPDIR"
        ) from None
    git_dir = Path(directory.name, "git")
    address = job.clone_url(job.repository)
    try:
        git_dir.mkdir(mode=0o700)
        with _account(Path(directory.name, "account"), address, job.token.secret):
            yield OwnDirectory(str(git_dir), address, sleep)
    finally:
        with undisturbed():
            directory.cleanup()


@contextlib.contextmanager
def _account(path: Path, address: str, secret: str) -> Iterator[None]:
    if not secret:
        yield
        return
    before = os.environ.get("GIT_CONFIG_GLOBAL")
    included = (
        (before,)
        if before is not None
        else (
            f"{os.environ.get('XDG_CONFIG_HOME') or '~/.config'}/git/config",
            "~/.gitconfig",
        )
    )
    account = base64.b64encode(f"x-access-token:{secret}".encode()).decode("ascii")
    lines = [f"[include]\n\tpath = {_quote(file)}\n" for file in included]
    lines.append(f"[http {_quote(address)}]\n\textraheader = AUTHORIZATION: basic {account}\n")
    # git hands a header on to whatever host it is sent to.
    lines.append("\tfollowRedirects = false\n")
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    os.environ["GIT_CONFIG_GLOBAL"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["GIT_CONFIG_GLOBAL"]
        else:
            os.environ["GIT_CONFIG_GLOBAL"] = before


def _quote(text: str) -> str:
    """Quote a value for git-config(1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
