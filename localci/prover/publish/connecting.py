"""How git comes to a remote from a directory of ours: by the user's own settings.

git runs in a bare directory that is not the user's repository, and is told what is configured in
that one: credential helpers, proxies and ssh programs are those of a push by hand. All of it stands
in the environment, where others on the machine cannot read it.
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.git.bounded import Bounds
from localci.git.command import PUBLISHING, user_environment, with_settings, without_fetching
from localci.git.partial_fetch import REMOTE, Connection
from localci.git.plain_address import plain_address
from localci.git.writing import plumbing_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Settings, Target

_BOUNDS: Final = Bounds(file=2 * 1024**3, computing=600)


class Asking(NamedTuple):
    """How git asks a remote: in how many seconds all must be answered, with what variables."""

    seconds: float
    variables: Mapping[str, str] = MappingProxyType({})


WANTED: Final = Asking(60.0)
"""Notes are small; who has to type a passphrase has the time for it."""
IF_IT_CAN_BE: Final = Asking(
    10.0,
    MappingProxyType(
        {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
    ),
)
"""Nobody waits for the answer, and nobody is asked for a password."""


def connect(
    repository: RepositoryPaths, target: Target, git_dir: Path, asking: Asking = WANTED
) -> Connection:
    """Return how to come to a target from the bare directory `git_dir`."""
    address = plain_address(target.url)
    environment = {**user_environment(), **address.variables, **asking.variables}
    environment |= {"GIT_DIR": str(git_dir), "GIT_NO_LAZY_FETCH": "1", PUBLISHING: "1"}
    settings = (
        (f"remote.{REMOTE}.url", address.url),
        (f"remote.{REMOTE}.pushurl", address.url),
        # `insteadOf` was followed already, and git would do it once more: the longest fit wins.
        (f"url.{address.url}.insteadOf", address.url),
        *address.settings,
        *((f"remote.{REMOTE}.{way}", value) for way, value in target.ways.items()),
        ("core.hooksPath", os.devnull),
        ("push.negotiate", "false"),
        ("push.pushOption", ""),  # what is said of branches
    )
    return Connection(
        str(git_dir),
        repository.location,
        _told(environment, target.settings, settings),
        str(git_dir / "complaints"),
        _BOUNDS._replace(seconds=asking.seconds),
    )


def plumbing_environment_of(target: Target, git_dir: Path) -> Mapping[str, str]:
    """Return the environment for git's plumbing in `git_dir`, where the user keeps his name."""
    environment = plumbing_environment() | {"GIT_DIR": str(git_dir)}
    return without_fetching(_told(environment, target.settings, ()))


def _told(
    environment: Mapping[str, str], given: Settings, more: Iterable[tuple[str, str]]
) -> Mapping[str, str]:
    only = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} if given.complete else {}
    settings = (*given.pairs, ("core.logAllRefUpdates", "false"), *more)
    return with_settings({**environment, **only}, settings)
