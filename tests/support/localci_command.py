"""localci as people start it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Done(NamedTuple):
    """How it ended: exit code, standard output, standard error."""

    code: int
    output: str
    errors: str


def run_localci(
    directory: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    data: str = "",
) -> Done:
    """Run `localci` there. `environment` is added to the test's own. Never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "localci", *arguments],
        cwd=directory,
        env={**os.environ, **(environment or {})},
        input=data,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "a bug in localci" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
