"""`localci pre-push`: the hook. A look-up where the commit was checked before.

What is missing is run, signed, and published before git pushes the branch.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from localci.git.command import PUBLISHING, repository_environment
from localci.git.discovery import find_repository
from localci.git.notes import OUTBOX_REF
from localci.git.objects import ObjectReader
from localci.git.settings import read_settings
from localci.held_key import take_held_key
from localci.prover.attest.lookup import look_up
from localci.prover.attest.my_key import my_key
from localci.prover.plan.pushes import read_push

if TYPE_CHECKING:
    import argparse

    from localci.git.discovery import RepositoryPaths
    from localci.gpg.certificate import Certificate
    from localci.held_key import HeldKey

DEFAULT_REMOTE = "origin"

_EPILOG = """\
git calls this before it pushes and tells on standard input what is pushed; pre-commit and prek
tell it in the environment. `localci install` sets it up. `git push --no-verify` goes round it; the
forge then finds no result.

exit codes: 0 go on and push; 1 a check failed, 2 configuration or key, 4 no verdict: nothing is
pushed
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: the arguments that git gives a pre-push hook."""
    parser.epilog = _EPILOG
    parser.add_argument("remote", nargs="?", default="", help="the remote's name, from git")
    parser.add_argument("url", nargs="?", default="", help="the remote's URL, from git")


def execute(arguments: argparse.Namespace) -> int:
    """Return 0 for "go on and push"; anything else stops the push."""
    if PUBLISHING in os.environ:
        return 0
    held = take_held_key()
    repository = find_repository(os.getcwd())
    told = sys.stdin.read() if arguments.remote else ""
    push = read_push(arguments.remote, told, os.environ, DEFAULT_REMOTE)
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:
        commits = look_up(objects, push, lambda: _my_certificate(repository, held), time.time())
        undelivered = objects.read(OUTBOX_REF) is not None
    if not undelivered and all(commit.delivered for commit in commits):
        return 0
    # From here on it may take long, and heavy libraries are no matter any more.
    from localci.prover.missing_results import provide_results  # noqa: PLC0415 - see above
    from localci.prover.prover import Prover  # noqa: PLC0415 - see above

    with Prover(repository, held) as prover:
        return provide_results(prover, push.remote, commits)


def _my_certificate(repository: RepositoryPaths, held: HeldKey | None) -> Certificate:
    if held is None:
        return my_key(read_settings(repository)).certificate()
    from localci.prover.attest.openpgp_signer import KeyFromEnvironment  # noqa: PLC0415 - CI only

    return KeyFromEnvironment(held).certificate()
