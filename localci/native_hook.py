"""The native git hooks: where they stand, what stood there before, and how both live together.

A hook is a shim of `hooks/` with the interpreter that installed it written in: `pre-push`, those
that have commits checked in the background, or `pre-receive` on a server. Another hook that was
there is kept as `pre-push.before-localci` and run first. pre-commit and prek, when they are
installed later, move ours to `pre-push.legacy` and run it first.
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, write_whole
from localci.errors import LocalciError, UsageError
from localci.git.settings import hooks_directory

if TYPE_CHECKING:
    from localci.git.discovery import RepositoryPaths

HOOK: Final = "pre-push"
SERVER_HOOK: Final = "pre-receive"
BACKGROUND_HOOKS: Final = ("post-commit", "post-merge", "post-rewrite")
LEGACY: Final = "pre-push.legacy"
_KEPT: Final = ".before-localci"
_LEGACY: Final = ".legacy"
_ALL: Final = (HOOK, *BACKGROUND_HOOKS, SERVER_HOOK)
_MARKS: Final = tuple(f"The {name} hook of localci" for name in _ALL)
_INTERPRETER: Final = "python=''"


def install_hook(repository: RepositoryPaths) -> list[str]:
    """Install the hook and return what was done, a line each. Raises LocalciError."""
    return _put_beside_managers(_own_hooks_directory(repository, HOOK) / HOOK)


def install_background_hooks(repository: RepositoryPaths) -> list[str]:
    """Install the hooks that have new commits checked; return what was done, a line each.

    Raises LocalciError.
    """
    directory = _own_hooks_directory(repository, HOOK)
    return [line for name in BACKGROUND_HOOKS for line in _put_beside_managers(directory / name)]


def install_server_hook(repository: RepositoryPaths) -> list[str]:
    """Install the hook of a git server, into a bare repository. Raises LocalciError."""
    if repository.worktree:
        raise UsageError(
            f"{repository.worktree} is no bare repository, and nobody pushes to it",
            then="on the server, in the bare one: `localci install --pre-receive`",
        )
    return _put(_own_hooks_directory(repository, SERVER_HOOK) / SERVER_HOOK)


def _put_beside_managers(hook: Path) -> list[str]:
    """Put the hook there; where pre-commit or prek has moved ours aside, it is renewed there."""
    legacy = hook.with_name(hook.name + _LEGACY)
    if _is_ours(legacy) and not _is_ours(hook):
        _write(legacy, hook.name)
        return [f"the hook is installed already, as {legacy}; pre-commit runs it"]
    return _put(hook)


def _put(hook: Path) -> list[str]:
    """Put the hook there, and return what was done, a line each."""
    done = []
    if hook.exists() and not _is_ours(hook):
        previous = hook.with_name(hook.name + _KEPT)
        if previous.exists():
            raise UsageError(f"both {hook} and {previous} exist", then="remove one of them")
        with explained(str(hook)):
            hook.rename(previous)
        done.append(f"{hook} was there; it is kept as {previous} and runs first")
    already = _is_ours(hook)
    _write(hook, hook.name)
    done.append(f"{'the hook is installed already:' if already else 'installed'} {hook}")
    return done


def uninstall_hook(repository: RepositoryPaths) -> list[str]:
    """Remove the hook and return what was done, a line each. Raises LocalciError."""
    directory = Path(hooks_directory(repository))
    done = []
    for name in _ALL:
        done += _take_away(directory / name)
    return done or ["no hook of localci is installed here"]


def _take_away(hook: Path) -> list[str]:
    """Remove ours and give back what it was put before."""
    done = []
    for path in (hook, hook.with_name(hook.name + _LEGACY)):
        if _is_ours(path):
            with explained(str(path)):
                path.unlink()
            done.append(f"removed {path}")
    previous = hook.with_name(hook.name + _KEPT)
    if done and previous.exists() and not hook.exists():
        with explained(str(previous)):
            previous.rename(hook)
        done.append(f"gave back {hook}")
    return done


def find_hook(repository: RepositoryPaths) -> Path | None:
    """Return where our hook stands, or None where it is not installed."""
    directory = Path(hooks_directory(repository))
    return next((directory / name for name in (HOOK, LEGACY) if _is_ours(directory / name)), None)


def _own_hooks_directory(repository: RepositoryPaths, name: str) -> Path:
    directory = Path(hooks_directory(repository))
    owned = [Path(place) for place in (repository.common_dir, repository.worktree) if place]
    if not any(directory.resolve().is_relative_to(place.resolve()) for place in owned):
        raise UsageError(
            f"core.hooksPath leads to {directory}, outside of this repository",
            then=f'call `localci {name} "$@"` from {directory / name}, or unset core.hooksPath',
        )
    return directory


def _is_ours(path: Path) -> bool:
    try:
        content = path.read_text("utf-8", "replace")
    except OSError:
        return False
    return any(mark in content for mark in _MARKS)


def _write(path: Path, name: str) -> None:
    shim = _shim(name).replace(_INTERPRETER, f"python='{_quoted(sys.executable)}'", 1)
    with explained(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(str(path), shim.encode("utf-8"), mode=0o755)


def _shim(name: str) -> str:
    """Return the shim as shipped: in the wheel beside the modules, in a checkout at the root."""
    package = resources.files("localci")
    for place in (package / "hooks" / name, package / ".." / "hooks" / name):
        if place.is_file():
            return place.read_text("utf-8")
    raise LocalciError(f"localci is not installed whole: hooks/{name} is missing")


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")
