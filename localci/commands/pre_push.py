"""`localci pre-push`: the hook. What is missing is run, signed, and published before the branch.

Most pushes are of commits whose results were delivered before. For those nothing is imported and
no process is started that is not needed to see that (design 9: this is the path people feel).
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from localci.console import complain, tell
from localci.errors import PASSED, LocalciError
from localci.git.command import PUBLISHING, repository_environment
from localci.git.discovery import find_repository
from localci.git.notes import any_notes
from localci.git.objects import ObjectReader
from localci.git.refs import OUTBOX_REF
from localci.prover.plan.pushes import read_handed_on_push, read_told_push
from localci.prover.publish.delivered import destination, was_delivered

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.prover.plan.pushes import Push

_EPILOG = """\
git calls this before it pushes and tells on standard input what is pushed;
pre-commit and prek tell it in the environment. `localci install` sets it up.
`git push --no-verify` goes round it; the forge then finds no result.

exit codes: 0 go on and push; 1 a check failed, 2 configuration or key, 3 handed
            to the background, 4 no verdict: nothing is pushed
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: the arguments that git gives a pre-push hook."""
    parser.epilog = _EPILOG
    parser.add_argument("remote", nargs="?", default="", help="the remote's name, from git")
    parser.add_argument("url", nargs="?", default="", help="the remote's URL, from git")


def execute(arguments: argparse.Namespace) -> int:
    """Return 0 for "go on and push"; anything else stops the push."""
    return answer_git([word for word in (arguments.remote, arguments.url) if word])


def answer_git(words: Sequence[str]) -> int:
    """Do the same for the words that git gives the hook: the remote's name and its URL."""
    remote, url = (*words, "", "")[:2]
    if PUBLISHING in os.environ:
        return 0
    repository = find_repository(os.getcwd())
    told = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if remote else ""
    push = read_told_push(remote, url, told) if remote else read_handed_on_push(os.environ)
    if _is_done(repository, push):
        return 0
    # From here on it may take long, and heavy libraries are no matter any more.
    from localci.held_key import take_held_key  # noqa: PLC0415 - see above
    from localci.prover.missing_results import HOOK, provide_results  # noqa: PLC0415 - see above
    from localci.prover.prover import Prover  # noqa: PLC0415 - see above

    try:
        with Prover(repository, take_held_key()) as prover:
            code = provide_results(prover, push, HOOK)
    except LocalciError as error:
        complain(error)
        code = error.exit_code
    if code != PASSED:
        tell("localci: nothing was pushed; `git push --no-verify` pushes without a result")
    return code


def _is_done(repository: RepositoryPaths, push: Push) -> bool:
    """Tell whether all that is pushed was delivered before, and nothing else waits."""
    to, now = destination(push.remote, push.url), time.time()
    common_dir = repository.common_dir
    if not all(was_delivered(common_dir, r.revision, r.remote_ref, to, now) for r in push.refs):
        return False
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:
        return not any_notes(objects, OUTBOX_REF)
