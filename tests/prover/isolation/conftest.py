"""A developer's machine: a repository, a home, keys in living agents, and a check that attacks."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from localci.directories import cache_directory
from localci.git.discovery import find_repository
from localci.prover.isolation.choose import choose_isolation
from localci.prover.process.command import Command, Ended
from localci.prover.process.running import RunningCommand, run_command
from support.held_apart import need_namespaces
from support.isolation import TESTER
from support.repositories import make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.prover.isolation.isolation import Isolation
    from support.isolation import Homes

REACHED: Final = "reached"


@dataclass(frozen=True)
class Scene:
    """A repository and a workspace where checks run, as localci would have them."""

    repository: Path
    workspace: Path
    isolation: Isolation

    def run(self, line: str, variables: Mapping[str, str], *, apart: bool) -> Ended:
        """Run a check's command, held apart or not."""
        return run_command(self._command(line, variables), self.isolation if apart else None)

    def start(self, line: str) -> RunningCommand:
        """Start a check's command, held apart."""
        return RunningCommand.start(self._command(line, {}), self.isolation)

    def chosen_again(self) -> Scene:
        """Return the scene as a run finds it that begins now."""
        return replace(self, isolation=choose(self.repository, self.workspace))

    def _command(self, line: str, variables: Mapping[str, str]) -> Command:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "LANG": "C.UTF-8",
            **variables,
        }
        log = self.workspace.parent / "x.log"
        return Command(line, self.workspace, environment, 60.0, log)

    def reaches(self, line: str, variables: Mapping[str, str], *, apart: bool) -> bool:
        """Tell whether an attack says that it reached what it is after."""
        ended = self.run(f"{{ {line}\n}} && echo {REACHED}", variables, apart=apart)
        assert not ended.fault
        assert not ended.timed_out
        return ended.last_line == REACHED


@pytest.fixture
def scene(tmp_path: Path, homes: Homes) -> Scene:
    """A repository with a commit, and a workspace in localci's cache."""
    need_namespaces()
    repository = tmp_path / "repository"
    make_repository(repository, {"file": "1"})
    workspace = Path(cache_directory(), "place", "workspace")
    workspace.mkdir(parents=True)
    return Scene(repository, workspace, choose(repository, workspace))


def choose(repository: Path, workspace: Path) -> Isolation:
    """Look at the disk, as a run does before its first check."""
    found = find_repository(str(repository))
    isolation = choose_isolation("require", found, os.environ, [str(workspace)])
    assert isolation is not None
    return isolation


@pytest.fixture
def ssh_agent(tmp_path: Path) -> Iterator[str]:
    """The socket of a real ssh-agent, where ssh-agent itself puts it."""
    with subprocess.Popen(
        ["ssh-agent", "-D"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": TESTER["PATH"]},
    ) as agent:
        assert agent.stdout is not None
        socket = agent.stdout.readline().partition("=")[2].partition(";")[0]
        yield socket
        agent.terminate()
