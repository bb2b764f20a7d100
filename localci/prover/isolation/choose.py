"""Find out whether this machine can hold checks apart, by doing it once."""

from __future__ import annotations

import contextlib
import os
import pwd
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import cache_directory, make_directory, state_directory
from localci.errors import LocalciError
from localci.git.settings_files import settings_files
from localci.prover.isolation.hidden import Surroundings, isolation_for, places_to_make
from localci.prover.isolation.isolation import NAMESPACES, NONE
from localci.prover.process.command import Command
from localci.prover.process.running import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.prover.isolation.isolation import Isolation

_PROBE_TIMEOUT: Final = 20.0
_SWITCHES: Final = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("user/max_user_namespaces", "0", "15000"),
)
"""Files below /proc/sys, the value by which users may have no namespaces, and one by which they
may: Ubuntu's AppArmor, Debian's patch, and the kernel's own limit."""
_CONTAINER: Final = (
    "in a container, its engine has to allow it (Docker: `--security-opt seccomp=unconfined"
    " --security-opt apparmor=unconfined --security-opt systempaths=unconfined`)"
)


def choose_isolation(
    mode: str, repository: RepositoryPaths, environ: Mapping[str, str], visible: Sequence[str]
) -> Isolation | None:
    """Return how commands are held apart; None where they have a clean environment only.

    `mode` is `[run] isolation`: "none", "auto" or "require". `environ` is the user's environment,
    `visible` the run's own directories. Raises LocalciError where it is required and cannot be.
    """
    if mode == "none":
        return None
    if sys.platform != "linux":
        _check_not_required(mode, "only Linux has namespaces", "run it there")
        return None
    for own in (cache_directory(), state_directory()):
        make_directory(own)  # what is made later could not be hidden
    around = _surroundings(repository, environ, visible)
    isolation = _laid_out(around)
    fault = _probe(isolation)
    if not fault:
        return isolation
    _check_not_required(mode, fault, _way_out())
    return None


def isolation_kind(mode: str, repository: RepositoryPaths, environ: Mapping[str, str]) -> str:
    """Return what a run's `environment.isolation` will be: NAMESPACES or NONE.

    Raises as `choose_isolation` does.
    """
    chosen = choose_isolation(mode, repository, environ, ())
    return NONE if chosen is None else NAMESPACES


def isolation_of_kind(
    kind: str, repository: RepositoryPaths, environ: Mapping[str, str], visible: Sequence[str]
) -> Isolation | None:
    """Return how commands are held apart by a kind that `isolation_kind` found to work."""
    if kind == NONE:
        return None
    return _laid_out(_surroundings(repository, environ, visible))


def _laid_out(around: Surroundings) -> Isolation:
    for place in places_to_make(around):
        with contextlib.suppress(LocalciError):  # what we cannot make a check cannot either
            make_directory(place)
    return isolation_for(around)


def _check_not_required(mode: str, fault: str, then: str) -> None:
    if mode == "require":
        raise LocalciError(
            f'isolation = "require", and checks cannot be held apart here: {fault}',
            then=f'{then}; or set isolation = "auto"',
        )


def _surroundings(
    repository: RepositoryPaths, environ: Mapping[str, str], visible: Sequence[str]
) -> Surroundings:
    uid = os.geteuid()
    files = settings_files(repository)
    return Surroundings(
        uid=uid,
        homes=_homes(uid, environ),
        environ=environ,
        own=(cache_directory(), state_directory()),
        needed=(
            *filter(None, repository),
            *_git_file(repository),
            *_own_installation(),
            *files.used,
        ),
        secret=files.secret,
        visible=visible,
        hooks=files.hooks,
    )


def _homes(uid: int, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the home directories: git and gpg look into HOME, ssh asks the user database."""
    homes = [environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        homes.append(pwd.getpwuid(uid).pw_dir)
    return tuple(dict.fromkeys(home for home in homes if home.startswith("/") and home != "/"))


def _own_installation() -> tuple[str, ...]:
    """Return where this program's code lies: who can write there signs with the next push.

    What Python would read first may be missing: `usercustomize` of the user's own directory.
    """
    directories = [path for path in sys.path if path.startswith("/")]
    users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return (sys.prefix, sys.base_prefix, sys.executable, *directories, *users)


def _git_file(repository: RepositoryPaths) -> Iterator[str]:
    """Name the file that says where the repository of a linked work tree is."""
    path = Path(repository.worktree, ".git")
    if repository.worktree and path.is_file():
        yield str(path)


def _probe(isolation: Isolation) -> str:
    """Start a command in namespaces and say what stood in the way; nothing if it ended well."""
    command = Command("exit 0", Path("/"), {}, _PROBE_TIMEOUT, Path(os.devnull))
    ended = run_command(command, isolation)
    if ended.timed_out:
        return f"a command did not end within {_PROBE_TIMEOUT:g} s"
    return ended.fault or (f"a command ended with {ended.exit_code}" if ended.exit_code else "")


def _way_out() -> str:
    """Say what to type, by what this kernel says of itself."""
    for name, forbidding, allowing in _SWITCHES:
        try:
            value = Path("/proc/sys", name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == forbidding:
            return f"`sudo sysctl -w {name.replace('/', '.')}={allowing}` allows it"
    return _CONTAINER
