"""`localci forge`: what a job of a forge's workflow runs, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.forge.github_event import read_event, read_targets
from localci.forge.github_job import read_event_file, read_job
from localci.forge.github_verify import Settings, answer, find_default_branch
from localci.forge.signals import stop_by_signals

if TYPE_CHECKING:
    import argparse

_EPILOG = """\
For jobs of GitHub's workflows; `action.yml` calls it. The event, the repository
and the token are read from the job's environment.

exit codes: 0 accepted, or nothing was asked; 1 refused, 2 usage or policy,
            3 no attestation, 4 could not be evaluated or written down
"""
_DEFAULT_HELP = "a further branch that gets a verdict; default: $LOCALCI_TARGETS"


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="judge what the event asks, write the checks")
    verify.add_argument(
        "--target", action="append", default=[], metavar="BRANCH", help=_DEFAULT_HELP
    )
    verify.add_argument(
        "--policy-digest",
        default="",
        metavar="HEX",
        help="believe a first policy with this digest; default: $LOCALCI_POLICY_DIGEST",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says and return the exit code."""
    # A cancelled job still ends its check.
    stop_by_signals()
    job = read_job(os.environ)
    event = read_event_file(job.event_path)
    default = find_default_branch(job, event)
    named = arguments.target or os.environ.get("LOCALCI_TARGETS", "").split()
    targets = read_targets(default, named)
    digest = arguments.policy_digest or os.environ.get("LOCALCI_POLICY_DIGEST", "")
    return answer(job, read_event(job.event_name, event, targets), Settings(targets, digest))
