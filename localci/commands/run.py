"""`localci run`: the checks of a commit, on exactly that commit."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, tell
from localci.directories import explained, write_whole
from localci.errors import FAILED, PASSED, UsageError
from localci.formats.result import encode_result
from localci.formats.strict_json import dumps_canonical
from localci.git.discovery import find_repository
from localci.held_key import take_held_key
from localci.prover.circumstances import branch_of, pushed_to
from localci.prover.commit_run import (
    Wishes,
    describe,
    prepare,
    prepare_as_defined_at,
    run_recorded,
    run_unkept,
)
from localci.prover.plan.plan import Selection
from localci.prover.plan.pushes import PushedRef
from localci.prover.prover import Prover
from localci.prover.record.background import hand_over, hand_over_anew, taken_over, under_way
from localci.prover.telling.choose_view import choose_view
from localci.prover.workspace.space import kept_workspaces, remove_workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from localci.formats.result import ResultDocument
    from localci.git.discovery import RepositoryPaths
    from localci.prover.circumstances import Destination
    from localci.prover.prover import Commit
    from localci.prover.record.background import TakenOver

_EPILOG = """\
The checks see the commit's tree and nothing else: what is not committed cannot
help. What has not changed since it last passed is not run again. A whole run
that passed is kept, and the next push only has to sign it; --sign does that at
once.

exit codes: 0 passed, 1 a check failed, 2 usage or configuration, 3 handed to
            the background, 4 no verdict

