"""`localci explain`: why a check ran or was reused, or would be now, and what has changed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.reached import reached
from localci.console import harmless, say, short_id
from localci.errors import PASSED
from localci.formats.timestamps import format_timestamp
from localci.git.command import repository_environment
from localci.git.discovery import find_repository
from localci.git.objects import ObjectReader
from localci.prover.commit_run import Wishes, prepare
from localci.prover.plan.plan import Selection
from localci.prover.prover import Prover
from localci.prover.reuse.explain import Scope, State, changes
from localci.prover.reuse.history import FAILED, REUSED, Remembered, remembered
from localci.prover.reuse.history import PASSED as RAN_WELL
from localci.prover.reuse.store import look_for_result
from localci.prover.reuse.terms import ANY_TERMS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from localci.config.configuration import Configuration
    from localci.formats.result import CheckResult
    from localci.formats.strict_json import JsonObject
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.prover import Commit
    from localci.prover.reuse.explain import Change
    from localci.prover.run.preparation import PreparedRun

_EPILOG = """\
A check is not run again while its key is the same: its definition, its inputs,
what it needs, its tools, the platform, the isolation, setup, and the variables
that are passed on. Nothing is run to find that out.

exit codes: 0 explained, 2 usage or configuration, 4 git broken

examples:
  localci explain tests
  localci explain lint HEAD~3
"""


@dataclass(frozen=True)
class Explained:
    """All that is said of a check on a commit.

    `reuse` is the result that would be reused now, else `why` says why it would run. `last` is
    when it last ran, `changed` what is different now; `here` how it fared in the last run of this
    commit, `before` when it had last run before that, `differed` what was different then.
    """

    check: str
    commit: str
    reuse: CheckResult | None
    why: str
    last: Remembered | None
    changed: tuple[Change, ...]
    here: Remembered | None
    before: Remembered | None
    differed: tuple[Change, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("check", metavar="CHECK", help="the name of a check")
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Explain; nothing is run."""
    repository = find_repository(str(Path.cwd()))
    with Prover(repository, None) as prover:
        commit = prover.commit(arguments.revision)
        configuration = prover.configuration(commit)
        wishes = Wishes(Selection(_together(configuration, arguments.check)))
        prepared = prepare(prover, commit, configuration, prover.destination(""), wishes)
    checks = {check.name: check for check in configuration.checks}
    definers = reached(checks, [arguments.check])
    explained = _explain(commit, prepared, arguments.check, definers)
    if arguments.json:
        say(json.dumps(_encode(explained), indent=2))
    else:
        for line in _lines(explained):
            say(harmless(line))
    return PASSED


def _together(configuration: Configuration, name: str) -> tuple[str, ...]:
    """Return the check and those that hold or run together with it: readers and their source."""
    check = configuration.check(name)
    source = name if check is None else check.source or name
    readers = (other.name for other in configuration.checks if other.source == source)
    return tuple(dict.fromkeys((name, *readers)))


def _explain(
    commit: Commit, prepared: PreparedRun, name: str, definers: frozenset[str]
) -> Explained:
    repository = prepared.request.repository
    planned = next(one for one in prepared.request.plan.checks if one.check.name == name)
    history = remembered(repository.common_dir, name)
    key = prepared.keys[name]
    last = _last_run(history)
    at = next((i for i, row in enumerate(history) if row.commit == commit.id), None)
    here = None if at is None else history[at]
    before = None if at is None else _last_run(history[at + 1 :])
    stored = prepared.found.get(name)
    scope = Scope(planned.check.inputs, definers)
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:

        def differ(now: State, then: Remembered | None) -> tuple[Change, ...]:
            return () if then is None else changes(now, _state(then), scope, objects)

        return Explained(
            check=name,
            commit=commit.id,
            reuse=None if stored is None else stored.check,
            why="" if stored is not None else _why_it_runs(prepared, planned),
            last=last,
            changed=differ(State(commit.tree, key.parts, key.details), last),
            here=here,
            before=before,
            differed=() if here is None else differ(_state(here), before),
        )


def _last_run(history: Sequence[Remembered]) -> Remembered | None:
    return next((row for row in history if row.outcome != REUSED), None)


def _state(row: Remembered) -> State:
    return State(row.tree, row.parts, row.details)


def _why_it_runs(prepared: PreparedRun, planned: PlannedCheck) -> str:
    request = prepared.request
    found = look_for_result(
        request.repository.common_dir,
        planned,
        prepared.keys[planned.check.name],
        request.terms or ANY_TERMS,
        request.commit,
        time.time(),
    )
    if isinstance(found, str):
        return found
    if not prepared.may_stand_here(found):
        return "the result that is known is of a run with a check that was not held apart"
    return "it is read together with a check that has to run"


def _lines(explained: Explained) -> Iterator[str]:
    yield f"{explained.check} on {short_id(explained.commit)}"
    here, before = explained.here, explained.before
    if here is not None:
        how = f"reused: it ran on {short_id(here.origin)}" if here.outcome == REUSED else _ran(here)
        yield f"  last time here   {how}"
        if here.outcome != REUSED:
            yield from _changed_lines(
                explained.differed, before, "it had never come to a verdict before"
            )
    if explained.reuse is not None:
        origin = explained.reuse.reused_from
        where = "" if origin is None else f" on {short_id(origin.commit)}"
        when = format_timestamp(explained.reuse.finished_at)
        yield f"  now              would be reused: it passed{where} at {when}"
        return
    yield f"  now              would run: {explained.why}"
    last = explained.last
    if last is not None and (here is None or last.run_id != here.run_id):
        yield f"  last run         on {short_id(last.commit)}: {_ran(last)}"
    yield from _changed_lines(explained.changed, last, "it never came to a verdict here")


def _ran(row: Remembered) -> str:
    words = {RAN_WELL: "ran and passed", FAILED: "ran and failed"}
    return f"{words[row.outcome]} at {format_timestamp(row.at)}"


def _changed_lines(found: Sequence[Change], since: Remembered | None, never: str) -> Iterator[str]:
    if since is None:
        yield f"    {never}"
        return
    if not found:
        yield f"    nothing has changed since it ran on {short_id(since.commit)}"
        return
    yield f"    changed since it ran on {short_id(since.commit)}:"
    for change in found:
        for position, what in enumerate(change.what):
            yield f"      {'' if position else change.part:<12} {what}"
        if change.more:
            yield f"      {'':<12} and {change.more} more"


def _encode(explained: Explained) -> JsonObject:
    reuse = explained.reuse
    origin = None if reuse is None else reuse.reused_from
    now: JsonObject = {"outcome": "run", "reason": explained.why}
    if reuse is not None:
        now = {
            "outcome": "reuse",
            "finished_at": format_timestamp(reuse.finished_at),
            "commit": "" if origin is None else origin.commit,
            "signer": "" if origin is None else origin.signer,
        }
    return {
        "check": explained.check,
        "commit": explained.commit,
        "now": now,
        "last_run": _encode_row(explained.last),
        "changed": [_encode_change(change) for change in explained.changed],
        "here": _encode_row(explained.here),
        "run_before": _encode_row(explained.before),
        "changed_then": [_encode_change(change) for change in explained.differed],
    }


def _encode_row(row: Remembered | None) -> JsonObject | None:
    if row is None:
        return None
    return {
        "commit": row.commit,
        "tree": row.tree,
        "run_id": row.run_id,
        "outcome": row.outcome,
        "finished_at": format_timestamp(row.at),
        "ran_on": row.origin or row.commit,
    }


def _encode_change(change: Change) -> JsonObject:
    return {"part": change.part, "what": [*change.what], "more": change.more}
