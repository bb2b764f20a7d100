"""See whether a `.git` still says what it said when the checks began.

All checks of a workspace share it, so one that changes it can have others say what they do not
mean: `git update-index --assume-unchanged` hides a change from the `git diff` of another. Compared
is what decides on answers of git: HEAD, refs, configuration, attributes and ignored names, from
where objects are borrowed, and the index but for what `git status` refreshes.

Git believes the name of an object, and one of its own goes before a borrowed one. So a loose object
has to be what its name says (`loose_objects`); new packs, and files that tell git of objects what
it would else read from these, are a change whatever they hold: to prove them is too dear.

Looked at are plain files: git runs no program here, since commands can write its configuration.
Hooks are left out, and with them `core.hooksPath` and `user.*`: tools such as husky set them from
`npm ci`, and they decide on nothing but a check's own commits.
"""
# os.path and plain strings, as for all that is done after each command.

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.prover.workspace.contents import is_real_directory
from localci.prover.workspace.git_index import index_digest
from localci.prover.workspace.loose_objects import forged_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HEAD: Final = "HEAD"
INDEX: Final = "index"
_CONFIG: Final = "config"
_PACKED: Final = "packed-refs"
WHOLE: Final = (
    HEAD,
    INDEX,
    _CONFIG,
    _PACKED,
    "config.worktree",
    "commondir",
    "shallow",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "info/sparse-checkout",
    "objects/info/alternates",
)
_REFS: Final = "refs"
_OBJECTS: Final = "objects"
_LOCKS: Final = ".lock"
_MOST: Final = 256 * 1024 * 1024
"""Bytes of a file that are read; of a longer one no more is known than that it is one."""
_SPACE: Final = b" \t\r"
_HEADER: Final = re.compile(rb'\[[\w.-]+(?: "[^"\\]*")?\]')
"""A line that is a section's header and no more: git allows a setting after it."""
_VALUE: Final = rb'[ \t]*=(?:[^"\\#;]|"[^"\\]*")*'
"""A value that ends with its line, and that git can read."""
_HOOKS_PATH: Final = re.compile(rb"hookspath" + _VALUE, re.IGNORECASE)
_USER: Final = re.compile(rb"[a-zA-Z][a-zA-Z0-9-]*" + _VALUE)
_OF_OBJECTS: Final = re.compile(
    r".*\.(?:idx|pack|rev|bitmap|mtimes|midx|graph)|(?:multi-pack-index|commit-graph)(?:-chain)?",
    re.DOTALL,
)
"""The names in `objects/pack` and `objects/info` by which git finds objects, and the history."""


class Watched(NamedTuple):
    """A git directory: how its path is told, where it is, which files of it; ids like `like`.

    With `_PACKED` among the files, the loose refs are watched too, and the objects.
    """

    told: str
    git_dir: str
    names: Sequence[str]
    like: str


class _Known(NamedTuple):
    """A file as it was last read, and what that means."""

    digest: bytes
    means: bytes