examples:
  localci run                     the checks of HEAD
  localci run main~3 --check tests
  localci run --profile build --set arch=arm64
  localci run --background        and go on working; `localci status`
  localci run --watch             the working tree, again at every change
  localci run --json              what happens, a JSON object a line
  localci run --sign --post       sign it, and show it on the forge
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--check", nargs="+", default=[], metavar="NAME", help="only these; never signed"
    )
    parser.add_argument(
        "--profile", default="", metavar="NAME", help="the checks of a profile; never signed"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="AXIS=VALUE",
        help="of a matrix only the cells with that value; never signed",
    )  # fmt: skip
    parser.add_argument(
        "--checks-from",
        default="",
        metavar="REV",
        help="the checks as that commit defines them, for a machine that trusts it more than REV;"
        " never signed",
    )
    parser.add_argument(
        "--to",
        nargs=2,
        metavar=("REMOTE", "REF"),
        help="as if it were pushed there: for checks with `when`",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="as many commands at once")
    parser.add_argument(
        "--fail-fast", action="store_true", default=None, help="end at the first failure"
    )
    parser.add_argument("--no-cache", action="store_true", help="reuse no result")
    parser.add_argument(
        "--fresh", action="store_true", help="reuse nothing: no result, no workspace, no setup"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--background", action="store_true", help="start it and return at once")
    how.add_argument(
        "--watch", action="store_true", help="run on the working tree, again at every change"
    )
    parser.add_argument("--json", action="store_true", help="print events, one JSON object a line")
    parser.add_argument("--result", default="", metavar="FILE", help="write the result document")
    parser.add_argument("--sign", action="store_true", help="sign the result if all passed")
    parser.add_argument(
        "--post", action="store_true", help="show on the forge how it ended (`localci post`)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run, tell what failed, and keep or sign what passed."""
    taken = taken_over(os.environ)
    _refuse_what_cannot_be(arguments)
    repository = find_repository(str(Path.cwd()))
    if arguments.watch:
        from localci.prover.watching import watch  # noqa: PLC0415 - only here

        return watch(repository, _wishes(arguments), json=arguments.json)
    with Prover(repository, take_held_key()) as prover:
        commit = prover.commit(arguments.revision)
        to = _destination(prover, arguments, taken)
        if arguments.background:
            return _hand_over(prover, commit, to, arguments)
        if arguments.sign:
            prover.examine_key()
        if arguments.fresh:
            _remove_workspaces(repository)
        document, code = _run(prover, commit, to, arguments, taken)
        if document is not None and arguments.result:
            with explained(arguments.result):
                write_whole(arguments.result, dumps_canonical(encode_result(document)) + b"\n")
        if code == PASSED and document is not None and arguments.sign:
            prover.attest([(document, "")])
            tell("localci: signed; `localci sync` or the next push delivers the note")
    if code == PASSED and document is None:
        tell(f"localci: no check applies  commit {commit.id}")
        return code
    _conclude(code, commit.id)
    return _post(repository, commit, document, code) if arguments.post else code


def _post(
    repository: RepositoryPaths, commit: Commit, document: ResultDocument | None, code: int
) -> int:
    from localci.commands.post import post_run  # noqa: PLC0415 - only here

    return post_run(repository, commit.id, document, code)


def _run(
    prover: Prover,
    commit: Commit,
    to: Destination,
    arguments: argparse.Namespace,
    taken: TakenOver | None,
) -> tuple[ResultDocument | None, int]:
    if prover.holds_key:
        # The process that holds the key runs no check.
        from localci.prover.run.apart import run_apart  # noqa: PLC0415 - on CI machines only

        return run_apart(commit.id, to.branch, _passed_on(arguments))
    wishes = _wishes(arguments)
    with closing(choose_view(os.environ, sys.stderr, json=arguments.json)) as view:
        if arguments.checks_from:
            definer = prover.commit(arguments.checks_from)
            return run_unkept(prepare_as_defined_at(prover, commit, definer, to, wishes), view)
        configuration = prover.configuration(commit)
        prepared = prepare(prover, commit, configuration, to, wishes)
        return run_recorded(prepared, view, prover.journal, taken)


def _hand_over(
    prover: Prover, commit: Commit, to: Destination, arguments: argparse.Namespace
) -> int:
    """Start the run in the background, where nothing speaks against it."""
    step = under_way(prover.repository, os.environ)
    if step:
        tell(f"localci: nothing is checked in the middle of a {step}")
        return PASSED
    configuration = prover.configuration(commit)
    prepared = prepare(prover, commit, configuration, to, _wishes(arguments))
    wishes = _wishes(arguments)
    start = hand_over if wishes.reuse else hand_over_anew
    handed = start(prover.repository, describe(prepared), _passed_on(arguments), configuration.hook)
    tell(handed.line)
    return handed.exit_code


def _wishes(arguments: argparse.Namespace) -> Wishes:
    return Wishes(
        selection=Selection(tuple(arguments.check), arguments.profile, _values(arguments.set)),
        jobs=arguments.jobs,
        fail_fast=arguments.fail_fast,
        reuse=not (arguments.no_cache or arguments.fresh),
    )


def _values(settings: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the axes and values of `--set`. Raises UsageError."""
    values: dict[str, str] = {}
    for setting in settings:
        axis, equals, value = setting.partition("=")
        if not (axis and equals and value):
            raise UsageError(f"--set {setting} is not like AXIS=VALUE", then="`--set arch=arm64`")
        if values.setdefault(axis, value) != value:
            raise UsageError(f"--set gives {axis} two values, {values[axis]} and {value}")
    return tuple(values.items())


def _passed_on(arguments: argparse.Namespace) -> list[str]:
    """Return the options that a run in another process has to be told."""
    words = ["--check", *arguments.check] if arguments.check else []
    words += ["--to", *arguments.to] if arguments.to else []
    words += [f"--set={one}" for one in arguments.set]
    for option in ("profile", "checks_from", "jobs"):
        value = getattr(arguments, option)
        words += [f"--{option.replace('_', '-')}", str(value)] if value else []
    flags = ("fail_fast", "no_cache", "fresh", "json")
    return words + [f"--{flag.replace('_', '-')}" for flag in flags if getattr(arguments, flag)]


def _refuse_what_cannot_be(arguments: argparse.Namespace) -> None:
    chosen = bool(arguments.check or arguments.profile or arguments.set)
    if arguments.check and arguments.profile:
        raise UsageError("--check and --profile each choose the checks", then="leave one out")
    if arguments.sign and chosen:
        raise UsageError(
            "a partial run is never signed",
            then="leave out --check, --profile and --set, or --sign",
        )
    _refuse_what_cannot_be_posted(arguments, chosen=chosen)
    if arguments.checks_from and (arguments.sign or chosen or arguments.background):
        raise UsageError("--checks-from is for whole runs that nobody signs")
    if arguments.watch and (arguments.sign or arguments.result or arguments.revision != "HEAD"):
        raise UsageError("--watch runs on the working tree, of which there is no result")
    if arguments.watch and (arguments.checks_from or arguments.to):
        raise UsageError("--watch runs the working tree's own checks, and pushes nowhere")
    if arguments.background and (arguments.sign or arguments.result or arguments.json):
        raise UsageError("--background leaves nothing to print or sign; `localci wait` does")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError("--jobs is a number of at least 1")


def _refuse_what_cannot_be_posted(arguments: argparse.Namespace, *, chosen: bool) -> None:
    if not arguments.post:
        return
    if chosen:
        raise UsageError(
            "a partial run is never posted",
            then="leave out --check, --profile and --set, or --post",
        )
    if arguments.watch or arguments.checks_from:
        raise UsageError("--post is for the commit's own run, by its own checks")
    if arguments.background:
        raise UsageError(
            "--background leaves nothing to post", then="`localci wait`, then `localci post`"
        )


def _destination(
    prover: Prover, arguments: argparse.Namespace, taken: TakenOver | None
) -> Destination:
    """Return where the commit goes: as said, else by the branch that the revision names."""
    if arguments.to:
        remote, ref = arguments.to
        prover.refuse_unknown_remote(remote)
        whole = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
        return pushed_to(remote, PushedRef(arguments.revision, whole))
    if taken is not None:
        return prover.destination(taken.branch)
    return prover.destination(branch_of(prover.repository, arguments.revision))


def _remove_workspaces(repository: RepositoryPaths) -> None:
    """Remove the repository's workspaces that no run holds, and with them what setup made."""
    for kept in kept_workspaces():
        if kept.source == repository.common_dir:
            with explained(str(kept.place)):
                remove_workspace(kept.place)


def _conclude(code: int, commit: str) -> None:
    words = {PASSED: "passed", FAILED: "failed"}.get(code, "no verdict")
    tell(harmless(f"localci: {words}  commit {commit}"))
