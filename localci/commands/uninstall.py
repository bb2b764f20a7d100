"""`localci uninstall`: take the native hooks away and give back what stood there before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.git.discovery import find_repository
from localci.native_hook import uninstall_hook

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: nothing."""
    parser.epilog = "Results, notes and keys stay."


def execute(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes them
    """Remove the hooks and say what was done."""
    for line in uninstall_hook(find_repository(os.getcwd())):
        say(harmless(line))
    return 0
