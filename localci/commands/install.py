"""`localci install`: the native pre-push hook, chained, never overwriting what is not ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.git.discovery import find_repository
from localci.native_hook import install_hook

if TYPE_CHECKING:
    import argparse

_EPILOG = """\
A hook that stands there already is kept and runs first. pre-commit and prek,
installed later, keep this one and run it first, as `pre-push.legacy`.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: nothing."""
    parser.epilog = _EPILOG


def execute(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes them
    """Install the hook and say where."""
    for line in install_hook(find_repository(os.getcwd())):
        say(harmless(line))
    return 0
