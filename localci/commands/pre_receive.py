"""`localci pre-receive`: the hook of a plain git server. Runs nothing of the project."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from localci.console import harmless, tell
from localci.errors import FAILED, PASSED, LocalciError
from localci.git.discovery import find_repository
from localci.verifier.pre_receive import judge_push, read_updates

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_EPILOG = """\
git calls this on the server before a push changes anything, and tells on
standard input what would change. A protected branch takes a commit only if the
policy at the branch's tip accepts it. `localci install --pre-receive`, in the
bare repository, sets it up; these settings of the repository count:

  git config --add localci.protected 'release/*'   default: the branch of HEAD
  git config localci.policyDigest SHA256           the policy of a new branch
  git config localci.allowDeletes true             protected branches may go

exit codes: 0 all refs may change, 1 the push is rejected
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: nothing but standard input."""
    parser.epilog = _EPILOG


def execute(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes them
    """Return 0 for a push that may go on."""
    return answer_git(())


def answer_git(words: Sequence[str]) -> int:  # noqa: ARG001 - git gives this hook none
    """Say on the pusher's terminal what is wrong with the push, and return the hook's exit code."""
    try:
        updates = read_updates(sys.stdin.buffer.read())
        repository = find_repository(os.curdir)
        rulings = tuple(judge_push(repository, updates, os.environ))
    except LocalciError as error:
        why = harmless(str(error))
        tell(f"localci: the push is rejected, since it could not be evaluated: {why}")
        return FAILED
    for ruling in rulings:
        for line in ruling.lines:
            tell(f"localci: {harmless(line)}")
    return PASSED if all(ruling.accepted for ruling in rulings) else FAILED
