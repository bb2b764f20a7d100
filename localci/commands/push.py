"""`localci push`: the checks first, then note and branch over a connection that is still fresh.

git opens its connection before it calls the pre-push hook, and servers drop one on which nothing
happens for minutes. Here the checks are done before there is any; the hook then has nothing to do
but to look the result up.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import harmless, tell
from localci.errors import NO_VERDICT, PASSED, USAGE, worst
from localci.git.discovery import find_repository
from localci.git.users_push import dry_run, push
from localci.held_key import take_held_key
from localci.patience import patiently
from localci.prover.missing_results import COMMAND, provide_results
from localci.prover.plan.pushes import read_told_push
from localci.prover.prover import Prover
from localci.prover.publish.refusals import Refusal, classify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from localci.git.users_push import DryRun

_EPILOG = """\
Every word is git's own: `localci push` takes what `git push` takes, and ends in
it. With --no-verify nothing is checked, as in `git push --no-verify`; with
--dry-run neither, and git calls its hooks as ever.
git is asked twice, and so may be a password: what would be pushed, and to push.

exit codes: 0 pushed, 1 a check failed, 2 usage, configuration or key,
            4 no verdict, or git did not push (rejected, network);
            but for 0 nothing was pushed, or not all of it

examples:
  localci push
  localci push -u origin HEAD
  localci push --force-with-lease origin feature other
"""
_GIT_USAGE: Final = 129


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: for --help only, the words are git's."""
    parser.epilog = _EPILOG
    parser.add_argument("words", nargs="*", metavar="ARGUMENT", help="as `git push` takes them")


def execute(arguments: argparse.Namespace) -> int:
    """Do it for words that a parser has read."""
    return answer_git(arguments.words)


def answer_git(words: Sequence[str]) -> int:
    """Provide the results of what these words push, then push."""
    repository = find_repository(str(Path.cwd()))
    if not any(map(_is_dry_run, words)):
        asked = _what_is_pushed(repository.common_dir, words)
        if asked.exit_code:
            return _refused(asked)
        code = _provide(asked)
        if code != PASSED:
            tell("localci: nothing was pushed; `git push --no-verify` pushes without a result")
            return code
    return _code_of(push(words))


class _NoAnswerError(Exception):
    """The network kept git from saying what it would push."""

    def __init__(self, asked: DryRun) -> None:
        super().__init__()
        self.asked = asked


def _what_is_pushed(common_dir: str, words: Sequence[str]) -> DryRun:
    def ask() -> DryRun:
        asked = dry_run(common_dir, words)
        if asked.exit_code and classify(asked.exit_code, "", asked.complaint) is Refusal.NETWORK:
            raise _NoAnswerError(asked)
        return asked

    try:
        return patiently(ask, lambda error: isinstance(error, _NoAnswerError))
    except _NoAnswerError as error:
        return error.asked


def _provide(asked: DryRun) -> int:
    pushes = [read_told_push(told.remote, told.url, told.standard_input) for told in asked.told]
    if not any(one.refs for one in pushes):
        return PASSED
    with Prover(find_repository(str(Path.cwd())), take_held_key()) as prover:
        return worst(provide_results(prover, one, COMMAND) for one in pushes)


def _is_dry_run(word: str) -> bool:
    """Tell whether a word is `--dry-run`, `-n`, or short options with an `n` among them."""
    flags = set(word[1:])
    return word == "--dry-run" or (word[:1] == "-" and "n" in flags and flags <= set("vqfudn46"))


def _refused(asked: DryRun) -> int:
    for line in asked.complaint.splitlines():
        tell(harmless(line))
    tell("localci: git would not push this, so nothing was checked")
    return _code_of(asked.exit_code)


def _code_of(code: int) -> int:
    """Return ours for git's exit code. 1 is git's for a rejected ref, and ours for a check."""
    if code == PASSED:
        return PASSED
    return USAGE if code == _GIT_USAGE else NO_VERDICT
