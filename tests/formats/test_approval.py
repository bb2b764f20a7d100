from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.approval import (
    APPROVAL_TYPE,
    Approval,
    CheckChange,
    decode_approval,
    encode_approval,
)
from localci.formats.result import decode_result
from localci.formats.statement import decode_test_result
from localci.formats.strict_json import loads_object
from localci.formats.subject import Subject
from support.documents import (
    COMMIT,
    DIGESTS,
    NAMES,
    NOW,
    OBJECT_IDS,
    REPOSITORY,
    TEXTS,
    TIMES,
    TREE,
)

DEFINED = "1:" + "d" * 64
CHANGED = "1:" + "c" * 64
APPROVAL = Approval(
    Subject(COMMIT, TREE, REPOSITORY),
    base_commit="e" * 40,
    approved_at=NOW,
    paths={".github/**": "b" * 64},
    checks={
        "tests": CheckChange(DEFINED, CHANGED),
        "lint": CheckChange("", CHANGED),
        "old": CheckChange(DEFINED, ""),
    },
)
DEFINITIONS = st.just("") | DIGESTS.map("1:{}".format)
APPROVALS = st.builds(
    Approval,
    st.builds(Subject, OBJECT_IDS, OBJECT_IDS, st.just(REPOSITORY), st.just(("refs/heads/x",))),
    OBJECT_IDS,
    TIMES,
    st.dictionaries(TEXTS, DIGESTS, max_size=3),
    st.dictionaries(NAMES, st.builds(CheckChange, DEFINITIONS, DEFINITIONS), max_size=3),
)


def value(**changes: Any) -> dict[str, Any]:
    """Return the approval as JSON values, with other ones in its predicate; None takes away."""
    made: dict[str, Any] = json.loads(encode_approval(APPROVAL))
    made["predicate"] |= changes
    made["predicate"] = {key: kept for key, kept in made["predicate"].items() if kept is not None}
    return made


def test_it_has_a_type_of_its_own() -> None:
    made = value()
    assert made["predicateType"] == APPROVAL_TYPE == "https://in-toto.io/attestation/approval/v0.1"
    assert made["predicate"] == {
        "version": "1.0",
        "timestamp": "2026-11-21T03:00:00Z",
        "base_commit": "e" * 40,
        "paths": {".github/**": "b" * 64},
        "checks": {
            "tests": {"base": DEFINED, "head": CHANGED},
            "lint": {"base": "", "head": CHANGED},
            "old": {"base": DEFINED, "head": ""},
        },
    }


@given(APPROVALS)
def test_any_is_read_as_it_was_written(approval: Approval) -> None:
    payload = encode_approval(approval)
    assert payload.isascii()
    assert b"\n" not in payload
    assert decode_approval(loads_object(payload, "it")) == approval


def test_it_is_no_result_and_a_result_is_no_approval() -> None:
    with pytest.raises(FormatError):
        decode_test_result(loads_object(encode_approval(APPROVAL), "it"))
    with pytest.raises(FormatError):
        decode_result(loads_object(encode_approval(APPROVAL), "it"))


def test_fields_of_the_future_do_not_matter() -> None:
    made = value(later={"x": None})
    made["predicate"]["checks"]["tests"]["why"] = "because"
    assert decode_approval({**made, "later": 1}) == APPROVAL


@pytest.mark.parametrize(
    "changes",
    [
        {"version": None}, {"version": "1.1"}, {"version": 1}, {"version": 1.0},
        {"base_commit": None}, {"base_commit": "e" * 12}, {"base_commit": "E" * 40},
        {"base_commit": "main"}, {"base_commit": 5},
        {"timestamp": None}, {"timestamp": NOW}, {"timestamp": "2026-11-21"},
        {"timestamp": "2026-11-21T03:00:00+01:00"},
        {"paths": None}, {"paths": []}, {"paths": [".github/**"]}, {"paths": ".github/**"},
        {"paths": {".github/**": "b" * 63}}, {"paths": {".github/**": "B" * 64}},
        {"paths": {".github/**": ""}}, {"paths": {".github/**": True}},
        {"checks": None}, {"checks": []}, {"checks": {"tests": None}},
        {"checks": {"tests": CHANGED}},
        {"checks": {"te sts": {"base": DEFINED, "head": CHANGED}}},
        {"checks": {"Tests": {"base": DEFINED, "head": CHANGED}}},
        {"checks": {"tests\n": {"base": DEFINED, "head": CHANGED}}},
        {"checks": {"tests": {"base": DEFINED}}}, {"checks": {"tests": {"head": CHANGED}}},
        {"checks": {"tests": {"base": None, "head": CHANGED}}},
        {"checks": {"tests": {"base": "*", "head": CHANGED}}},
        {"checks": {"tests": {"base": DEFINED, "head": "2:" + "c" * 64}}},
        {"checks": {"tests": {"base": DEFINED, "head": ["1:" + "c" * 64]}}},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_else_it_says_is_no_consent(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as caught:
        decode_approval(value(**changes))
    assert caught.value.code == "schema-invalid"


@pytest.mark.parametrize("predicate", [None, [], "yes", 5])
def test_its_predicate_is_an_object(predicate: Any) -> None:
    with pytest.raises(FormatError, match="predicate is not an object of version"):
        decode_approval({**value(), "predicate": predicate})
    with pytest.raises(FormatError, match="subject is not one object"):
        decode_approval({**value(), "subject": []})
