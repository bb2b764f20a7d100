"""Find the programs that a command line starts, and what tells one version from another.

Nothing is executed. A program is known by its real path, size and time of change; one that lives
in a Python environment also by all that is installed there, so that an upgraded plugin counts, and
rustup's stand-in for `cargo` and the like by the toolchains that it chooses from. A program that is
not on PATH comes from the workspace: the key of setup and the inputs speak for it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.formats.object_ids import sha256_hex
from localci.formats.strict_json import dumps_canonical
from localci.prover.reuse.command_words import command_words, is_python, module_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localci.formats.strict_json import JsonObject

_SHEBANG: Final = 1024
"""Bytes of a script's beginning that are read."""
_SETTINGS: Final = 65_536
"""Bytes of a `pyvenv.cfg`, which has a few lines."""
_SEES_SHARED: Final = re.compile(rb"(?mi)^include-system-site-packages\s*=\s*true")
_RUSTUP: Final = "rustup"
_TOOLCHAINS: Final = 256
"""How many of rustup's toolchains are looked at."""
_UPDATE_HASH: Final = 256
"""Bytes of what rustup keeps of a toolchain's last update, which has twenty."""
_INTERPRETERS: Final = 3
"""How many programs may run one another before it is given up."""
# uv and pip write such a line where a path is too long for the kernel's `#!`.
_TRAMPOLINE: Final = re.compile(rb"#!/bin/sh\n'''exec' (?:\"([^\"\n]+)\"|(\S+)) ")
_INSTALLED: Final = re.compile(r"(.+?)-([^-]+?)(?:-py[0-9.]+)?\.(?:dist-info|egg-info)")
_CONDA_PACKAGE: Final = re.compile(r"(.+)-([^-]+)-[^-]+\.json")


@dataclass(frozen=True)
class CheckTools:
    """The programs of one check: what identifies each, what is installed beside them, versions.

    `identities` decide; `packages` say in words what a digest in them stands for.
    """

    identities: Mapping[str, str]
    packages: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class _Package:
    version: str
    changed: int


@dataclass(frozen=True, eq=False)
class _Environment:
    """A place where Python packages are installed, by their names in one spelling."""

    prefix: str
    packages: Mapping[str, _Package]
    digest: str


@dataclass(frozen=True)
class _Program:
    identity: str
    environments: tuple[_Environment, ...]


class ToolFinder:
    """Looks programs up on one PATH, each once. `rustup_home` is RUSTUP_HOME, where that is set."""

    def __init__(self, path: str, home: str, rustup_home: str = "") -> None:
        self._rows = tuple(Path(row) for row in path.split(os.pathsep) if row.startswith("/"))
        self._home = Path(home or "/")
        self._rustup_home = Path(rustup_home) if rustup_home else self._home / ".rustup"
        self._toolchains = ""
        self._programs: dict[str, _Program | None] = {}
        self._environments: dict[tuple[Path, ...], _Environment] = {}

    def of_commands(self, lines: Iterable[str]) -> CheckTools:
        """Return what the command lines start, as far as PATH knows it."""
        identities: dict[str, str] = {}
        packages: dict[str, str] = {}
        versions: dict[str, str] = {}
        for line in lines:
            found = {word: self._program(word) for word in command_words(line)}
            programs = {word: program for word, program in found.items() if program is not None}
            environments = dict.fromkeys(
                environment for program in programs.values() for environment in program.environments
            )
            identities |= {word: program.identity for word, program in programs.items()}
            for environment in environments:
                identities[f"packages of {environment.prefix}"] = environment.digest
                packages |= _described(environment)
            for word in (*programs, *module_words(line)):
                version = _version_of(word, environments)
                if version:
                    versions[Path(word).name] = version
        return CheckTools(
            MappingProxyType(identities), MappingProxyType(packages), MappingProxyType(versions)
        )

    def _program(self, word: str) -> _Program | None:
        if word not in self._programs:
            path = self._which(word)
            self._programs[word] = None if path is None else self._look_at(path)
        return self._programs[word]

    def _which(self, word: str) -> Path | None:
        if word.startswith("/"):
            return Path(word) if _is_executable(Path(word)) else None
        if not word or "/" in word:
            return None
        return next((row / word for row in self._rows if _is_executable(row / word)), None)

    def _look_at(self, path: Path) -> _Program:
        identities: list[str] = []
        environments: dict[_Environment, None] = {}
        current: Path | None = path
        for _ in range(_INTERPRETERS):
            if current is None:
                break
            identities.append(_identity(current))
            if _is_rustup(current):
                self._toolchains = self._toolchains or _digest_of_toolchains(self._rustup_home)
                identities.append(f"toolchains {self._toolchains}")
            environments.update(dict.fromkeys(self._environments_of(current)))
            current = self._interpreter(current)
        return _Program("; ".join(identities), tuple(environments))

    def _interpreter(self, path: Path) -> Path | None:
        """Return the program that runs a script, by its first line."""
        start = _read(path, _SHEBANG)
        long_path = _TRAMPOLINE.match(start)
        if long_path is not None:
            return Path(os.fsdecode(long_path[1] or long_path[2]))
        if not start.startswith(b"#!"):
            return None
        words = os.fsdecode(start[2:].partition(b"\n")[0]).split()
        if words and Path(words[0]).name == "env":
            words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        return self._which(words[0]) if words else None

    def _environments_of(self, path: Path) -> Iterator[_Environment]:
        """Yield the Python environments in which a program lives."""
        for place in dict.fromkeys((path, path.resolve())):
            prefix = place.parent.parent
            conda = prefix / "conda-meta"
            if conda.is_dir():
                yield self._environment(prefix, (conda,))
            settings = _read(prefix / "pyvenv.cfg", _SETTINGS)
            if settings:
                yield self._environment(prefix, _package_directories(prefix))
                if _SEES_SHARED.search(settings):
                    yield from self._shared_environments((prefix / "bin" / "python").resolve())
                return
        if is_python(path.name):
            yield from self._shared_environments(path.resolve())

    def _shared_environments(self, interpreter: Path) -> Iterator[_Environment]:
        """Yield where an interpreter that is in no virtual environment finds its packages."""
        prefix = interpreter.parent.parent
        for shared in (prefix, prefix / "local", self._home / ".local"):
            directories = _package_directories(shared)
            if directories:
                yield self._environment(shared, directories)

    def _environment(self, prefix: Path, directories: tuple[Path, ...]) -> _Environment:
        key = (prefix, *directories)
        if key not in self._environments:
            self._environments[key] = _installed(prefix, directories)
        return self._environments[key]


