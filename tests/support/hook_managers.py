"""pre-commit and prek, with localci as a hook of theirs, installed from a commit as users do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.isolation import PROJECT, TESTER
from support.once import make_once
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE: Final = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
_FOLDERS: Final = ("localci", "hooks", ".github")
_HOMES: Final = {"pre-commit": "PRE_COMMIT_HOME", "prek": "PREK_HOME"}

# prek installs by uv, which knows no setting of pip's.
_SETTINGS_OF_UV: Final = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_CERT": "SSL_CERT_FILE"}


@dataclass(frozen=True)
class HookManager:
    """A hook manager whose environment for localci is built already.

    `source` is a repository of localci as it stands in the working tree, `revision` its commit.
    """

    program: str
    source: Path
    revision: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a push through this manager has to find in its environment, as a whole."""
        return {**os.environ, _HOMES[self.program]: str(self.home)}

    @property
    def command(self) -> str:
        """The program, which stands beside the tests' interpreter."""
        return str(Path(sys.executable).parent / self.program)

    def configure(self, repository: Path) -> None:
        """Write `.pre-commit-config.yaml` (not committed) and install the pre-push hook."""
        write_configuration(self, repository)
        subprocess.run(
            [self.command, "install", "--hook-type", "pre-push"],
            cwd=repository,
            env=self.environment,
            check=True,
            capture_output=True,
        )


def hook_manager(program: str, directory: Path) -> HookManager:
    """Return pre-commit or prek; source and environment are made once in the shared `directory`."""
    source = make_once(directory / "localci-source", _commit_working_tree) / "tree"
    home = directory / f"{program}-home"
    manager = HookManager(program, source, git(source, "rev-parse", "HEAD"), home)
    make_once(home, lambda _: _build_environment(manager))
    return manager


def write_configuration(manager: HookManager, repository: Path) -> None:
    """Write `.pre-commit-config.yaml` with the hook `localci`."""
    (repository / ".pre-commit-config.yaml").write_text(
        "repos:\n"
        f"  - repo: {manager.source.as_uri()}\n"
        f"    rev: {manager.revision}\n"
        "    hooks:\n"
        "      - id: localci\n",
        encoding="utf-8",
    )


def _commit_working_tree(directory: Path) -> None:
    source = make_repository(directory / "tree")
    for name in _PACKAGE:
        shutil.copy(PROJECT / name, source)
    for folder in _FOLDERS:
        shutil.copytree(
            PROJECT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    commit(source, {}, "localci as it stands")


def _build_environment(manager: HookManager) -> None:
    """Let the manager install the hook; with the tester's own settings of pip."""
    verb = {"pre-commit": "install-hooks", "prek": "prepare-hooks"}[manager.program]
    with tempfile.TemporaryDirectory() as directory:
        repository = make_repository(Path(directory) / "trial")
        write_configuration(manager, repository)
        git(repository, "add", ".pre-commit-config.yaml")
        done = subprocess.run(
            [manager.command, verb],
            cwd=repository,
            env=_building_environment(manager),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def _building_environment(manager: HookManager) -> Mapping[str, str]:
    kept = {name: value for name, value in TESTER.items() if not name.startswith("GIT_")}
    for pip_name, uv_name in _SETTINGS_OF_UV.items():
        if pip_name in kept:
            kept.setdefault(uv_name, kept[pip_name])
    # prek gets uv by `python3 -m pip`, which the system's Python may not have.
    beside = str(Path(sys.executable).parent)
    path = os.pathsep.join([beside, kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, _HOMES[manager.program]: str(manager.home)}
