"""Run the checks in a process of their own, for a caller that holds a signing key (design 6)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Final

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
from localci.prover.process.interrupts import all_like_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.formats.result import ResultDocument

_GRACE: Final = 2.0
"""Seconds in which an interrupted run may end by itself."""


def run_apart(commit: str, branch: str, only: Sequence[str]) -> tuple[ResultDocument | None, int]:
    """Run `localci run --json` and return its result, or None, and its exit code.

    It tells what goes on on our standard error. Raises WorkspaceError where it gives no answer.
    """
    command = [sys.executable, "-I", "-m", "localci", "run", commit, "--json"]
    if only:
        command += ["--check", *only]
    output, code = _run(command)
    if code not in {PASSED, FAILED}:
        # Killed, for instance, for want of memory: whatever it said before is no result.
        return None, code if code in {USAGE, INTERRUPTED} else NO_VERDICT
    try:
        document = decode_result(loads_object(output, "the run's result"))
    except FormatError as error:
        raise WorkspaceError(f"the run gave no usable result: {error.what}") from None
    return document._replace(branch=branch), code


def _run(command: Sequence[str]) -> tuple[bytes, int]:
    """Run it to its end; interrupted, let it end its checks first."""
    with all_like_ctrl_c():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            output, _ = process.communicate()
        except KeyboardInterrupt:
            # On a terminal Ctrl-C has reached it too, and it is ending its checks.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            process.terminate()
            process.wait()
            raise
    return output, process.returncode
