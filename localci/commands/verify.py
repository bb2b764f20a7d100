"""`localci verify`: the verdict on a commit. Runs nothing of the project and needs no key."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Final

from localci.console import say, tell
from localci.errors import FAILED, MISSING, NO_VERDICT, PASSED, USAGE, UsageError
from localci.git.discovery import find_repository
from localci.verifier.collect import verify
from localci.verifier.question import Question
from localci.verifier.report import commit_line, verdict_lines
from localci.verifier.verdict import ACCEPTED, ERROR, NOT_FOUND, REFUSED, encode_verdict

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.verifier.verdict import Verdict

_EXAMPLES = """\
exit codes: 0 accepted, 1 refused, 2 usage or policy, 3 no attestation, 4 could
            not be evaluated

examples:
  localci verify                    HEAD, by the remote's default branch
  localci verify --remote origin    with the notes that the remote has
  localci verify 1f2e3d4 --trust-ref refs/remotes/origin/main --json
  localci verify --range v1.0..main
                                    the exit code is the worst: 2, 4, 1, 3, 0
"""
_WORST_FIRST: Final = (USAGE, NO_VERDICT, FAILED, MISSING, PASSED)


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("revision", nargs="?", default="", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--range",
        default="",
        metavar="A..B",
        help="each commit that B reaches and A does not, a line each, all by one trust commit",
    )
    parser.add_argument(
        "--trust-ref",
        default="",
        metavar="REV",
        help="the commit whose policy, keys and checks are believed; "
        "default: the default branch of the remote, as last fetched",
    )
    parser.add_argument(
        "--remote",
        action="append",
        default=[],
        metavar="NAME|URL",
        help="fetch the notes from there, may be repeated; default: the notes that are here",
    )
    parser.add_argument(
        "--target",
        default="",
        metavar="BRANCH",
        help="the branch that the commit is meant for; default: the one of the trust ref",
    )
    parser.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="NAME",
        help="whose change it is, a signer's name or account, may be repeated; needed where the"
        " policy says author_alone = false",
    )
    parser.add_argument(
        "--policy-digest",
        default="",
        metavar="SHA256",
        help="take the commit's own policy, where the trust commit has none and it is just this"
        " one (`localci policy digest`)",
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Print the verdict, or those of a range, and return the exit code."""
    repository = find_repository(os.getcwd())
    question = Question(
        revision=arguments.revision or "HEAD",
        trust_ref=arguments.trust_ref,
        remotes=tuple(arguments.remote),
        target=arguments.target,
        authors=tuple(arguments.author),
        policy_digest=arguments.policy_digest,
    )
    if arguments.range:
        if arguments.revision:
            raise UsageError("one commit or a range: leave out REV, or --range")
        if arguments.policy_digest:
            raise UsageError("--policy-digest is for a single commit, the first with a policy")
        return _verify_range(repository, question, arguments.range, as_json=arguments.json)
    return _verify_one(repository, question, as_json=arguments.json)


def _verify_one(repository: RepositoryPaths, question: Question, *, as_json: bool) -> int:
    verdict = verify(repository, question)
    half_way = any(line.accepted for line in verdict.attestations)
    incomplete = verdict.verdict == NOT_FOUND or (verdict.verdict == REFUSED and half_way)
    if incomplete and not question.remotes:
        tell("localci: only the notes that are here were read; `--remote origin` asks the remote")
    if as_json:
        say(_as_json(verdict, indent=2))
    else:
        for line in verdict_lines(verdict):
            say(line)
    return verdict.exit_code


def _verify_range(
    repository: RepositoryPaths, question: Question, text: str, *, as_json: bool
) -> int:
    # Most verdicts are on one commit.
    from localci.verifier.range import read_range, verify_range  # noqa: PLC0415

    show = partial(_as_json, indent=None) if as_json else commit_line
    counted: dict[str, int] = {}
    codes = {PASSED}
    for judged in verify_range(repository, question, read_range(text), show):
        say(judged.text)
        codes.add(judged.exit_code)
        counted[judged.verdict] = counted.get(judged.verdict, 0) + 1
    tell(f"localci: {sum(counted.values())} commits{''.join(_counts(counted))}")
    return min(codes, key=_WORST_FIRST.index)


def _counts(counted: Mapping[str, int]) -> Iterator[str]:
    for verdict in (ACCEPTED, REFUSED, NOT_FOUND, ERROR):
        if verdict in counted:
            yield f", {counted[verdict]} {verdict}"


def _as_json(verdict: Verdict, indent: int | None) -> str:
    # In a log `##[` would be a command to GitHub's runner, wherever it stands.
    return json.dumps(encode_verdict(verdict), indent=indent).replace("##", "#\\u0023")
