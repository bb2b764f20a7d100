"""`localci approve`: consent to what a commit changes of the rules. A person's, never a hook's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.policy import APPROVING_ROLE, COUNTED_ROLES, roles_in_words
from localci.console import harmless, say, short_id
from localci.errors import FAILED, PASSED, UsageError
from localci.formats.approval import Approval
from localci.formats.subject import Subject
from localci.git.discovery import find_repository
from localci.prover.prover import Prover
from localci.prover.setup.consent import ask
from localci.verifier.collect import DEFAULT_REMOTE
from localci.verifier.rule_changes import rule_changes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.verifier.rule_changes import RuleChanges

MOST_LINES: Final = 400
"""Lines of the difference that are shown."""

_EPILOG = """\
The checks and the protected paths ([paths] of the policy) are taken from the
trusted branch. A commit that changes them counts once somebody approves whom
that branch's policy gives the role. The approval is signed, hangs on the commit
as a note, and is void when the trusted side moves on.

examples:
  localci approve                   HEAD, against the remote's default branch
  localci approve feature --trust-ref origin/release

exit codes: 0 approved, or there is nothing to approve; 1 you did not agree;
            2 usage, policy or key; 4 gpg or git broken
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--trust-ref",
        default="",
        metavar="REV",
        help="the commit that this one is compared with, and whose policy says who may approve; "
        "default: the default branch of the remote, as last fetched",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Show what changes, ask, and sign."""
    repository = find_repository(str(Path.cwd()))
    changes = rule_changes(repository, arguments.revision, arguments.trust_ref, DEFAULT_REMOTE)
    if not changes.paths and not changes.checks:
        say(f"{short_id(changes.commit)} changes neither required checks nor protected paths")
        return PASSED
    # Never the key of a CI machine: an approval is a person's.
    with Prover(repository, None) as prover:
        _refuse_stranger(prover.key_fingerprint(), changes)
        for line in _lines(changes):
            say(line)
        if not changes.policy.author_alone:
            say("author_alone is false: it counts only if you are not the author of the change")
        answer = _answer(changes)
        if answer != "yes":
            say("not approved; type `yes` in full" if answer == "y" else "not approved")
            return FAILED
        prover.approve(_approval(changes))
    say(f"approved: {changes.commit}; `localci sync` or the next push delivers the note")
    return PASSED


def _refuse_stranger(fingerprint: str, changes: RuleChanges) -> None:
    """Raise UsageError where an approval by my key could lift nothing."""
    me = changes.policy.owner_of(fingerprint)
    roles = frozenset() if me is None else me.roles & COUNTED_ROLES
    wanted = [change.rule.roles for change in changes.paths]
    wanted += [frozenset({APPROVING_ROLE})] if changes.checks else []
    if any(roles & each for each in wanted):
        return
    known = f"is that of {roles_in_words(me.roles)}" if me else "is nobody's"
    names = roles_in_words(COUNTED_ROLES.intersection(frozenset().union(*wanted)))
    raise UsageError(f"your key {fingerprint} {known} at {changes.trust.ref}; wanted: {names}")


def _lines(changes: RuleChanges) -> Iterator[str]:
    yield f"commit   {changes.commit}"
    yield f"against  {harmless(changes.trust.ref)} at {short_id(changes.trust.commit)}"
    for change in changes.paths:
        moved = f" ({change.moved})" if change.moved else ""
        yield harmless(f"  {change.rule.pattern}: {', '.join(change.paths[:5])}{moved}")
    for name, check in changes.checks.items():
        what = "changed" if check.base and check.head else "removed" if check.base else "added"
        yield harmless(f"  check {name}: {what}")
    yield ""
    rows = changes.difference.decode("utf-8", "replace").splitlines()
    yield from (harmless(row) for row in rows[:MOST_LINES])
    if len(rows) > MOST_LINES:
        yield (
            f"and {len(rows) - MOST_LINES} more lines: "
            f"`git diff {short_id(changes.trust.commit)} {short_id(changes.commit)}`"
        )


def _answer(changes: RuleChanges) -> str:
    """Ask on the terminal, whatever standard input is. Raises UsageError where there is none."""
    nobody = UsageError("an approval is a person's", then="run it in a terminal")
    return ask(f"approve of this for tree {short_id(changes.tree)}?", nobody)


def _approval(changes: RuleChanges) -> Approval:
    return Approval(
        subject=Subject(changes.commit, changes.tree, changes.policy.repositories[0]),
        base_commit=changes.trust.commit,
        approved_at=int(time.time()),
        paths={change.rule.pattern: change.base_digest for change in changes.paths},
        checks=dict(changes.checks),
    )
