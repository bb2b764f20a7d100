"""The remotes that the user's repository knows, by its configuration, read through GitPython.

One question tells all: what `insteadOf` and `pushInsteadOf` make of an address is found out here
(git-config(1), `url.<base>.…`), as git does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import git_did_not_start
from localci.git.discovery import find_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WAYS: Final = frozenset({"proxy", "proxyauthmethod", "receivepack", "uploadpack", "vcs"})
"""Settings of a remote that say how it is reached (git-config(1), `remote.<name>.…`)."""
_EVERYWHERE: Final = frozenset({"system", "global"})
"""The scopes that a git in another directory of this user reads by itself."""
_OF_CORE: Final = frozenset({"core.askpass", "core.gitproxy", "core.sshcommand"})
_BOUND: Final = frozenset(
    {
        *("branch", "core", "extensions", "fetch", "gc", "include", "includeif", "maintenance"),
        *("push", "receive", "remote", "submodule", "transfer", "uploadpack", "url"),
    }
)
"""Sections that speak of the repository itself, or of what its own pushes and fetches do."""


class Settings(NamedTuple):
    """The user's settings for a git in another directory, by key and value, in order.

    `complete`: they are all there are, and it reads no others; else it reads by itself those that
    hold everywhere.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    complete: bool = False


class Target(NamedTuple):
    """One place that a push reaches: what it is called here, its URL, and how it is reached.

    `name` is the remote's, or the URL where it has none of its own. `ways` are settings by the last
    part of their keys.
    """

    name: str
    url: str
    ways: Mapping[str, str]
    settings: Settings = Settings()


def remote_addresses(repository: str) -> dict[str, tuple[str, ...]]:
    """Return, for each remote's name, its addresses as written and as `insteadOf` makes them.

    Fetch addresses stand before push addresses. Raises GitError.
    """
    configuration = _read(repository)
    return {
        name: tuple(
            dict.fromkeys(
                (
                    *configuration.urls(name),
                    *configuration.fetched_from(name),
                    *configuration.pushed_to(name),
                )
            )
        )
        for name in configuration.names
    }


def push_targets(repository: str, remote: str) -> tuple[Target, ...]:
    """Return every place that `git push <remote>` reaches; `remote` is a name or a URL.

    Where a remote is fetched from one place and pushed to others, each of those has its own notes.
    Raises GitError.
    """
    configuration = _read(repository)
    settings = configuration.settings
    if remote not in configuration.names:
        (url,) = configuration.pushed_as([remote])
        return (Target(remote, url, {}, settings),)
    urls, ways = configuration.pushed_to(remote), configuration.ways(remote)
    if len(urls) == 1:
        return (Target(remote, urls[0], ways, settings),)
    return tuple(Target(url, url, ways, settings) for url in urls)


class _Setting(NamedTuple):
    scope: str
    key: str
    value: str


class _Configuration:
    """What git says is configured."""

    def __init__(self, rows: tuple[_Setting, ...]) -> None:
        self._rows = rows
        self._values: dict[str, list[str]] = {}
        for row in rows:
            self._values.setdefault(row.key, []).append(row.value)
        parts = (_parts(key) for key in self._values)
        self.names = dict.fromkeys(name for first, name, _ in parts if first == "remote" and name)
        self._bases = [
            (kind, base, start)
            for key, starts in self._values.items()
            for first, base, kind in [_parts(key)]
            if first == "url"
            for start in starts
        ]

    @property
    def settings(self) -> Settings:
        complete = any(row.scope in _EVERYWHERE and _depends(row.key) for row in self._rows)
        return Settings(
            tuple(
                (row.key, row.value)
                for row in self._rows
                if (complete or row.scope not in _EVERYWHERE)
                and (row.key in _OF_CORE or _parts(row.key)[0] not in _BOUND)
            ),
            complete,
        )

    def urls(self, remote: str) -> list[str]:
        """Return the addresses as they are written."""
        return self._values.get(f"remote.{remote}.url", [])

    def fetched_from(self, remote: str) -> list[str]:
        return [self._rewritten(url, "insteadof") for url in self.urls(remote)]

    def pushed_to(self, remote: str) -> list[str]:
        named = self._values.get(f"remote.{remote}.pushurl", [])
        if named:
            return [self._rewritten(url, "insteadof") for url in named]
        return self.pushed_as(self.urls(remote))

    def pushed_as(self, urls: Iterable[str]) -> list[str]:
        """Return where a push goes that has addresses to fetch from and no others."""
        written = tuple(urls)
        others = [self._rewritten(url, "pushinsteadof") for url in written]
        elsewhere = [other for other, url in zip(others, written, strict=True) if other != url]
        return elsewhere or [self._rewritten(url, "insteadof") for url in written]

    def ways(self, remote: str) -> Mapping[str, str]:
        found = {way: self._values.get(f"remote.{remote}.{way}") for way in sorted(_WAYS)}
        return {way: values[-1] for way, values in found.items() if values}

    def _rewritten(self, url: str, kind: str) -> str:
        """Return what an address becomes: the longest fit wins, and of these the first."""
        fits = [row for row in self._bases if row[0] == kind and url.startswith(row[2])]
        if not fits:
            return url
        _, base, start = max(fits, key=lambda row: len(row[2]))
        return base + url.removeprefix(start)


def _depends(key: str) -> bool:
    """Tell whether a setting means one thing here and another in a directory of ours.

    An `includeIf` asks where it is, and from a promisor git would fetch what is missing on purpose.
    """
    first, _, last = _parts(key)
    return first == "includeif" or (
        first == "remote" and last in {"promisor", "partialclonefilter"}
    )


def _parts(key: str) -> tuple[str, str, str]:
    """Return a key's section, what is named in it (anything, or nothing), and its last part."""
    first, _, rest = key.partition(".")
    name, _, last = rest.rpartition(".")
    return first, name, last


def _read(repository: str) -> _Configuration:
    listed = _ask(repository, "config", "--list", "-z", "--show-scope")
    return _Configuration(tuple(_rows(listed)))


def _rows(listed: str) -> Iterator[_Setting]:
    parts = iter(listed.split("\0"))
    for scope, row in zip(parts, parts, strict=False):
        key, newline, value = row.partition("\n")
        # A key that stands alone is a yes (git-config(1)).
        yield _Setting(scope, key, value if newline else "true")


def _ask(repository: str, *arguments: str) -> str:
    try:
        # GitPython refuses to be imported where there is no git, which deserves a clear line.
        from git.exc import GitCommandError, GitCommandNotFound  # noqa: PLC0415

        from git import Git  # noqa: PLC0415
    except ImportError:
        raise git_did_not_start(FileNotFoundError()) from None
    # No `Repo`, which would read the configuration by itself and cannot read all of what git can.
    paths = find_repository(repository)
    try:
        _, output, _ = Git(paths.location).execute(
            ["git", *arguments],
            env={"GIT_DIR": paths.git_dir, "LC_ALL": "C"},
            with_extended_output=True,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    except GitCommandNotFound:
        raise git_did_not_start(FileNotFoundError()) from None
    except GitCommandError as error:
        raise GitError(f"git {arguments[0]}: {_last_line(error)}") from None
    return bytes(output).decode("utf-8", "surrogateescape")


def _last_line(error: Exception) -> str:
    """Return git's last words, which GitPython puts between quotation marks."""
    return str(error).rstrip("' \n").rpartition("\n")[2].strip().removeprefix("stderr: 'fatal: ")
