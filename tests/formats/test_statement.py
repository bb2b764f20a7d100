from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given

from localci.errors import FormatError
from localci.formats.envelope import MAX_PAYLOAD
from localci.formats.result import MAX_NAME, Artifact, Issue, IssueFigures, Row
from localci.formats.statement import (
    STATEMENT_TYPE,
    TEST_RESULT_TYPE,
    Statement,
    decode_statement,
    encode_statement,
)
from support.documents import COMMIT, STATEMENTS, TREE, check, document, statement

PAYLOAD: Any = json.loads(
    encode_statement(
        statement(
            document(
                {
                    "tests": check(),
                    "lint": check(),
                    "audit": check(passed=False, advisory=True),
                    "slow": check(passed=False),
                }
            )
        )
    )
)


def changed(place: str, value: Any) -> bytes:
    """Return a payload with another value at a place; `...` takes it away."""
    payload = copy.deepcopy(PAYLOAD)
    container, *path = payload, *place.split(".")
    for key in path[:-1]:
        container = container[int(key) if key.isdigit() else key]
    if value is ...:
        del container[path[-1]]
    else:
        container[path[-1]] = value
    return json.dumps(payload).encode()


@given(STATEMENTS)
def test_a_statement_survives_the_payload(original: Statement) -> None:
    payload = encode_statement(original)
    assert decode_statement(payload) == original
    assert encode_statement(original) == payload


def test_the_form_is_that_of_in_toto() -> None:
    subject = {
        "name": "source",
        "uri": "git+https://example.org/acme/app",
        "digest": {"gitCommit": COMMIT, "gitTree": TREE},
        "annotations": {"sourceRefs": ["refs/heads/feature"]},
    }
    assert PAYLOAD["_type"] == "https://in-toto.io/Statement/v1"
    assert PAYLOAD["subject"] == [subject]
    assert PAYLOAD["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = PAYLOAD["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["configuration"] == [{"name": "localci.toml", "digest": {"gitBlob": "a" * 40}}]
    assert predicate["passedTests"] == ["lint", "tests"]
    assert predicate["warnedTests"] == ["audit"]
    assert predicate["failedTests"] == ["slow"]
    assert predicate["localci"]["commit_sha"] == COMMIT


def test_advisory_failures_only_warn() -> None:
    warned = document({"tests": check(), "audit": check(passed=False, advisory=True)})
    assert statement(warned).result == "PASSED"


NOT_IDS = (None, 5, "", "a" * 39, "a" * 7, "C" * 40, "c" * 40 + "\n", ["c" * 40], ...)
WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("_type", ("https://in-toto.io/Statement/v0.1", STATEMENT_TYPE + "/", None, 1, ...)),
    (
        "predicateType",
        (
            "https://in-toto.io/attestation/test-result/v0.2",
            "https://in-toto.io/attestation/test-result/v0.10",
            TEST_RESULT_TYPE + " ",
            "https://slsa.dev/provenance/v1",
            None,
            ...,
        ),
    ),
    ("predicate", (None, [], "PASSED", {}, ...)),
    ("subject", (None, {}, [], [None], ["c"], [PAYLOAD["subject"][0]] * 2, ...)),
    ("subject.0.digest", (None, [], {}, "c" * 40, ...)),
    ("subject.0.digest.gitCommit", NOT_IDS),
    ("subject.0.digest.gitTree", NOT_IDS),
    (
        "subject.0.uri",
        (None, 5, "", "https://example.org/acme/app", "example.org/acme/app", "git+ssh://x/y", ...),
    ),
    ("predicate.result", ("PASSED", "failed", "WARNED", "", None, True, ...)),
    (
        "predicate.passedTests",
        (None, {}, [], ["lint"], ["lint", "lint"], ["lint", "tests", "tests"], [5, "lint"],
         ["lint", "tests", "slow"], ["lint", "Tests"], ["lint", "tests "], ...),
    ),
    ("predicate.warnedTests", ([], ["slow"], ["audit", "slow"], None, ...)),
    ("predicate.failedTests", ([], ["audit"], "slow", {"slow": 1}, None, ...)),
    ("predicate.configuration", (None, {}, [None], [{}], [{"name": "x"}],
                                 [{"name": 5, "digest": {"gitBlob": "a" * 40}}],
                                 [{"name": "x", "digest": {"gitBlob": "a" * 7}}])),
    ("predicate.localci", (None, [], {}, "x", ...)),
    ("predicate.localci.version", ("2.0", ...)),
    ("predicate.localci.checks.tests.passed", (False, "true", 1)),
    ("predicate.localci.checks.slow.passed", (True,)),
    ("predicate.localci.checks.slow.advisory", (True,)),
    ("predicate.localci.checks.tests", (...,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value"),
    [(place, value) for place, values in WRONG for value in values],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_wrong_or_does_not_agree_is_refused(place: str, value: Any) -> None:
    with pytest.raises(FormatError) as caught:
        decode_statement(changed(place, value))
    assert caught.value.code == "schema-invalid"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("predicate.localci.commit_sha", "d" * 40),
        ("predicate.localci.tree_sha", "d" * 40),
        ("subject.0.digest.gitCommit", "d" * 40),
        ("subject.0.digest.gitTree", "d" * 64),
    ],
)
def test_a_document_about_something_else_than_the_subject_is_a_mismatch(
    place: str, value: str
) -> None:
    with pytest.raises(FormatError) as caught:
        decode_statement(changed(place, value))
    assert caught.value.code == "subject-mismatch"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"_type":1,"_type":1}'], ids=repr)
