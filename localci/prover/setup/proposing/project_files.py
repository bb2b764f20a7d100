"""One directory of the working tree that has a manifest of its own: the root, or one below it."""

from __future__ import annotations

import configparser
import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.toml_file import read_toml
from localci.errors import FormatError, UsageError
from localci.formats.strict_json import loads_object
from localci.prover.setup.proposing.yaml_file import YamlNode, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.toml_file import TomlTable
    from localci.formats.strict_json import JsonObject
    from localci.prover.setup.working_tree import WorkingTree

MANIFESTS: Final = ("pyproject.toml", "setup.py", "Cargo.toml", "package.json", "go.mod")
MAX_DIRECTORIES: Final = 24
"""So many directories with manifests of their own are looked at."""

_IN_NO_NAME: Final = re.compile(r"[{}*?\[\]\\]|[^\S ]")

_DEPTH: Final = 3
_BUILT: Final = frozenset({"node_modules", "vendor", "target", "build", "dist", "site-packages"})
_NOT_ENTERED: Final = frozenset(
    {
        "node_modules", "vendor", "vendored", "third_party", "target", "build", "dist", "env",
        "venv", "site-packages", "test", "tests", "testing", "testdata", "fixtures", "example",
        "examples", "templates", "doc", "docs", "fuzz", "bench", "benches", "benchmarks",
    }
)  # fmt: skip
"""What lies in these is no part of the project, or one that its own tests run."""


_FOREIGN: Final = frozenset({"pyvenv.cfg", ".git", ".cargo-checksum.json"})
"""What stands in the directory of an environment, another repository, or a vendored crate."""
_MOST_SOURCES: Final = 5000


@dataclass(frozen=True)
class ProjectFiles:
    """The files below `directory`, "" for the root, by paths from there."""

    tree: WorkingTree
    directory: str = ""

    def path(self, name: str) -> str:
        """Return a file's path from the root."""
        return f"{self.directory}/{name}" if self.directory else name

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes, None where there is none. Raises UsageError."""
        path = self._real_path(name)
        return self.tree.read(path) if path else None

    def text(self, name: str) -> str:
        """Return a file's text, "" where there is none. Raises UsageError."""
        return (self.read(name) or b"").decode("utf-8", "replace")

    def has(self, *names: str) -> bool:
        """Tell whether one of the files is there."""
        return any(self.tree.has_file(self.path(name)) and self._real_path(name) for name in names)

    def _real_path(self, name: str) -> str:
        """Return where a file is that may be a link within the tree, "" for one out of it."""
        root = Path(os.path.realpath(self.tree.root))
        real = Path(os.path.realpath(root / self.path(name)))
        return real.relative_to(root).as_posix() if real.is_relative_to(root) else ""

    def has_directory(self, name: str) -> bool:
        """Tell whether a directory is there, and no link to one."""
        found = self.tree.root / self.path(name)
        return found.is_dir() and not found.is_symlink()

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the paths from here of the files that match a glob pattern, sorted."""
        if not self.directory:
            return self.tree.matching(pattern)
        skipped = len(self.directory) + 1
        found = self.tree.matching(f"{glob.escape(self.directory)}/{pattern}")
        return tuple(path[skipped:] for path in found)

    def sources(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """Yield the paths from here of the project's own files whose names match, up to some."""
        root = self.tree.root / self.directory
        looked_at = 0
        for place, inner, names in os.walk(root):
            where = Path(place).relative_to(root)
            if where.parts and not _FOREIGN.isdisjoint([*names, *inner]):
                inner.clear()
                continue
            inner[:] = sorted(name for name in inner if name not in _BUILT and name[0] != ".")
            looked_at += len(names)
            if looked_at > _MOST_SOURCES:
                return
            yield from ((where / name).as_posix() for name in sorted(names) if pattern.search(name))

    def source(self, name: str) -> str:
        """Return a source file's text to search in, "" for one that cannot be looked at."""
        try:
            return self.text(name)
        except UsageError:
            # Generated ones may be large, and some are links: what they hold decides nothing.
            return ""

    def toml(self, name: str) -> TomlTable:
        """Return the tables of a TOML file, none where there is none. Raises UsageError."""
        data = self.read(name)
        return {} if data is None else read_toml(data, self.path(name)).tables

    def json(self, name: str) -> JsonObject:
        """Return the object of a JSON file, empty where there is none. Raises UsageError."""
        data = self.read(name)
        try:
            return {} if data is None else loads_object(data, self.path(name))
        except FormatError as error:
            raise UsageError(str(error)) from None

    def yaml(self, name: str) -> YamlNode:
        """Return what a YAML file holds, a null where there is none. Raises UsageError."""
        path = self.path(name)
        data = self.read(name)
        return YamlNode(path, 1) if data is None else read_yaml(data, path)

    def ini(self, name: str) -> configparser.RawConfigParser:
        """Return the sections of an INI file, as far as they can be read."""
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(self.text(name))
        except configparser.Error:
            # The tools whose file it is say better what is wrong with it.
            return configparser.RawConfigParser()
        return parser


def directories_below(tree: WorkingTree) -> tuple[str, ...]:
    """Return the directories below the root that have a manifest of their own, sorted.

    Links are not followed; other repositories and virtual environments are not entered.
    """
    return tuple(sorted(_directories(tree.root)))


def can_be_named(directory: str) -> bool:
    """Tell whether a configuration can name a directory: not as a pattern, nor a placeholder."""
    return _IN_NO_NAME.search(directory) is None and not directory.startswith("-")


def _directories(root: Path) -> Iterator[str]:
    for place, inner, names in os.walk(root):
        where = Path(place).relative_to(root)
        if where.parts and not _FOREIGN.isdisjoint([*names, *inner]):
            inner.clear()
            continue
        if where.parts and not set(MANIFESTS).isdisjoint(names) and str(where).isprintable():
            yield where.as_posix()
        if len(where.parts) >= _DEPTH:
            inner.clear()
        inner[:] = [name for name in inner if name not in _NOT_ENTERED and name[0] != "."]
