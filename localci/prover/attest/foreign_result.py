"""A result document made elsewhere: completed where it says less than 1.0 asks, then validated.

A document in the user's own short form (version, timestamp, commit, checks with their figures) is
as good as a whole one: what can be derived is derived, and nothing is made up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.errors import FormatError, UsageError
from localci.formats.result import MAX_ISSUES, decode_result
from localci.formats.strict_json import loads_object

if TYPE_CHECKING:
    from collections.abc import Collection

    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject, JsonValue

_KIND_BY_FIGURE = (("percentage", "coverage"), ("total", "tests"), ("issues", "issues"))


def read_foreign_result(data: bytes, commit: str, tree: str) -> ResultDocument:
    """Return the document, which must be about this commit. Raises UsageError with the field."""
    try:
        document = decode_result(_completed(loads_object(data, "the result document"), tree))
    except FormatError as error:
        raise UsageError(error.what, then="docs/formats.md describes the document") from None
    if (document.commit, document.tree) != (commit, tree):
        raise UsageError(
            f"the result document is about commit {document.commit}, not {commit}",
            then=f"`localci attest {document.commit} --result …`",
        )
    return document


def refuse_partial(document: ResultDocument, configured: Collection[str]) -> None:
    """Raise UsageError where a check of the commit's own configuration is not in the document.

    A partial run never stands for the whole (design 6).
    """
    lacking = sorted(set(configured) - document.checks.keys())
    if lacking:
        raise UsageError(
            f"the result document is partial, it lacks {', '.join(lacking)}",
            then="`localci run --json` without --check makes a whole one",
        )


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
    issues = check.get("issues")
    if completed["kind"] == "issues" and isinstance(issues, list):
        completed.setdefault("issues_total", len(issues))
        completed["issues"] = [_completed_issue(issue) for issue in issues[:MAX_ISSUES]]
    return completed


def _completed_issue(issue: JsonValue) -> JsonValue:
    """Fill in what an issue lacks, and leave out what is not the wire's: messages, snippets."""
    if not isinstance(issue, dict):
        return issue
    kept: JsonObject = {"rule": "", "file": ""}
    kept.update({key: value for key, value in issue.items() if key in {"rule", "file", "line"}})
    return kept
