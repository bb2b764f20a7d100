"""`localci install`: the native hooks, chained, never overwriting what is not ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.git.discovery import find_repository
from localci.native_hook import install_hook, install_server_hook

if TYPE_CHECKING:
    import argparse

_EPILOG = """\
A hook that stands there already is kept and runs first. pre-commit and prek,
installed later, keep this one and run it first, as `pre-push.legacy`.
On a plain git server, in the bare repository, `--pre-receive` lets a protected
branch take attested commits only; see `localci pre-receive --help`.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--pre-receive", action="store_true", help="the hook of a git server, in a bare repository"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Install the hook and say where."""
    install = install_server_hook if arguments.pre_receive else install_hook
    for line in install(find_repository(os.getcwd())):
        say(harmless(line))
    return 0
