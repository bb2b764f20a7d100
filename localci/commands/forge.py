"""`localci forge`: what a job of a forge's workflow runs, and the settings that make it count."""

from __future__ import annotations

import argparse
import os

from localci.forge.github_event import read_event, read_targets
from localci.forge.github_job import read_event_file, read_job
from localci.forge.github_verify import Settings, answer, find_default_branch
from localci.forge.signals import stop_by_signals

_EPILOG = """\
verify is for jobs of GitHub's workflows; `action.yml` calls it. The event, the
repository and the token are read from the job's environment. setup is for you.

exit codes: 0 accepted, or nothing was asked; 1 refused, 2 usage or policy,
            3 no attestation, 4 could not be evaluated or written down
"""
_SETUP_EPILOG = """\
What is there is kept; a second `localci forge setup` changes nothing. Files are
written and not committed. The token is that of `localci post`; it has to
administer the repository.

exit codes: 0 done, nothing to do, or declined; 2 not without your consent, or
something is wrong; 4 the forge did not do it, or nobody writes the check yet
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
    setup = actions.add_parser(
        "setup",
        help="require the check there, shown first",
        description="Let GitHub require the check of localci: show what that changes in rulesets"
        " or branch protection, in the workflow and in CODEOWNERS, ask, and change just that.",
    )
    _configure_setup(setup)


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says and return the exit code."""
    if arguments.action == "setup":
        # It imports the prover, which has no business beside the token of a job.
        from localci.commands import forge_setup  # noqa: PLC0415

        return forge_setup.execute(arguments)
    # A cancelled job still ends its check.
    stop_by_signals()
    job = read_job(os.environ)
    event = read_event_file(job.event_path)
    default = find_default_branch(job, event)
    named = arguments.target or os.environ.get("LOCALCI_TARGETS", "").split()
    targets = read_targets(default, named)
    digest = arguments.policy_digest or os.environ.get("LOCALCI_POLICY_DIGEST", "")
    return answer(job, read_event(job.event_name, event, targets), Settings(targets, digest))


def _configure_setup(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _SETUP_EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--remote", default="", metavar="NAME", help="whose forge; default: origin")
    parser.add_argument(
        "--target", action="append", default=[], metavar="BRANCH",
        help="a branch that is to require the check; default: the forge's default branch",
    )  # fmt: skip
    parser.add_argument(
        "--app", type=int, default=0, metavar="ID",
        help="the app that writes the check; default: the one that is required already, else "
        "GitHub Actions",
    )  # fmt: skip
    parser.add_argument(
        "--owner", action="append", default=[], metavar="@TEAM",
        help="a code owner of .github/ and .localci/",
    )  # fmt: skip
    parser.add_argument(
        "--require-code-owners", action="store_true",
        help="where pull requests are required, require the code owners' review",
    )  # fmt: skip
