from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from localci.errors import FormatError
from localci.formats.result import (
    MAX_COUNT,
    MAX_ISSUES,
    Artifact,
    CoverageFigures,
    ExitFigures,
    Issue,
    IssueFigures,
    ResultDocument,
    Reuse,
    Row,
    decode_result,
    encode_result,
)
from localci.formats.strict_json import dumps_canonical, loads_object
from support.documents import DEFINITION, DOCUMENTS, check, document

LONG = "a" * 64
REUSE = Reuse("a" * 40, "b" * 40, "0" * 40, LONG)
WHOLE = document(
    {
        "tests": check(exit_code=0, duration_ms=12, inputs=LONG, log=LONG, reused_from=REUSE),
        "coverage": check(CoverageFigures(87.5, 85.0)),
        "lint": check(IssueFigures((Issue("E1", "a.py", 3),), 60)),
        "build": check(ExitFigures(), passed=False, advisory=True, exit_code=-11),
        "flaky": check(attempts=2, cells=("python=3.11", "python=3.12")),
        "audit": check(IssueFigures((), 0, (Issue("E1", "a.py", 3),), 60)),
        "packages": check(
            ExitFigures(),
            measures={"artifacts.bytes": 3},
            rows=(Row("ruff", "passed"),),
            artifacts=(Artifact("dist/a.whl", 3, LONG),),
        ),
    },
    environment={"os": "linux", "tools": {"ruff": "0.9"}},
    partial=True,
)


def changed(place: str, value: Any) -> Any:
    """Return the whole document as JSON with another value; `...` takes the field away."""
    value_of: Any = copy.deepcopy(encode_result(WHOLE))
    container, *path = value_of, *place.split(".")
    for key in path[:-1]:
        container = container[int(key) if key.isdigit() else key]
    if value is ...:
        del container[path[-1]]
    else:
        container[path[-1]] = value
    return value_of


@given(DOCUMENTS)
def test_a_document_survives_the_wire(original: ResultDocument) -> None:
    line = dumps_canonical(encode_result(original))
    assert decode_result(loads_object(line, "it")) == original


def test_the_form_on_the_wire_is_the_published_one() -> None:
    assert encode_result(document({"tests": check()})) == {
        "version": "1.0",
        "timestamp": "2026-11-21T02:59:00Z",
        "commit_sha": "c" * 40,
        "tree_sha": "7" * 40,
        "branch": "feature",
        "runner": "local",
        "run_id": "5" * 32,
        "checks": {
            "tests": {
                "passed": True,
                "kind": "tests",
                "total": 150,
                "failed": 0,
                "skipped": 5,
                "started_at": "2026-11-21T02:58:50Z",
                "finished_at": "2026-11-21T02:59:00Z",
                "definition": DEFINITION,
            }
        },
        "started_at": "2026-11-21T02:58:40Z",
        "finished_at": "2026-11-21T02:59:00Z",
        "environment": {},
    }


def test_checks_are_sorted_into_three_lists() -> None:
    checks = {
        "b": check(),
        "a": check(advisory=True),
        "d": check(passed=False, advisory=True),
        "c": check(passed=False),
    }
    sorted_out = document(checks)
    assert (sorted_out.passed, sorted_out.warned, sorted_out.failed) == (
        ("a", "b"),
        ("d",),
        ("c",),
    )


NOT_TEXTS = (None, 5, True, [], {})
NOT_COUNTS = (None, -1, True, "1", 0.5, MAX_COUNT + 1, 1e300, [], {})
NOT_BOOLEANS = (None, 0, 1, "true", [], ...)
NOT_IDS = (None, 5, "", "a" * 39, "a" * 7, "A" * 40, "a" * 41, "a" * 40 + "\n", "\u0430" * 40)
NOT_DIGESTS = (None, 5, "", "a" * 63, "a" * 65, "A" * 64, LONG + "\n", "a" * 40)
NOT_TIMES = (None, 5, "", "2026-11-21", "2026-11-21T02:59:00", "2026-W47-6T02:59:00Z", ...)
NOT_PERCENTAGES = (True, "87.5", -0.01, 100.01, 1e300, [], {})

