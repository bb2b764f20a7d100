"""The schema and `decode_result` are two statements of one format; here they are held equal."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from localci.errors import FormatError
from localci.formats.result import decode_result, encode_result
from localci.formats.timestamps import parse_timestamp
from localci.schemas import load_schema

SCHEMA: Any = load_schema("result-1.0")
VALIDATOR = Draft202012Validator(SCHEMA)

T0, T1 = "2026-11-21T03:00:00Z", "2026-11-21T03:00:09Z"
CHECK = {"passed": True, "kind": "exit", "started_at": T0, "finished_at": T1}
DOCUMENT: dict[str, Any] = {
    "version": "1.0",
    "timestamp": T1,
    "commit_sha": "a" * 40,
    "tree_sha": "b" * 64,
    "branch": "feature/xyz",
    "runner": "local",
    "run_id": "0" * 32,
    "started_at": T0,
    "finished_at": T1,
    "environment": {"os": "linux", "tools": {}},
    "partial": True,
    "checks": {
        "tests": {**CHECK, "kind": "tests", "total": 150, "failed": 0, "skipped": 5},
        "coverage": {**CHECK, "kind": "coverage", "percentage": 87.5, "threshold": 85},
        "lint": {
            **CHECK,
            "kind": "issues",
            "issues": [{"rule": "E1", "file": "a.py", "line": 3}, {"rule": "E1", "file": ""}],
            "issues_total": 60,
        },
        "build": {
            **CHECK,
            "passed": False,
            "advisory": True,
            "exit_code": 1,
            "duration_ms": 12,
            "definition": "1:" + "c" * 64,
            "inputs": "d" * 64,
            "log": "e" * 64,
            "reused_from": {
                "commit": "a" * 40,
                "tree": "b" * 40,
                "signer": "ada@example.org",
                "statement": "f" * 64,
            },
            "attempts": 2,
            "cells": ["python=3.11", "python=3.12"],
            "measures": {"tests.total": 3, "artifacts.bytes": 0},
            "rows": [{"name": "ruff", "outcome": "passed"}],
            "artifacts": [{"name": "dist/a.whl", "size": 3, "sha256": "f" * 64}],
        },
        "audit": {
            **CHECK,
            "kind": "issues",
            "issues": [],
            "issues_total": 0,
            "warnings": [{"rule": "E1", "file": "a.py", "line": 3}],
            "warnings_total": 1,
        },
    },
}

PLACES: list[tuple[str, ...]] = list(
    dict.fromkeys(
        [
            *((key,) for key in (*DOCUMENT, "unknown")),
            ("checks", "Tests"),
            ("checks", "a\n"),
            ("checks", "a" * 65),
            *(
                ("checks", name, key)
                for name, check in DOCUMENT["checks"].items()
                for key in (
                    *check,
                    "total",
                    "percentage",
                    "threshold",
                    "issues",
                    "advisory",
                    "attempts",
                    "cells",
                    "measures",
                    "rows",
                    "artifacts",
                    "warnings",
                    "warnings_total",
                    "unknown",
                )
            ),
            *(
                ("checks", "build", "reused_from", k)
                for k in ("commit", "tree", "signer", "statement")
            ),
            *(
                ("checks", "lint", "issues", "0", key)
                for key in ("rule", "file", "line", "unknown")
            ),
            *(("checks", "audit", "warnings", "0", key) for key in ("rule", "file", "line")),
            *(("checks", "build", "rows", "0", key) for key in ("name", "outcome", "unknown")),
            *(("checks", "build", "artifacts", "0", key) for key in ("name", "size", "sha256")),
            *(
                ("checks", "build", "measures", key)
                for key in (
                    *("tests.total", "a.b.c", "a.b.c.d", "a", "A.b", "a.b\n", ".a", "a."),
                    *("a" * 32 + ".b", "a" * 33 + ".b", "a.1"),
                )
            ),
        ]
    )
)

TIMES = st.from_regex(
    r"[0-9]{4}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z\n?", fullmatch=True
)
EDGES: list[Any] = [
    *[None, True, False, 0, 1, -1, -255, -256, 255, 256, 2**53, 2**53 + 1],
    *[1.0, -1.0, 0.5, -0.0, 100, 100.0, 100.01, -0.01, 1e300, 2.0**53],
    *["", "1.0", "1", "tests", "coverage", "issues", "exit", "TESTS", T0, T1, T1 + "\n"],
    *[digit * count for digit in "aAg\u0663" for count in (31, 32, 33, 39, 40, 41, 63, 64, 65)],
    *["a" * count + "\n" for count in (32, 40, 64)],
    *["1:" + "a" * 64, "1:" + "a" * 64 + "\n", "1:" + "a" * 63, "2:" + "a" * 64],
    *[["python=3.11"], ["a", "a"], ["a", 1], [[]]],
    *["passed", "failed", "skipped", "a" * 512, "a" * 513],
    *[[{"name": "a", "outcome": "passed"}] * count for count in (1, 100, 101)],
    *[[{"name": "a", "size": 1, "sha256": "a" * 64}] * count for count in (1, 100, 101)],
    *[{f"a.b{number}": 1 for number in range(count)} for count in (32, 33)],
    *[[], {}, [1], [None], CHECK, {"a": CHECK}, {"a": {}}],
    *[[{"rule": "r", "file": "f"}] * count for count in (1, 50, 51)],
    *[{"a" * 64: CHECK}, {"a" * 65: CHECK}, {"A": CHECK}, {"a\n": CHECK}, {"": CHECK}],
]
VALUES = st.one_of(
    st.sampled_from(EDGES),
    st.integers(-300, 300),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    TIMES,
)


ALL_DAYS = [(month, day) for month in range(14) for day in range(33)]


def is_a_time(text: str) -> bool:
    try:
        parse_timestamp(text, "time")
    except FormatError:
        return False
    return True


def is_decoded(value: Any) -> bool:
    try:
        decode_result(value)
    except FormatError:
        return False
    return True


def agrees_with_itself(document: Any) -> bool:
    """Tell what the schema's `$comment` says that a schema cannot say."""
    if document["timestamp"] != document["finished_at"]:
        return False
    for check in document["checks"].values():
        if check["kind"] == "tests" and check["failed"] + check["skipped"] > check["total"]:
            return False
        if check["kind"] != "issues":
            continue
        keys = ("issues", "warnings") if "warnings_total" in check else ("issues",)
        if any(check[f"{key}_total"] < len(check[key]) for key in keys):
            return False
    return True


