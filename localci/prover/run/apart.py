"""Run the checks in a process of their own, for a caller that holds a signing key (design 6)."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from localci.errors import FormatError, WorkspaceError
from localci.formats.result import decode_result
from localci.formats.strict_json import loads_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.formats.result import ResultDocument


def run_apart(commit: str, branch: str, only: Sequence[str]) -> tuple[ResultDocument | None, int]:
    """Run `localci run --json` and return its result, or None, and its exit code.

    It tells what goes on on our standard error. Raises WorkspaceError where it gives no answer.
    """
    command = [sys.executable, "-I", "-m", "localci", "run", commit, "--json"]
    if only:
        command += ["--check", *only]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if not done.stdout:
        return None, done.returncode
    try:
        document = decode_result(loads_object(done.stdout, "the run's result"))
    except FormatError as error:
        raise WorkspaceError(f"the run gave no usable result: {error.what}") from None
    return document._replace(branch=branch), done.returncode
