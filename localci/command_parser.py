"""argparse, with errors that are one line and carry nothing alive to the terminal."""

from __future__ import annotations

import argparse
from typing import NoReturn

from localci.console import harmless
from localci.errors import UsageError


class CommandParser(argparse.ArgumentParser):
    """The parser of one command; its subcommands get the same class."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the usage and leaving."""
        raise UsageError(f"{self.prog}: {harmless(message)}", then=f"`{self.prog} --help`")


def command_parser(program: str, summary: str) -> CommandParser:
    """Return the parser of a command whose help begins with `summary`."""
    return CommandParser(
        prog=program,
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