class GitWatch:
    """What some git directories said, and files that lead to them (`gitdir:`)."""

    def __init__(self, watched: Iterable[Watched], leading: Iterable[tuple[str, str]] = ()) -> None:
        """Look at them now. `leading` has files as they are told, and where they are.

        Raises OSError.
        """
        self._watched = tuple(watched)
        self._leading = tuple(leading)
        self._known: dict[str, _Known] = {}
        self._expected: dict[str, bytes] = {}
        self.accept()

    def accept(self) -> None:
        """Take what is there now for what should be. Raises OSError."""
        self._expected = dict(self._look())

    def changed(self) -> tuple[str, ...]:
        """Return what is not as it was, as it is told. Raises OSError."""
        now, before = dict(self._look()), self._expected
        changed = sorted(
            name for name in now.keys() | before.keys() if now.get(name) != before.get(name)
        )
        gone = [one.told for one in self._watched if one.told in changed]
        return tuple(gone or changed)

    def _look(self) -> Iterator[tuple[str, bytes]]:
        for told, path in self._leading:
            yield told, _read(path)
        for one in self._watched:
            if not is_real_directory(one.git_dir):
                continue
            yield one.told, b"there"
            refs: dict[str, bytes] = {}
            for name in one.names:
                means = self._meaning(one, name)
                if name == _PACKED:
                    refs = dict(_packed(means))
                elif means:
                    yield f"{one.told}/{name}", means
            if _PACKED in one.names:
                refs |= _loose(one.git_dir)
                for name, target in refs.items():
                    yield f"{one.told}/{name}", target
                for name, means in _objects(one):
                    yield f"{one.told}/{name}", means

    def _meaning(self, one: Watched, name: str) -> bytes:
        content = _read(f"{one.git_dir}/{name}")
        if name == INDEX and content:
            # The dearest of them, and mostly the same bytes as before.
            digest = hashlib.sha256(content).digest()
            known = self._known.get(one.git_dir)
            if known is None or known.digest != digest:
                known = _Known(digest, index_digest(content, one.like) or b"not understood")
                self._known[one.git_dir] = known
            return known.means
        return _without_hooks(content) if name == _CONFIG else content


def _packed(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the refs of `packed-refs`: rows `<id> SP <name>`; others explain them."""
    for row in content.splitlines():
        target, space, name = row.partition(b" ")
        if space and not row.startswith((b"#", b"^")):
            yield os.fsdecode(name), target


def _loose(git_dir: str) -> dict[str, bytes]:
    """Return the refs that have a file of their own; git's locks are none."""
    refs = {}
    for directory, _, names in os.walk(f"{git_dir}/{_REFS}"):
        for name in names:
            if not name.endswith(_LOCKS):
                path = f"{directory}/{name}"
                refs[path.removeprefix(f"{git_dir}/")] = _read(path).strip()
    return refs


def _objects(one: Watched) -> Iterator[tuple[str, bytes]]:
    """Yield forged loose objects, and all packs and what speaks of objects like these."""
    objects = f"{one.git_dir}/{_OBJECTS}"
    for name, digest in forged_objects(objects, one.like):
        yield f"{_OBJECTS}/{name}", digest
    for top in ("info", "pack"):
        for directory, _, names in os.walk(f"{objects}/{top}"):
            for name in filter(_OF_OBJECTS.fullmatch, names):
                path = f"{directory}/{name}"
                yield path.removeprefix(f"{one.git_dir}/"), _digest(path)


def _digest(path: str) -> bytes:
    """Return a digest of a file; of one too long to be read, what is known without that."""
    with contextlib.suppress(FileNotFoundError):
        found = os.lstat(path)
        if found.st_size > _MOST:
            return b"%d %d %d" % (found.st_ino, found.st_size, found.st_ctime_ns)
    return hashlib.sha256(_read(path)).digest()


def _without_hooks(config: bytes) -> bytes:
    """Return a configuration without what decides on a check's own commits, by its lines.

    Left out is only a line that stands for itself: it neither goes on in the next one, nor has a
    second setting or what git cannot read.
    """
    kept = []
    section = b""
    for line in config.split(b"\n"):
        text = line.strip(_SPACE)
        if _HEADER.fullmatch(text):
            section = text.lower()
            continue
        is_hooks = section == b"[core]" and _HOOKS_PATH.fullmatch(text)
        is_user = section == b"[user]" and _USER.fullmatch(text)
        if not (is_hooks or is_user or not text):
            kept.append(section + b"\0" + text)
    return b"\n".join(kept)


def _read(path: str) -> bytes:
    """Return what a file says; nothing where none is. Links are not followed. Raises OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError:
        # A link, a socket, no right to read it: whatever it is, it is not what stood there.
        return b"\0unreadable" if os.path.lexists(path) else b""
    with contextlib.closing(os.fdopen(descriptor, "rb")) as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
            return b"\0no file to read"
        return file.read(_MOST)