def _installed(prefix: Path, directories: Iterable[Path]) -> _Environment:
    found: dict[str, list[_Package]] = {}
    for place in directories:
        for name, package in _packages_in(place):
            found.setdefault(name, []).append(package)
    packages = {name: _together(several) for name, several in sorted(found.items())}
    rows: JsonObject = {name: f"{one.version} {one.changed}" for name, one in packages.items()}
    return _Environment(str(prefix), MappingProxyType(packages), sha256_hex(dumps_canonical(rows)))


def _together(packages: Sequence[_Package]) -> _Package:
    """Return what stands for a distribution that is there several times, as some upgrades leave."""
    versions = sorted({package.version for package in packages})
    return _Package(", ".join(versions), max(package.changed for package in packages))


def _packages_in(directory: Path) -> Iterator[tuple[str, _Package]]:
    try:
        for entry in directory.iterdir():
            found = _INSTALLED.fullmatch(entry.name) or _CONDA_PACKAGE.fullmatch(entry.name)
            if found is not None:
                yield _spelt(found[1]), _Package(found[2], entry.lstat().st_mtime_ns)
    except OSError:
        return


def _package_directories(prefix: Path) -> tuple[Path, ...]:
    """Return the directories below a prefix into which installers put packages."""
    try:
        versions = sorted(
            place for place in (prefix / "lib").iterdir() if place.name.startswith("python")
        )
    except OSError:
        return ()
    places = (place / kind for place in versions for kind in ("site-packages", "dist-packages"))
    return tuple(place for place in places if place.is_dir())


def _described(environment: _Environment) -> dict[str, str]:
    return {
        f"{name} in {environment.prefix}": f"{package.version} {package.changed}"
        for name, package in environment.packages.items()
    }


def _version_of(word: str, environments: Iterable[_Environment]) -> str:
    name = _spelt(Path(word).name.partition(".")[0])
    for environment in environments:
        if name in environment.packages:
            return environment.packages[name].version
    return ""


def _spelt(name: str) -> str:
    """Return a distribution's name as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _identity(path: Path) -> str:
    try:
        real = path.resolve()
        found = real.stat()
    except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself
        return str(path)
    return f"{real} {found.st_size} {found.st_mtime_ns}"


def _is_rustup(path: Path) -> bool:
    """Tell whether a program is rustup, which stands in under many names for a toolchain's own."""
    try:
        real = path.resolve()
        # Older rustups made hard links.
        return real.name == _RUSTUP or real.samefile(real.with_name(_RUSTUP))
    except (OSError, RuntimeError):
        return False


def _digest_of_toolchains(home: Path) -> str:
    """Return what changes with an update, another default or override, or a toolchain's link."""
    rows: JsonObject = {"settings.toml": sha256_hex(_read(home / "settings.toml", _SETTINGS))}
    for hashed in _first_of(home / "update-hashes"):
        rows[f"update-hashes/{hashed.name}"] = sha256_hex(_read(hashed, _UPDATE_HASH))
    for toolchain in _first_of(home / "toolchains"):
        rows[f"toolchains/{toolchain.name}"] = _identity(toolchain / "bin" / "rustc")
    return sha256_hex(dumps_canonical(rows))


def _first_of(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())[:_TOOLCHAINS]
    except OSError:
        return []


def _is_executable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""
