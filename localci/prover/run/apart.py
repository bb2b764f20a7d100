"""Run the checks in a process of their own, for a caller that holds a signing key (design 6)."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import make_directory, state_directory
from localci.errors import (
    FAILED,
    INTERRUPTED,
    NO_VERDICT,
    PASSED,
    USAGE,
    FormatError,
    WorkspaceError,
)
from localci.formats.result import decode_result
from localci.formats.strict_json import loads_object
from localci.own_command import own_command
from localci.prover.process.interrupts import all_like_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.formats.result import ResultDocument

_GRACE: Final = 10.0
"""Seconds in which an interrupted run may end by itself."""


def run_apart(
    commit: str, branch: str, arguments: Sequence[str]
) -> tuple[ResultDocument | None, int]:
    """Run `localci run` on a commit and return its result, or None, and its exit code.

    It tells what goes on by itself, on our standard output and error. Raises WorkspaceError where
    it gives no usable answer.
    """
    # Where no check of any run can write that is held apart.
    hidden = make_directory(state_directory())
    with tempfile.TemporaryDirectory(prefix="result-", dir=hidden) as directory:
        result = Path(directory, "result.json")
        code = _run(own_command(["run", commit, *arguments, "--result", str(result)]))
        if code not in {PASSED, FAILED}:
            # Killed, for instance, for want of memory: whatever it said before is no result.
            return None, code if code in {USAGE, INTERRUPTED} else NO_VERDICT
        if code == FAILED and not result.exists():
            return None, code
        try:
            document = decode_result(loads_object(result.read_bytes(), "the run's result"))
        except FormatError as error:
            raise WorkspaceError(f"the run gave no usable result: {error.what}") from None
        except OSError as error:
            raise WorkspaceError(f"the run gave no result: {error.strerror}") from None
    if document.commit != commit:
        raise WorkspaceError("the run gave the result of another commit")
    return document._replace(branch=branch), code


def _run(command: Sequence[str]) -> int:
    """Run it to its end; interrupted, let it end its checks first."""
    with all_like_ctrl_c():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            process.wait()
        except KeyboardInterrupt:
            # On a terminal Ctrl-C has reached it too, and it is ending its checks.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            process.terminate()
            process.wait()
            raise
    return process.returncode