def held_equal(document: Any) -> bool:
    valid = VALIDATOR.is_valid(document) and agrees_with_itself(document)
    assert is_decoded(document) == valid
    return valid


def changed(place: tuple[str, ...], change: Any) -> Any:
    """Return the document with `change` applied to the container of `place` and its key."""
    document = copy.deepcopy(DOCUMENT)
    container: Any = document
    for key in place[:-1]:
        container = container[int(key)] if isinstance(container, list) else container[key]
    change(container, place[-1])
    return document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_whole_document_is_valid_and_so_is_what_is_encoded_of_it() -> None:
    assert held_equal(DOCUMENT)
    assert held_equal(encode_result(decode_result(DOCUMENT)))


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_without_a_field_both_say_the_same(place: tuple[str, ...]) -> None:
    held_equal(changed(place, lambda container, key: container.pop(key, None)))


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_with_a_value_at_the_edge_both_say_the_same(place: tuple[str, ...]) -> None:
    for value in EDGES:
        held_equal(changed(place, lambda container, key: container.update({key: value})))  # noqa: B023 - called at once


@settings(deadline=None)
@given(st.sampled_from(PLACES), VALUES)
def test_with_another_value_both_say_the_same(place: tuple[str, ...], value: Any) -> None:
    held_equal(changed(place, lambda container, key: container.update({key: value})))


def test_both_know_the_calendar() -> None:
    timestamp = VALIDATOR.evolve(schema=SCHEMA["$defs"]["timestamp"])
    days = [f"{year:04d}-02-29" for year in range(10_000)]
    days += [f"{year}-{month:02d}-{day:02d}" for year in (2023, 2024) for month, day in ALL_DAYS]
    for day in days:
        assert timestamp.is_valid(f"{day}T00:00:00Z") == is_a_time(f"{day}T00:00:00Z"), day


@pytest.mark.parametrize(
    ("time", "exists"),
    [
        ("2024-02-29T00:00:00Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2000-02-29T23:59:59Z", True),
        ("1900-02-29T00:00:00Z", False),
        ("2026-04-31T00:00:00Z", False),
        ("0001-01-01T00:00:00Z", True),
        ("0000-01-01T00:00:00Z", False),
        ("2026-01-01T24:00:00Z", False),
        ("2016-12-31T23:59:60Z", False),
        ("2026-01-01T00:00:00+00:00", False),
        ("2026-01-01T00:00:00Z\n", False),
    ],
)
def test_a_time_exists_or_is_refused(time: str, exists: bool) -> None:  # noqa: FBT001
    assert held_equal({**DOCUMENT, "started_at": time}) is exists


@pytest.mark.parametrize("value", [None, True, 1, "1.0", [], [DOCUMENT], {}])
def test_what_is_no_document_is_refused_by_both(value: Any) -> None:
    assert not VALIDATOR.is_valid(value)
    assert not is_decoded(value)


@pytest.mark.parametrize(
    ("check", "valid"),
    [
        ({**CHECK, "kind": "tests", "total": 3.0, "failed": 0, "skipped": 0}, True),
        ({**CHECK, "kind": "tests", "total": 3.5, "failed": 0, "skipped": 0}, False),
        ({**CHECK, "kind": "tests", "total": True, "failed": 0, "skipped": 0}, False),
        ({**CHECK, "kind": "tests", "total": 3, "failed": 2, "skipped": 2}, False),
        ({**CHECK, "kind": "tests", "total": 2**53 + 2, "failed": 0, "skipped": 0}, False),
        (
            {**CHECK, "kind": "issues", "issues": [{"rule": "", "file": ""}], "issues_total": 0},
            False,
        ),
        ({**CHECK, "kind": "coverage", "percentage": "100"}, False),
        ({**CHECK, "exit_code": -255.0}, True),
        ({**CHECK, "exit_code": 256}, False),
        ({**CHECK, "exit_code": None, "duration_ms": None, "reused_from": None}, True),
        ({**CHECK, "definition": None}, False),
    ],
)
def test_a_check_is_valid_or_refused_by_both(check: Any, valid: bool) -> None:  # noqa: FBT001
    assert held_equal({**DOCUMENT, "checks": {"a": check}}) is valid