def test_a_payload_that_is_no_json_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(FormatError, match="the payload ") as caught:
        decode_statement(payload)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("x", [1]),
        ("subject.0.x", None),
        ("subject.0.name", ...),
        ("subject.0.annotations", ...),
        ("subject.0.annotations", {"sourceRefs": "refs/heads/main"}),
        ("subject.0.annotations", None),
        ("subject.0.digest.sha512", "f" * 128),
        ("subject.0.digest.gitBlob", 5),
        ("predicate.x", {}),
        ("predicate.configuration", ...),
        ("predicate.configuration", []),
        ("predicate.configuration.0.mediaType", "x"),
        ("predicate.passedTests", ["tests", "lint"]),
    ],
    ids=repr,
)
def test_unknown_fields_and_other_orders_are_read(place: str, value: Any) -> None:
    assert decode_statement(changed(place, value)).commit == COMMIT


@pytest.mark.parametrize(
    "uri",
    [
        "git+https://example.org/acme/app.git",
        "git+https://EXAMPLE.org/acme/app/",
        "git+https://ada@example.org:443/acme/app",
    ],
)
def test_the_repository_is_compared_in_its_normal_form(uri: str) -> None:
    assert decode_statement(changed("subject.0.uri", uri)).repository == "example.org/acme/app"


def issues(count: int, *, text: str = "f" * 200) -> IssueFigures:
    return IssueFigures(tuple(Issue(f"R{n}", text, n) for n in range(count)), 1000)


def test_of_the_longest_lists_the_ends_give_way_until_it_fits() -> None:
    checks = {f"lint{n}": check(issues(50)) for n in range(4)} | {
        "few": check(issues(3)),
        "tests": check(),
    }
    original = statement(document(checks))
    payload = encode_statement(original)
    assert MAX_PAYLOAD * 0.9 < len(payload) <= MAX_PAYLOAD
    read = decode_statement(payload)
    kept: dict[str, int] = {}
    for name, before in checks.items():
        after = read.document.checks[name]
        assert after._replace(figures=before.figures) == before
        if isinstance(before.figures, IssueFigures):
            assert isinstance(after.figures, IssueFigures)
            kept[name] = len(after.figures.issues)
            first = before.figures.issues[: kept[name]]
            assert after.figures == before.figures._replace(issues=first)
    assert kept.pop("few") == 3
    assert max(kept.values()) - min(kept.values()) <= 7


def test_every_issue_is_given_up_before_the_statement_is() -> None:
    payload = encode_statement(statement(document({"lint": check(issues(1, text="f" * 46_900))})))
    figures = decode_statement(payload).document.checks["lint"].figures
    assert figures == IssueFigures((), 1000)


def test_rows_and_artifacts_give_way_when_nothing_else_is_left() -> None:
    rows = tuple(Row("r" * MAX_NAME, "passed") for _ in range(100))
    files = tuple(Artifact(f"dist/{n}" + "f" * 400, 1, "a" * 64) for n in range(100))
    some = check()._replace(rows=rows, artifacts=files)

    payload = encode_statement(statement(document({"hooks": some, "build": check(issues(50))})))
    read = decode_statement(payload).document.checks
    assert (read["build"].figures, read["hooks"].rows) == (IssueFigures((), 1000), ())
    assert MAX_PAYLOAD * 0.7 < len(payload) <= MAX_PAYLOAD
    assert read["hooks"].artifacts == files[: len(read["hooks"].artifacts)]


def test_a_statement_that_is_too_long_without_any_issue_is_refused() -> None:
    with pytest.raises(FormatError) as caught:
        encode_statement(statement(document(branch="b" * MAX_PAYLOAD)))
    assert caught.value.code == "too-large"
