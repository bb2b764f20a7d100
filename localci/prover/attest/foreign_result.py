"""A result document made elsewhere: completed where it says less than 1.0 asks, then validated.

A document in the user's own short form (version, timestamp, commit, checks with their figures) is
as good as a whole one: what can be derived is derived, and nothing is made up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from localci.config.reached import reached
from localci.console import clip
from localci.errors import FormatError, UsageError
from localci.formats.result import MAX_ISSUES, decode_result
from localci.formats.strict_json import loads_object
from localci.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from localci.config.configuration import Check
    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject, JsonValue

_DESCRIBED: Final = "docs/formats.md describes the document"
_LAST_EVENT: Final = "run-finished"
_LONGEST: Final = 200
"""Characters of what the schema's library says, which quotes the document."""
_KIND_BY_FIGURE: Final = (("percentage", "coverage"), ("total", "tests"), ("issues", "issues"))


def read_foreign_result(data: bytes, commit: str, tree: str) -> ResultDocument:
    """Return the document, which must be about this commit. Raises UsageError with the field.

    `data` is the document, or the lines of `localci run --json`, whose last one holds it.
    """
    try:
        completed = _completed(_document_in(data), tree)
        _refuse_other_form(completed)
        document = decode_result(completed)
    except FormatError as error:
        raise UsageError(error.what, then=_DESCRIBED) from None
    if (document.commit, document.tree) != (commit, tree):
        raise UsageError(
            f"the result document is about commit {document.commit}, not {commit}",
            then=f"`localci attest {document.commit} --result …`",
        )
    return document


def _document_in(data: bytes) -> JsonObject:
    """Return the document itself. Raises FormatError, UsageError where a run came to none."""
    lines = data.strip().split(b"\n")
    try:
        last = loads_object(lines[-1], "the last line")
    except FormatError:
        last = {}
    if "event" not in last:
        return loads_object(data, "the result document")
    if last["event"] != _LAST_EVENT:
        raise UsageError("the run of which these are the events did not come to its end")
    result = last.get("result")
    if not isinstance(result, dict):
        raise UsageError("the run came to no result: a check has no verdict")
    return result


def _refuse_other_form(document: JsonObject) -> None:
    """Raise UsageError with the field that the published schema is first at odds with."""
    validator = Draft202012Validator(load_schema("result-1.0"))
    error = best_match(validator.iter_errors(document))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path) or "the result document"
        raise UsageError(f"{where}: {clip(error.message, _LONGEST)}", then=_DESCRIBED)


def refuse_partial(document: ResultDocument, configured: Collection[str]) -> None:
    """Raise UsageError where the document is partial, or lacks a check that is `configured`.

    A partial run never stands for the whole (design 6).
    """
    lacking = sorted(set(configured) - document.checks.keys())
    if lacking or document.partial:
        what = f"it lacks {', '.join(lacking)}" if lacking else "and says so itself"
        raise UsageError(
            f"the result document is partial, {what}",
            then="`localci run --result FILE` without --check makes a whole one",
        )


def always_applying(checks: Sequence[Check]) -> tuple[str, ...]:
    """Return the names of the checks that apply wherever the commit goes and whatever runs it."""
    by_name = {check.name: check for check in checks}
    sometimes = {check.name for check in checks if check.when is not None or check.runs_on}
    return tuple(name for name in by_name if sometimes.isdisjoint(reached(by_name, [name])))


def _completed(document: JsonObject, tree: str) -> JsonObject:
    finished = document.get("finished_at", document.get("timestamp"))
    checks = document.get("checks")
    completed: JsonObject = {
        "tree_sha": tree,
        "run_id": os.urandom(16).hex(),
        "branch": "",
        "runner": "external",
        "started_at": finished,
        "finished_at": finished,
        **document,
    }
    if isinstance(checks, dict):
        completed["checks"] = {n: _completed_check(c, finished) for n, c in checks.items()}
    return completed


def _completed_check(check: JsonValue, finished: JsonValue) -> JsonValue:
    if not isinstance(check, dict):
        return check
    kind = next((kind for figure, kind in _KIND_BY_FIGURE if figure in check), "exit")
    completed: JsonObject = {"kind": kind, "started_at": finished, "finished_at": finished, **check}
    for key in ("issues", "warnings"):
        found = check.get(key)
        if completed["kind"] == "issues" and isinstance(found, list):
            completed.setdefault(f"{key}_total", len(found))
            completed[key] = [_completed_issue(issue) for issue in found[:MAX_ISSUES]]
    return completed


def _completed_issue(issue: JsonValue) -> JsonValue:
    """Fill in what an issue lacks, and leave out what is not the wire's: messages, snippets."""
    if not isinstance(issue, dict):
        return issue
    kept: JsonObject = {"rule": "", "file": ""}
    kept.update({key: value for key, value in issue.items() if key in {"rule", "file", "line"}})
    return kept
