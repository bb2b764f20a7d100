"""Workflows run by `act`: the shipped files, real remotes, no container, an empty environment.

act copies the working directory, and takes the workflow from it: for pull_request_target the
caller stands in a checkout of the base, as GitHub does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from support.github_api import TOKEN
from support.isolation import PROJECT, TESTER
from support.once import make_once

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS: Final = PROJECT / "tests/actions"
VERIFIER: Final = ".github/workflows/ci-local-verifier.yml"
HOSTED: Final = ".github/workflows/ci-local-hosted.yml"
_PINNED: Final = re.compile(r"uses: (?P<repository>[\w.-]+/[\w.-]+)@(?P<commit>\S+)")
_SOURCE: Final = ("action.yml", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


class Ran(NamedTuple):
    """How a workflow ended: act's exit code, and what the steps printed."""

    code: int
    log: str


def action_source(shared: Path) -> Path:
    """Return what GitHub would give the runner for `uses: acme/localci@…`: the source, once."""

    def copy(directory: Path) -> None:
        for name in _SOURCE:
            shutil.copy(PROJECT / name, directory / name)
        for name in ("localci", "hooks", ".github"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / name, directory / name, ignore=ignored)

    return make_once(shared / "action", copy)


def run_workflow(
    directory: Path,
    name: str,
    event: Mapping[str, object],
    *,
    workflow: str,
    action: Path,
    environment: Mapping[str, str],
) -> Ran:
    """Run a workflow in `directory` on an event. Nothing but `environment` reaches the steps."""
    event_file = directory.parent / f"{directory.name}-event.json"
    event_file.write_text(json.dumps(event), encoding="utf-8")
    tester = {key: TESTER[key] for key in ("PIP_CERT", "SSL_CERT_FILE") if key in TESTER}
    home = directory.parent / f"{directory.name}-home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "act", name, "-e", event_file, "-W", workflow),
            *("-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--defaultbranch", "main"),
            *_stand_ins(directory / workflow, action),
            *("-s", f"GITHUB_TOKEN={TOKEN}"),
            # act sets some of these itself, unless it is told so.
            *(word for pair in environment.items() for word in ("--env", "=".join(pair))),
        ],
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.environ["GIT_CONFIG_GLOBAL"],
            **tester,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def installed_localci() -> str:
    """Return the localci under test."""
    return str(Path(sys.executable).parent / "localci")


def _stand_ins(workflow: Path, action: Path) -> list[str]:
    """Tell act where the actions are that the workflow names: no network brings them here."""
    options = []
    for match in _PINNED.finditer(workflow.read_text("utf-8")):
        owner, _, rest = match["repository"].partition("/")
        place = ACTIONS / rest if owner == "actions" else action
        options += ["--local-repository", f"{match[0].removeprefix('uses: ')}={place}"]
    return options
