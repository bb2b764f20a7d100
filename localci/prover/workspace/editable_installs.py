"""Find what would make checks test the user's working directory instead of the commit.

An editable install puts a directory into an environment by reference. Where that directory is the
user's own working directory, every `import` in a check reads uncommitted files.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from localci.errors import LocalciError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_BYTES: Final = 1024 * 1024
_ABSOLUTE: Final = re.compile(r"""['"](/[^'"\n]*)['"]""")
_SCOPED_PACKAGE: Final = 2
"""How deep below `node_modules` a package's link may lie: `@scope/package`."""
_VENV_MARKERS: Final = ("pyvenv.cfg", "conda-meta")


def environments_that_look_outside(path: str, worktrees: Sequence[str]) -> tuple[Path, ...]:
    """Return the virtual environments on a PATH with an editable install of one of `worktrees`."""
    roots = [Path(worktree).resolve() for worktree in worktrees]
    prefixes = dict.fromkeys(
        Path(row).parent for row in path.split(os.pathsep) if Path(row).name == "bin"
    )
    return tuple(
        prefix
        for prefix in prefixes
        if any(_exists(prefix / marker) for marker in _VENV_MARKERS)
        and any(_leads_into(target, roots, prefix) for target in _editable_targets(prefix))
    )


def kept_that_looks_outside(
    root: Path, keep: Sequence[str], worktrees: Sequence[str]
) -> Path | None:
    """Return what setup made below the paths of `keep` that leads into one of `worktrees`.

    A link, as to the user's own `node_modules`, or one in there (`npm link`), or an environment
    with an editable install. Raises OSError.
    """
    roots = [Path(worktree).resolve() for worktree in worktrees]
    for name in keep:
        for link in _links(root / name, _SCOPED_PACKAGE):
            if any(link.resolve().is_relative_to(worktree) for worktree in roots):
                return link
    path = os.pathsep.join(str(root / name / "bin") for name in keep)
    return next(iter(environments_that_look_outside(path, worktrees)), None)


def _exists(path: Path) -> bool:
    """Tell whether a path is there; below a directory that may not be entered, none is."""
    try:
        return path.exists()
    except PermissionError:
        return False


def editable_install(prefix: Path) -> LocalciError:
    """Explain why checks cannot run with that environment on PATH, and what to do."""
    return LocalciError(
        f"{prefix} has an editable install of this working directory, so checks would test it and"
        " not the commit",
        then='leave that environment, or let localci make one: `setup = "..."` with'
        ' `keep = [".venv"]` in localci.toml',
    )


def _leads_into(target: Path, roots: Sequence[Path], prefix: Path) -> bool:
    """Tell whether `target` is in the working directory, but not in the environment itself."""
    if "\0" in str(target):
        return False
    real = target.resolve()
    own = prefix.resolve()
    return any(real.is_relative_to(root) for root in roots) and not real.is_relative_to(own)


def _editable_targets(prefix: Path) -> Iterator[Path]:
    for packages in prefix.glob("lib/python*/site-packages"):
        yield from _recorded_targets(packages)
        yield from _path_targets(packages)
        yield from _finder_targets(packages)


def _recorded_targets(packages: Path) -> Iterator[Path]:
    """Yield what installers record: `direct_url.json` (PEP 610)."""
    for record in packages.glob("*.dist-info/direct_url.json"):
        try:
            value = json.loads(_read(record))
            editable = value["dir_info"]["editable"]
            url = urlsplit(str(value["url"]))
        except (ValueError, KeyError, TypeError):
            continue
        if editable and url.scheme == "file":
            yield Path(unquote(url.path))


def _path_targets(packages: Path) -> Iterator[Path]:
    """Yield what lines of `*.pth` (site module) and `*.egg-link` put on `sys.path`."""
    for file in (*packages.glob("*.pth"), *packages.glob("*.egg-link")):
        for line in map(str.strip, _read(file).splitlines()):
            if line and not line.startswith(("#", "import ", "import\t")):
                yield packages / line


def _finder_targets(packages: Path) -> Iterator[Path]:
    """Yield the directories that setuptools' import finders name, in a Python module each."""
    for finder in packages.glob("__editable__*finder.py"):
        yield from map(Path, _ABSOLUTE.findall(_read(finder)))


def _links(directory: Path, depth: int) -> Iterator[Path]:
    """Yield the links at a path and in the directories below it, down to `depth`."""
    if directory.is_symlink():
        yield directory
    elif depth and directory.is_dir():
        for entry in directory.iterdir():
            yield from _links(entry, depth - 1)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
