"""`localci install`: the native hooks, chained, never overwriting what is not ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.errors import UsageError
from localci.git.discovery import find_repository
from localci.native_hook import install_background_hooks, install_hook, install_server_hook
from localci.verifier.server_rules import list_refs, read_server_rules

if TYPE_CHECKING:
    import argparse

    from localci.git.discovery import RepositoryPaths

_EPILOG = """\
A hook that stands there already is kept and runs first. pre-commit and prek,
installed later, keep this one and run it first, as `pre-push.legacy`.
With `--background` each new commit is checked as soon as it is made, behind
whatever else the machine does; the push then only has to look the result up.
On a plain git server, in the bare repository, `--pre-receive` lets a protected
branch take attested commits only; see `localci pre-receive --help`.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--background",
        action="store_true",
        help="also post-commit, post-merge and post-rewrite, which have new commits checked",
    )
    parser.add_argument(
        "--pre-receive", action="store_true", help="the hook of a git server, in a bare repository"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Install the hook and say where."""
    if arguments.pre_receive and arguments.background:
        raise UsageError("--background is for a clone, --pre-receive for a git server")
    repository = find_repository(os.getcwd())
    install = _install_server_hook if arguments.pre_receive else install_hook
    done = install(repository)
    if arguments.background:
        done += install_background_hooks(repository)
    for line in done:
        say(harmless(line))
    return 0


def _install_server_hook(repository: RepositoryPaths) -> list[str]:
    # With wrong settings every push would be rejected: say so before.
    rules = read_server_rules(repository, list_refs(repository))
    done = install_server_hook(repository)
    by = ", the branch of HEAD" if rules.by_head else ""
    return [*done, f"protected: {', '.join(rules.protected)}{by}; `git config localci.protected`"]
