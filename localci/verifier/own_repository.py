"""The verifier's own bare directory: git never runs in the repository under judgement.

That repository's configuration is executed by as little as reading a missing object, so its refs
are asked for with `git ls-remote`, and its objects are borrowed through `info/alternates` by a
directory whose whole configuration is written here (design 8, item 2).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.command import isolated_environment, run_git, user_environment
from localci.git.objects import ObjectReader
from localci.git.refs import NOTES_REF

if TYPE_CHECKING:
    from collections.abc import Iterator

LS_REMOTE_TIMEOUT: Final = 20.0
FETCH_TIMEOUT: Final = 120.0
"""Seconds."""

_FETCHED: Final = "refs/localci/fetched"
# git refuses repositories of other owners because their configuration would be executed; here it
# is not (upload-pack runs hooks of the protected configuration only, and this is all of that).
_GLOBAL: Final = "[safe]\n\tdirectory = *\n"


class _Listed(NamedTuple):
    """What `git ls-remote --symref` lists: ids by ref, and the refs that lead to others."""

    refs: dict[str, str]
    symrefs: dict[str, str]


class OwnRepository:
    """A private directory with a bare repository that borrows another's objects.

    `scratch` is private too, for files that other programs must be given.
    """

    def __init__(self, directory: str, objects: str, listed: _Listed) -> None:
        self.refs = listed.refs
        """The refs of the repository under judgement, by full name, and `HEAD`."""
        self.symrefs = listed.symrefs
        """Which of them lead to another ref, and to which."""
        self.scratch = os.path.join(directory, "scratch")
        self._git_dir = os.path.join(directory, "git")
        self._environment = _environment(directory)
        sha256 = any(made_by_sha256(object_id) for object_id in self.refs.values())
        _lay_out(self._git_dir, objects, sha256=sha256)
        os.mkdir(self.scratch, 0o700)

    def reader(self) -> ObjectReader:
        """Start to read objects."""
        return ObjectReader(self._git_dir, self._environment)

    def fetch_notes(self, remote: str) -> str | None:
        """Fetch the notes of `remote` (a URL or an absolute path); return their commit, or None.

        Your own git configuration counts here, for credentials; the repository's does not.
        Raises GitError where the remote cannot be reached, which is not the same as no notes.
        """
        environment = user_environment() | {"GIT_DIR": self._git_dir, "GIT_TERMINAL_PROMPT": "0"}
        refspec = f"+{NOTES_REF}:{_FETCHED}"
        try:
            run_git(
                ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1",
                 "--no-auto-maintenance", "--end-of-options", remote, refspec],
                directory=self._git_dir,
                environment=environment,
                timeout=FETCH_TIMEOUT,
            )  # fmt: skip
        except GitError as error:
            if "couldn't find remote ref" in error.what:
                return None
            raise
        return _FETCHED


@contextlib.contextmanager
def own_repository(location: str, objects: str) -> Iterator[OwnRepository]:
    """Give a directory of our own for the repository at `location`; it is gone afterwards.

    Raises GitError where the repository does not answer or no directory can be made.
    """
    try:
        directory = tempfile.mkdtemp(prefix="localci-verify-")
    except OSError as error:
        raise GitError(
            f"no temporary directory can be made: {error.strerror}", then="set TMPDIR"
        ) from None
    try:
        yield OwnRepository(directory, objects, _list_refs(directory, location))
    except OSError as error:
        raise GitError(f"{directory} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _list_refs(directory: str, location: str) -> _Listed:
    with open(os.path.join(directory, "global"), "w", encoding="ascii") as file:
        file.write(_GLOBAL)
    listed = run_git(
        ["ls-remote", "--quiet", "--symref", "--end-of-options", location],
        directory=directory,
        environment=_environment(directory),
        timeout=LS_REMOTE_TIMEOUT,
    )
    found = _Listed({}, {})
    for line in listed.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            found.symrefs[name] = value.removeprefix("ref: ")
        elif name:
            found.refs[name] = value
    return found


def _environment(directory: str) -> dict[str, str]:
    environment = isolated_environment()
    environment["GIT_CONFIG_GLOBAL"] = os.path.join(directory, "global")
    # Never look for a repository around the temporary directory.
    environment["GIT_CEILING_DIRECTORIES"] = directory
    return environment


def _lay_out(git_dir: str, objects: str, *, sha256: bool) -> None:
    """Write what `git init --bare` writes, as far as git needs it (gitrepository-layout(5))."""
    for part in ("", "objects", "objects/info", "refs"):
        os.mkdir(os.path.join(git_dir, part), 0o700)
    config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
    # Or a fetch would run `git for-each-ref` in the repository whose objects are borrowed.
    config += "\talternateRefsCommand = true\n"
    if sha256:
        config += "[extensions]\n\tobjectformat = sha256\n"
    for name, content in (
        ("HEAD", "ref: refs/heads/none\n"),
        ("config", config),
        ("objects/info/alternates", _quote(objects) + "\n"),
    ):
        path = os.path.join(git_dir, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(content)


def _quote(path: str) -> str:
    """Quote a path for `info/alternates`, where `"` starts a C-style quoted one."""
    if path.startswith('"') or "\n" in path:
        escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return path
