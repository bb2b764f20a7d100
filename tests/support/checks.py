"""Projects whose checks are commands of the test's own, and what comes out of a run of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.marked import MARK, still_alive
from support.project import make_project

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key
    from support.localci_command import Done
    from support.project import Project

HEAD = f'version = 1\n[run]\npass_env = ["PATH", "HOME", "LANG", "{MARK}"]\n'
"""The beginning of a configuration whose checks bear the mark."""


def configuration(*, timeout: str = "60s", **checks: str) -> str:
    """Return a configuration of checks by name, each a command and nothing else."""
    return HEAD + "".join(
        f"[checks.{name}]\nrun = '''{run}'''\ntimeout = '{timeout}'\n"
        for name, run in checks.items()
    )


def project_with(directory: Path, key: Key, *, timeout: str = "60s", **checks: str) -> Project:
    """Make a project whose checks are these commands."""
    files = {"localci.toml": configuration(timeout=timeout, **checks)}
    return make_project(directory / "project", key, files=files)


def run_marked(project: Project, mark: Path, *arguments: str) -> Done:
    """Run to the end; afterwards nothing of the run lives."""
    done = project.localci("run", *arguments, environment={MARK: str(mark)})
    assert not still_alive(str(mark))
    return done


def events_of(done: Done) -> list[dict[str, Any]]:
    """Return what `localci run --json` told, event by event."""
    return [json.loads(line) for line in done.output.splitlines()]


def outcomes_of(done: Done) -> dict[str, str]:
    """Return each check's outcome as `localci run --json` told it."""
    finished = [event for event in events_of(done) if event["event"] == "check-finished"]
    return {event["name"]: event["outcome"] for event in finished}


def document_of(done: Done) -> dict[str, Any]:
    """Return the result document that `localci run --json` ended with."""
    document: dict[str, Any] = events_of(done)[-1]["result"]
    return document
