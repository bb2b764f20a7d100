"""Whether git and GnuPG are there, and new enough."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from localci.errors import NO_VERDICT, LocalciError
from localci.git.command import run_git, user_environment
from localci.gpg.command import run_gpg
from localci.prover.doctor.finding import Finding, Level, failed, fine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Version = tuple[int, ...]

GIT: Final = (2, 39)
GNUPG: Final = (2, 2)

_VERSION: Final = re.compile(rb"\b(\d+(?:\.\d+)+)")
_TIMEOUT: Final = 10.0


def examine_tools(gpg: str) -> Iterator[Finding]:
    """Yield a finding for git, for the program that signs, and for the one that verifies."""
    yield _examine("git", "git", GIT, _git_version)
    yield _examine("gpg", gpg, GNUPG, lambda: _gpg_version(gpg))
    yield _examine("gpgv", "gpgv", GNUPG, lambda: _gpg_version("gpgv"))


def _examine(topic: str, program: str, least: Version, ask: Callable[[], bytes]) -> Finding:
    try:
        answer = ask()
    except LocalciError as error:
        return failed(topic, error)
    match = _VERSION.search(answer)
    wanted = ".".join(map(str, least))
    if match is None:
        what = f"{program} does not say its version"
        return Finding(Level.FAIL, topic, what, f"install {wanted} or newer", NO_VERDICT)
    found = match[1].decode("ascii")
    if tuple(map(int, found.split("."))) < least:
        what = f"{program} is {found}, older than {wanted}"
        return Finding(Level.FAIL, topic, what, f"install {wanted} or newer", NO_VERDICT)
    return fine(topic, found)


def _git_version() -> bytes:
    return run_git(["version"], directory=os.sep, environment=user_environment())


def _gpg_version(program: str) -> bytes:
    return run_gpg(program, ["--version"], home="", timeout=_TIMEOUT).output
