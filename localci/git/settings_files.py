"""The files that decide what git does for the user, its own and those that their settings name."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths

_FILE: Final = "file:"
_HOOKS: Final = "core.hookspath"
_INCLUDING: Final = ("include", "includeif")
_KEYS: Final = ("user.signingkey", "localci.signingkey")
_CREDENTIALS: Final = "credential."
_CREDENTIAL_FILES: Final = ("--file", "--socket")
"""Of git-credential-store(1) and git-credential-cache(1)."""
_SECRETS_OF_HTTP: Final = (".cookiefile", ".sslkey")
_PUBLIC_ENDS: Final = ("-cert.pub", ".pub")


class SettingsFiles(NamedTuple):
    """Real or not yet made, absolute paths: what git reads or runs, and what is secret.

    `hooks` are the directories from which it runs hooks.
    """

    used: tuple[str, ...]
    secret: tuple[str, ...]
    hooks: tuple[str, ...]


def settings_files(repository: RepositoryPaths) -> SettingsFiles:
    """Return the files from which git has its settings here, and what these name.

    Included files are among them, and programs like `gpg.program`; signing keys and files of
    tokens are the secret ones. Raises GitError.
    """
    listed = run_git(
        ["config", "--list", "--show-origin", "-z"],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )
    parts = os.fsdecode(listed).split("\0")
    base = repository.worktree or repository.git_dir
    used: dict[str, None] = {}
    secret: dict[str, None] = {}
    hooks: dict[str, None] = {}
    for origin, setting in zip(parts[::2], parts[1::2], strict=False):
        key, _, value = setting.partition("\n")
        if origin.startswith(_FILE):
            file = os.path.join(repository.location, origin[len(_FILE) :])
            used[file] = None
            used.update(dict.fromkeys(_included(key, value, os.path.dirname(file))))
        used.update(dict.fromkeys(_used(key, value)))
        secret.update(dict.fromkeys(_secret(key, value, base)))
        if key == _HOOKS:
            hooks[os.path.normpath(os.path.join(base, os.path.expanduser(value)))] = None
    return SettingsFiles(tuple(used), tuple(secret), tuple(hooks))


def _included(key: str, value: str, base: str) -> Iterator[str]:
    """Name the file that one in `base` includes, now or under a condition.

    git ignores it while it is missing, and reads it once somebody has made it.
    """
    section, _, rest = key.partition(".")
    if section in _INCLUDING and rest.rpartition(".")[2] == "path":
        yield os.path.normpath(os.path.join(base, os.path.expanduser(value)))


def _used(key: str, value: str) -> Iterator[str]:
    """Name the file in a value, which may be a command with arguments."""
    if key == _HOOKS:
        return
    whole = os.path.expanduser(value)
    for path in dict.fromkeys((whole, os.path.expanduser(value.lstrip("!").split(" ", 1)[0]))):
        if path.startswith("/") and os.path.isfile(path):
            yield path


def _secret(key: str, value: str, base: str) -> Iterator[str]:
    """Name the file of a secret in a value: of a key, tokens, cookies."""
    if key in _KEYS:
        # The public half may be named; ssh-keygen(1) finds the secret one beside it.
        end = next((end for end in _PUBLIC_ENDS if value.endswith(end)), "")
        yield from _file(value.removesuffix(end), base)
    elif key.startswith("http.") and key.endswith(_SECRETS_OF_HTTP):
        yield from _file(value, base)
    elif key.startswith(_CREDENTIALS) and key.endswith(".helper"):
        words = _words(value)
        for word, following in zip(words, [*words[1:], ""], strict=True):
            option, _, path = word.partition("=")
            if option in _CREDENTIAL_FILES:
                yield from _file(os.path.expandvars(path or following), base)


def _words(command: str) -> list[str]:
    """Return the words of a shell command; roughly, where it is more than words."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _file(name: str, base: str) -> Iterator[str]:
    path = os.path.normpath(os.path.join(base, os.path.expanduser(name)))
    if name and os.path.exists(path) and not os.path.isdir(path):
        yield path
