"""`localci verify`: the verdict on a commit. Runs nothing of the project and needs no key."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from localci.console import say, tell
from localci.git.discovery import find_repository
from localci.verifier.collect import Question, verify
from localci.verifier.report import verdict_lines
from localci.verifier.verdict import NOT_FOUND, encode_verdict

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
exit codes: 0 accepted, 1 refused, 2 usage or policy, 3 no attestation, 4 could
            not be evaluated

examples:
  localci verify                    HEAD, by the remote's default branch
  localci verify --remote origin    with the notes that the remote has
  localci verify 1f2e3d4 --trust-ref refs/remotes/origin/main --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--trust-ref",
        default="",
        metavar="REV",
        help="the commit whose policy, keys and checks are believed; "
        "default: the default branch of the remote, as last fetched",
    )
    parser.add_argument(
        "--remote",
        default="",
        metavar="NAME|URL",
        help="fetch the notes from there; default: the notes that are here already",
    )
    parser.add_argument(
        "--target", default="", metavar="BRANCH", help="the branch that the commit is meant for"
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Print the verdict and return its exit code."""
    verdict = verify(
        find_repository(os.getcwd()),
        Question(
            revision=arguments.revision,
            trust_ref=arguments.trust_ref,
            remote=arguments.remote,
            target=arguments.target,
        ),
    )
    if verdict.verdict == NOT_FOUND and not arguments.remote:
        tell("localci: only the notes that are here were read; `--remote origin` asks the remote")
    if arguments.json:
        # In a log `##[` would be a command to GitHub's runner, wherever it stands.
        say(json.dumps(encode_verdict(verdict), indent=2).replace("##", "#\\u0023"))
    else:
        for line in verdict_lines(verdict):
            say(line)
    return verdict.exit_code
