"""The one way in which localci starts git by hand, and the environments it does it with."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from localci.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import IO

# What `git rev-parse --local-env-vars` lists (git 2.39 to 2.53): git sets some of these for its
# hooks, and any of them turns a command meant for one repository into one on another.
LOCAL_VARIABLES: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
PUBLISHING: Final = "LOCALCI_PUBLISHING"
"""Set in the environment of localci's own pushes, so that no hook of ours answers them."""


def user_environment() -> dict[str, str]:
    """Return the environment for git in the user's own repository, by the user's settings."""
    environment = {k: v for k, v in os.environ.items() if k not in LOCAL_VARIABLES}
    # A replaced object would be signed as what it is not (gitreplace is for eyes).
    environment.update(GIT_NO_REPLACE_OBJECTS="1")
    environment.update(LC_ALL="C", GIT_TERMINAL_PROMPT=os.environ.get("GIT_TERMINAL_PROMPT", "1"))
    return environment


def repository_environment(git_dir: str) -> dict[str, str]:
    """Return the environment for git in the user's repository, whatever directory it starts in."""
    return user_environment() | {"GIT_DIR": git_dir}


def without_fetching(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which git fetches nothing that a partial clone left out.

    git before 2.45 does not know of the first variable; by the second no transport is allowed.
    """
    return {**environment, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}


def with_settings(
    environment: Mapping[str, str], settings: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return an environment with git configuration added (git-config(1), GIT_CONFIG_COUNT)."""
    found = dict(environment)
    given = found.get("GIT_CONFIG_COUNT", "")
    number = int(given) if given.isascii() and given.isdigit() else 0
    for key, value in settings:
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value
        number += 1
    found["GIT_CONFIG_COUNT"] = str(number)
    return found


def isolated_environment() -> dict[str, str]:
    """Return the environment for git in a directory of our own: no configuration but that one's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment.update(
        LC_ALL="C",
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_SYSTEM=os.devnull,
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_ATTR_NOSYSTEM="1",
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_NO_LAZY_FETCH="1",
        GIT_OPTIONAL_LOCKS="0",
        GIT_TERMINAL_PROMPT="0",
    )
    return environment


def run_git(  # noqa: PLR0913 - all by name
    arguments: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    standard_input: bytes = b"",
    timeout: float | None = None,
    output: IO[bytes] | None = None,
) -> bytes:
    """Run git in `directory` and return its standard output. Raises GitError with git's own words.

    `timeout` is in seconds; none means that git may take its time. With `output`, a file, what git
    prints goes there and nothing is returned.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=environment,
            input=standard_input,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE,
            check=False,
            timeout=timeout,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise git_did_not_start(error) from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} gave no answer in {timeout:.0f} s") from None
    if done.returncode != 0:
        raise GitError(describe_failure(arguments[0], done.returncode, done.stderr))
    return done.stdout if output is None else b""


def git_did_not_start(error: OSError) -> GitError:
    """Say which of the two is missing: git itself, or the directory it was to start in."""
    if error.filename not in {None, "git"} and not os.path.isdir(str(error.filename)):
        return GitError(f"{error.filename} is not a directory")
    if isinstance(error, FileNotFoundError):
        return GitError("git is not installed or not on PATH", then="install git 2.39 or newer")
    return GitError(f"git cannot be started: {error.strerror}")


def describe_failure(command: str, code: int, stderr: bytes) -> str:
    """Make one line of what git said."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    last = (telling or [line for line in lines if line] or [f"exit code {code}"])[-1]
    return f"git {command}: {last.removeprefix('fatal: ').removeprefix('error: ')}"
