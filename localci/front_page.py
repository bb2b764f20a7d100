"""`localci` without a command, `--help`, `--version`, and a command that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci import __version__
from localci.console import say, tell
from localci.errors import PASSED, USAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTRODUCTION = """\
localci runs your checks on exactly the commit that you push, signs the result, and
attaches it to the commit as a git note; anybody can verify it in seconds.

  localci init        set up this repository
  git push            run what is missing, sign it, push it with the branch
  localci verify      believe it

commands:"""

_CLOSING = """
`localci COMMAND --help` explains one.
exit codes: 0 passed, 1 failed or refused, 2 usage or configuration,
            3 no attestation, 4 no verdict"""


def front_page(name: str, summaries: Mapping[str, str]) -> int:
    """Answer what is not a command and return the exit code."""
    if name in {"--version", "-V"}:
        say(f"localci {__version__}")
        return PASSED
    if name in {"", "-h", "--help", "help"}:
        say(_INTRODUCTION)
        for command, summary in summaries.items():
            say(f"  {command:<12}{summary}")
        say(_CLOSING)
        return PASSED if name else USAGE
    tell(f"localci: {name!r} is no command; {_nearest(name, summaries)}")
    return USAGE


def _nearest(name: str, summaries: Mapping[str, str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistyped command

    near = get_close_matches(name, summaries, n=1)
    return f"did you mean `localci {near[0]}`?" if near else "`localci --help` lists them"
