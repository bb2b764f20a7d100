"""The environment of a test: homes of its own, and nothing of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT: Final = Path(__file__).parents[2]
"""The directory of the project, from which the localci under test was installed."""
TESTER: Final[Mapping[str, str]] = dict(os.environ)
"""The environment the tests were started with; its pip settings reach the package index."""

_FOREIGN: Final = ("GIT_", "GPG_", "SSH_", "PRE_COMMIT", "PREK_", "LOCALCI_", "CI_SIGNING_", "XDG_")
_FOREIGN_NAMES: Final = {"GNUPGHOME", "VIRTUAL_ENV", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "EMAIL"}
_GIT_CONFIGURATION: Final = """\
[user]
\tname = Ada Lovelace
\temail = ada@example.org
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tautogc = false
"""


@dataclass(frozen=True)
class Homes:
    """A test's own home, GnuPG home (short enough for its agent) and git configuration."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def gnupg(self) -> Path:
        return self.root / "gnupg"

    @property
    def git_configuration(self) -> Path:
        return self.root / "gitconfig"

    def create(self) -> None:
        self.home.mkdir()
        self.gnupg.mkdir(mode=0o700)
        self.git_configuration.write_text(_GIT_CONFIGURATION, encoding="ascii")

    def remove(self) -> None:
        stop_agents(self.gnupg)
        shutil.rmtree(self.root, ignore_errors=True)


def isolated(environment: Mapping[str, str], homes: Homes) -> dict[str, str]:
    """Return `environment` with everything about git, gpg, hooks and homes replaced."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
    }
    return {
        **kept,
        "HOME": str(homes.home),
        "XDG_CACHE_HOME": str(homes.home / ".cache"),
        "XDG_CONFIG_HOME": str(homes.home / ".config"),
        "XDG_DATA_HOME": str(homes.home / ".local/share"),
        "XDG_STATE_HOME": str(homes.home / ".local/state"),
        "GNUPGHOME": str(homes.gnupg),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(homes.git_configuration),
        "GIT_TERMINAL_PROMPT": "0",
        "LANG": "C.UTF-8",
        # pre-commit, ruff and the like stand beside the interpreter, whose environment nobody
        # needs to have activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
    }


def stop_agents(home: Path) -> None:
    """End gpg-agent and its kind, which would outlive the home that they serve."""
    if any(home.iterdir()):
        subprocess.run(
            ["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True
        )
