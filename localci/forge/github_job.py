"""What GitHub tells a job of a workflow about itself, in its environment and one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from localci.errors import LocalciError, UsageError
from localci.forge.github_names import is_repository
from localci.forge.token import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue

MAX_EVENT = 32 * 1024 * 1024
"""Bytes of an event; GitHub itself ends at 25 MB."""


class Job(NamedTuple):
    """A job: the repository (`owner/name`) it runs for, where GitHub is, and what started it."""

    repository: str
    server: str
    api: str
    event_name: str
    event_path: str
    token: Token
    summary_path: str = ""
    run_id: str = ""

    @property
    def run_url(self) -> str:
        """The page of this run; empty where it is not known."""
        if not self.run_id.isascii() or not self.run_id.isdigit():
            return ""
        return f"{self.server}/{self.repository}/actions/runs/{self.run_id}"

    def clone_url(self, repository: str) -> str:
        """Return where git finds a repository by its `owner/name`."""
        return f"{self.server}/{repository}.git"


def read_job(environment: Mapping[str, str]) -> Job:
    """Return the job that the environment describes. Raises UsageError."""
    for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"):
        if not environment.get(name):
            raise UsageError(
                f"{name} is not set", then="`localci forge` is for jobs of GitHub's workflows"
            )
    repository = environment["GITHUB_REPOSITORY"]
    if not is_repository(repository):
        raise UsageError(f"GITHUB_REPOSITORY is {repository!r}, not owner/name")
    return Job(
        repository,
        _address(environment.get("GITHUB_SERVER_URL") or "https://github.com"),
        _address(environment.get("GITHUB_API_URL") or "https://api.github.com"),
        environment["GITHUB_EVENT_NAME"],
        environment["GITHUB_EVENT_PATH"],
        Token(environment.get("GITHUB_TOKEN", "")),
        environment.get("GITHUB_STEP_SUMMARY", ""),
        environment.get("GITHUB_RUN_ID", ""),
    )


def read_event_file(path: str) -> JsonValue:
    """Return the body of the event that started the job. Raises LocalciError."""
    try:
        with Path(path).open("rb") as file:
            body = file.read(MAX_EVENT + 1)
    except OSError as error:
        raise LocalciError(f"the event in {path} cannot be read: {error.strerror}") from None
    if len(body) > MAX_EVENT:
        raise LocalciError(f"the event in {path} has more than {MAX_EVENT} bytes")
    try:
        event: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        raise LocalciError(f"the event in {path} is not JSON") from None
    return event


def write_summary(job: Job, markdown: str) -> None:
    """Add to the page that GitHub shows for the job. Raises LocalciError."""
    if not job.summary_path:
        return
    try:
        with Path(job.summary_path).open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        raise LocalciError(f"the job's summary cannot be written: {error.strerror}") from None


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or any(
        character.isspace() for character in text
    ):
        raise UsageError(f"{text!r} is not the address of a server")
    return text.rstrip("/")