WRONG: list[tuple[str, str, tuple[Any, ...]]] = [
    ("version", "version", (None, 1, 1.0, "1", "1.1", "2.0", "1.0\n", ...)),
    ("timestamp", "timestamp", (*NOT_TIMES, "2026-11-21T02:58:59Z")),
    ("commit_sha", "commit_sha", (*NOT_IDS, ...)),
    ("tree_sha", "tree_sha", (*NOT_IDS, ...)),
    ("branch", "branch", (*NOT_TEXTS, ...)),
    ("runner", "runner", (*NOT_TEXTS, ...)),
    ("run_id", "run_id", (None, 5, "", "5" * 31, "5" * 33, "A" * 32, "5" * 32 + "\n", ...)),
    ("started_at", "started_at", NOT_TIMES),
    ("finished_at", "finished_at", NOT_TIMES),
    ("environment", "environment", (None, [], "linux")),
    ("partial", "partial", NOT_BOOLEANS[:-1]),
    ("checks", "checks", (None, [], {}, "tests", ...)),
    ("checks.tests", "checks.tests", (None, [], True, "passed")),
    ("checks.tests.passed", "checks.tests.passed", NOT_BOOLEANS),
    ("checks.tests.kind", "kind", (None, 5, [], "", "Tests", "junit", ...)),
    ("checks.tests.total", "total", (*NOT_COUNTS, 4, ...)),
    ("checks.tests.failed", "failed", (*NOT_COUNTS, 146, ...)),
    ("checks.tests.skipped", "skipped", (*NOT_COUNTS, 151, ...)),
    ("checks.tests.started_at", "checks.tests.started_at", NOT_TIMES),
    ("checks.tests.finished_at", "checks.tests.finished_at", NOT_TIMES),
    ("checks.tests.exit_code", "exit_code", (True, "0", 0.5, 256, -256, [])),
    ("checks.tests.duration_ms", "duration_ms", tuple(v for v in NOT_COUNTS if v is not None)),
    ("checks.tests.advisory", "advisory", NOT_BOOLEANS[:-1]),
    ("checks.tests.definition", "definition", ("", None, "1:", LONG, "2:" + LONG, "1:" + LONG * 2)),
    ("checks.tests.inputs", "inputs", NOT_DIGESTS),
    ("checks.tests.log", "log", NOT_DIGESTS),
    ("checks.tests.reused_from", "reused_from", (5, [], "a")),
    ("checks.flaky.attempts", "attempts", (*NOT_COUNTS, 0)),
    ("checks.flaky.cells", "cells", (None, {}, "a", 1, [1], ["a", None], [["a"]])),
    ("checks.tests.reused_from.commit", "commit", (*NOT_IDS, ...)),
    ("checks.tests.reused_from.tree", "tree", (*NOT_IDS, ...)),
    ("checks.tests.reused_from.signer", "signer", (*NOT_TEXTS, ...)),
    ("checks.tests.reused_from.statement", "statement", (*NOT_DIGESTS, ...)),
    ("checks.coverage.percentage", "percentage", (None, *NOT_PERCENTAGES, ...)),
    ("checks.coverage.threshold", "threshold", NOT_PERCENTAGES),
    ("checks.lint.issues", "issues", (None, {}, "E1", 1, [[]], [None], ...)),
    ("checks.lint.issues_total", "issues_total", (*NOT_COUNTS, 0, ...)),
    ("checks.lint.issues.0.rule", "rule", (*NOT_TEXTS, ...)),
    ("checks.lint.issues.0.file", "file", (*NOT_TEXTS, ...)),
    ("checks.lint.issues.0.line", "line", tuple(v for v in NOT_COUNTS if v is not None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "named", "value"),
    [(place, named, value) for place, named, values in WRONG for value in values],
    ids=lambda value: repr(value)[:40],
)
def test_a_wrong_field_is_named(place: str, named: str, value: Any) -> None:
    with pytest.raises(FormatError, match=named) as caught:
        decode_result(changed(place, value))
    assert caught.value.code == "schema-invalid"


@pytest.mark.parametrize("value", [None, [], "x", 5, True], ids=repr)
def test_what_is_no_object_is_no_document(value: Any) -> None:
    with pytest.raises(FormatError) as caught:
        decode_result(value)
    assert caught.value.code == "schema-invalid"


@pytest.mark.parametrize(
    "name",
    ["", "Tests", "te sts", " tests", "tests\n", "t\u0435sts", "-tests", ".tests", "a" * 65, "a/b"],
    ids=repr,
)
def test_a_name_that_looks_like_another_is_refused(name: str) -> None:
    value: Any = encode_result(WHOLE)
    value["checks"][name] = value["checks"].pop("tests")
    with pytest.raises(FormatError, match="name is not like") as caught:
        decode_result(value)
    assert caught.value.code == "schema-invalid"


def test_more_issues_than_are_kept_are_refused() -> None:
    issue = {"rule": "E1", "file": "a.py"}
    assert decode_result(changed("checks.lint.issues", [issue] * MAX_ISSUES))
    with pytest.raises(FormatError, match="at most 50"):
        decode_result(changed("checks.lint.issues", [issue] * (MAX_ISSUES + 1)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("x", {"deep": [1]}),
        ("checks.tests.x", None),
        ("checks.tests.total", 150.0),
        ("checks.coverage.percentage", 100),
        ("checks.coverage.threshold", None),
        ("checks.tests.reused_from", None),
        ("checks.tests.exit_code", None),
        ("checks.tests.duration_ms", ...),
        ("checks.lint.issues", []),
        ("environment", ...),
        ("environment", {"os": 5}),
        ("branch", ""),
    ],
    ids=repr,
)
def test_what_may_be_said_otherwise_is_read(place: str, value: Any) -> None:
    decode_result(changed(place, value))
