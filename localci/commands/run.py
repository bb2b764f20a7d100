"""`localci run`: the checks of a commit, on exactly that commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, say, tell
from localci.errors import FAILED, PASSED, GitError, UsageError
from localci.formats.result import encode_result
from localci.git.command import repository_environment, run_git
from localci.git.discovery import find_repository
from localci.held_key import take_held_key
from localci.prover.prover import Prover

if TYPE_CHECKING:
    import argparse

    from localci.git.discovery import RepositoryPaths

_EPILOG = """\
The checks see the commit's tree and nothing else: what is not committed cannot
help. A whole run that passed is kept, and the next push only has to sign it;
--sign does that at once.

exit codes: 0 passed, 1 a check failed, 2 usage or configuration, 4 no verdict

examples:
  localci run                     the checks of HEAD
  localci run main~3 --check tests
  localci run --json > result.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--check", nargs="+", default=[], metavar="NAME", help="only these; never signed"
    )
    parser.add_argument(
        "--checks-from",
        default="",
        metavar="REV",
        help="the checks as that commit defines them, for a machine that trusts it more than REV;"
        " never signed",
    )
    parser.add_argument("--json", action="store_true", help="print the result document")
    parser.add_argument("--sign", action="store_true", help="sign the result if all passed")


def execute(arguments: argparse.Namespace) -> int:
    """Run, tell what failed, and keep or sign what passed."""
    if arguments.sign and arguments.check:
        raise UsageError("a partial run is never signed", then="leave out --check, or --sign")
    if arguments.checks_from and (arguments.sign or arguments.check):
        raise UsageError("--checks-from is for whole runs that nobody signs")
    with Prover(find_repository(str(Path.cwd())), take_held_key()) as prover:
        commit = prover.commit(arguments.revision)
        if arguments.sign:
            prover.examine_key()
        branch = _branch(prover.repository, arguments.revision)
        if arguments.checks_from:
            definer = prover.commit(arguments.checks_from)
            document, code = prover.run_as_defined_at(commit, branch, definer)
        else:
            document, code = prover.run(commit, branch, arguments.check)
        if document is not None and arguments.json:
            say(json.dumps(encode_result(document), indent=2))
        if code == PASSED and document is not None and arguments.sign:
            prover.attest([(document, "")])
            tell("localci: signed; `localci sync` or the next push delivers the note")
    _conclude(code, commit.id)
    return code


def _branch(repository: RepositoryPaths, revision: str) -> str:
    """Return the branch that a revision names, empty where it names none."""
    name = "HEAD" if revision in {"HEAD", "@"} else revision
    try:
        full = run_git(
            ["rev-parse", "--symbolic-full-name", name],
            directory=repository.git_dir,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        return ""
    ref = full.decode("utf-8", "replace").strip()
    head = "refs/heads/"
    return ref.removeprefix(head) if ref.startswith(head) else ""


def _conclude(code: int, commit: str) -> None:
    words = {PASSED: "passed", FAILED: "failed"}.get(code, "no verdict")
    tell(harmless(f"localci: {words}  commit {commit}"))
