"""What `localci verify --json` says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.project import Project


def verdict(project: Project, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of `localci verify --json`, and what it prints."""
    done = project.localci("verify", "--json", *arguments, environment=environment)
    assert done.output, done.errors
    found: dict[str, Any] = json.loads(done.output)
    return done.code, found


def codes(found: dict[str, Any]) -> list[str]:
    """Return the codes of a verdict's reasons, in order."""
    return [reason["code"] for reason in found["reasons"]]
