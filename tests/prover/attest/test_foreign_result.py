from __future__ import annotations

import json
from typing import Any

import pytest

from localci.config.configuration import Check, When
from localci.errors import UsageError
from localci.formats.result import Issue, IssueFigures, encode_result
from localci.prover.attest.foreign_result import (
    always_applying,
    read_foreign_result,
    refuse_partial,
)
from support.documents import COMMIT, TREE, document

MADE = document()
ENCODED = encode_result(MADE)
STARTED = {"event": "run-started", "run_id": MADE.run_id}


def lines(*events: Any) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ENCODED).encode(),
        json.dumps(ENCODED, indent=2).encode() + b"\n",
        lines(STARTED, {"event": "run-finished", "exit_code": 0, "result": ENCODED}),
        lines({"event": "run-finished", "result": ENCODED}),
    ],
    ids=["one line", "indented", "events", "one event"],
)
def test_the_document_is_found(data: bytes) -> None:
    assert read_foreign_result(data, COMMIT, TREE) == MADE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lines(STARTED), "did not come to its end"),
        (lines(STARTED, {"event": "run-finished", "result": None}), "no verdict"),
        (lines(STARTED, {"event": "run-finished"}), "no verdict"),
        (lines(STARTED)[:-5], "JSON"),
        (b"", "JSON"),
        (b"[]", "JSON object"),
        (lines({"event": "run-finished", "result": {**ENCODED, "checks": {}}}), "checks"),
    ],
    ids=["unfinished", "none", "lacking", "cut", "empty", "list", "broken"],
)
def test_what_is_none_is_said(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_foreign_result(data, COMMIT, TREE)


def test_warnings_are_completed_as_issues_are() -> None:
    found = [{"rule": f"R{n}", "message": "the secret"} for n in range(60)]
    checks = {"lint": {"passed": True, "kind": "issues", "issues": [], "warnings": found}}
    read = read_foreign_result(lines({**ENCODED, "checks": checks}), COMMIT, TREE)
    figures = read.checks["lint"].figures
    assert isinstance(figures, IssueFigures)
    assert (len(figures.warnings), figures.warnings_total) == (50, 60)
    assert figures.warnings[0] == Issue("R0")


def test_a_partial_one_is_refused() -> None:
    refuse_partial(MADE, ["tests"])
    with pytest.raises(UsageError, match="lacks lint"):
        refuse_partial(MADE, ["tests", "lint"])
    with pytest.raises(UsageError, match="says so itself"):
        refuse_partial(MADE._replace(partial=True), ["tests"])


def test_what_applies_only_sometimes_may_be_lacking() -> None:
    checks = (
        Check("tests", run="x"),
        Check("images", run="x", when=When(branches=("main",))),
        Check("scan", run="x", needs=("images",)),
        Check("windows", run="x", runs_on=("windows",)),
    )
    assert always_applying(checks) == ("tests",)
