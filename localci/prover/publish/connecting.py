"""How git comes to a remote from a directory of ours: by the user's own settings.

git runs in a bare directory that is not the user's repository, and is told of that repository's
configuration by `include.path`: credential helpers, proxies and ssh programs are those of a push by
hand. The address stands in the environment, and a password in it reaches git by a credential helper
of our own: what git starts for http (git-remote-https) has the address among its arguments, which
everybody on the machine can read.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from localci.git.bounded import Bounds
from localci.git.command import PUBLISHING, user_environment, with_settings
from localci.git.partial_fetch import REMOTE, Connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target

SECONDS: Final = 120.0
"""For one fetch or push. Notes are small; who has to type a passphrase has the time for it."""
_BOUNDS: Final = Bounds(file=16 * 1024**3, seconds=SECONDS, computing=600)
_WITH_PASSWORD: Final = re.compile(r"(https?://)([^/?#@:]*):([^/?#@]*)@(.*)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_USERNAME: Final = "LOCALCI_REMOTE_USERNAME"
_PASSWORD: Final = "LOCALCI_REMOTE_PASSWORD"  # noqa: S105 - the name of a variable
_HELPER: Final = (
    f"!f() {{ test \"$1\" = get && printf 'username=%s\\npassword=%s\\n'"
    f' "${_USERNAME}" "${_PASSWORD}"; }}; f'
)


def connect(repository: RepositoryPaths, target: Target, git_dir: Path) -> Connection:
    """Return how to come to a target from the bare directory `git_dir`."""
    told, secrets = _address(target.url)
    environment = user_environment() | secrets
    environment |= {"GIT_DIR": str(git_dir), "GIT_NO_LAZY_FETCH": "1", PUBLISHING: "1"}
    settings = (
        *_repository_settings(repository),
        *_given_settings(os.environ),
        *told,
        *((f"remote.{REMOTE}.{way}", value) for way, value in target.ways.items()),
        ("core.hooksPath", os.devnull),
        ("push.negotiate", "false"),
    )
    # `git -c …`, by which hooks and CI jobs are told things, is stronger than any file.
    if parameters := os.environ.get("GIT_CONFIG_PARAMETERS"):
        environment["GIT_CONFIG_PARAMETERS"] = parameters
    return Connection(
        str(git_dir),
        repository.location,
        with_settings(environment, settings),
        str(git_dir / "complaints"),
        _BOUNDS,
    )


def _repository_settings(repository: RepositoryPaths) -> Iterator[tuple[str, str]]:
    """Yield what makes git read the repository's own configuration."""
    for path in (
        Path(repository.common_dir, "config"),
        Path(repository.git_dir, "config.worktree"),
    ):
        if path.is_file():
            yield "include.path", str(path)


def _given_settings(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the configuration that this process was given by GIT_CONFIG_COUNT."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if count.isascii() and count.isdigit() else 0):
        key = environment.get(f"GIT_CONFIG_KEY_{number}")
        value = environment.get(f"GIT_CONFIG_VALUE_{number}")
        if key is not None and value is not None:
            yield key, value


def _address(url: str) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """Return the settings that name a URL, and the variables with the password it holds, if any."""
    found = _WITH_PASSWORD.fullmatch(url)
    username, password = map(unquote, found.groups()[1:3]) if found else ("", "")
    if not found or not password or _CONTROL.search(username + password):
        return ((f"remote.{REMOTE}.url", url), (f"remote.{REMOTE}.pushurl", url)), {}
    plain = found[1] + found[4]
    settings = (
        (f"remote.{REMOTE}.url", plain),
        (f"remote.{REMOTE}.pushurl", plain),
        ("credential.helper", ""),  # those before it are not asked
        ("credential.helper", _HELPER),
    )
    return settings, {_USERNAME: username, _PASSWORD: password}
