"""`localci policy`: what the policy means, in sentences, and what can never be met."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.policy import POLICY_FILE
from localci.config.policy_faults import policy_cautions, policy_faults
from localci.config.policy_sentences import policy_sentences
from localci.config.read_configuration import read_configuration
from localci.config.read_policy import read_policy
from localci.console import harmless, say, tell
from localci.errors import PASSED, USAGE, LocalciError, NoConfigurationError, PolicyError
from localci.git.discovery import find_repository
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse

    from localci.config.configuration import Configuration
    from localci.config.policy import Policy
    from localci.prover.setup.working_tree import WorkingTree

_EPILOG = """\
Read is the policy in the working directory; it counts once it is on the
trusted branch. The digest is for `localci verify --policy-digest`: a
repository's first policy has no trusted commit before it.

examples:
  localci policy check                     all targets
  localci policy check --target release/1  what a push there has to show
  localci policy digest

exit codes: 0 it can be met, 2 it cannot be used, or something in it can never
            be met
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="what it requires, of whom, and what of it can never be met",
        description="Explain the policy in sentences and hold it against its own signers, today's"
        " date and the checks that are configured here.",
        allow_abbrev=False,
    )
    check.add_argument("--target", default="", metavar="BRANCH", help="only what counts for it")
    actions.add_parser(
        "digest",
        help="the SHA-256 of the policy file, for --policy-digest",
        description="Print the SHA-256 of the policy file's bytes. The keys are named by their"
        " fingerprints in it.",
        allow_abbrev=False,
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    files = working_tree(find_repository(str(Path.cwd())))
    policy = _policy(files)
    if arguments.action == "digest":
        say(policy.digest)
        return PASSED
    for line in policy_sentences(policy, arguments.target):
        say(harmless(line))
    now = time.time()
    faults = list(policy_faults(policy, arguments.target, _configuration(files), now))
    # A caution alone leaves a policy that can be met.
    for fault in (*faults, *policy_cautions(policy, arguments.target, now)):
        tell(f"localci: {POLICY_FILE}: {harmless(fault)}")
    return USAGE if faults else PASSED


def _policy(files: WorkingTree) -> Policy:
    """Return the policy here. Raises PolicyError, in which no trust commit is spoken of."""
    try:
        return read_policy(files.read)
    except PolicyError as error:
        if error.code != "policy-missing":
            raise
        raise PolicyError(
            error.code, f"the working directory has no {POLICY_FILE}", then=error.then
        ) from None


def _configuration(files: WorkingTree) -> Configuration | None:
    """Return what is configured here, None where that cannot be read: it is said, and no more."""
    try:
        return read_configuration(files.read)
    except NoConfigurationError:
        return None
    except LocalciError as error:
        tell(f"localci: {error}")
        return None
