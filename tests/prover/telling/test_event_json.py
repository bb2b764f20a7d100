from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.strict_json import loads_object
from localci.prover.run.events import (
    CheckFinished,
    CheckStarted,
    Event,
    ExpectedCheck,
    RunFinished,
    RunStarted,
    ServiceReady,
    ServiceStarted,
    SetupFinished,
    SetupStarted,
    Waiting,
)
from localci.prover.telling.event_json import decode_event, encode_event
from support.isolation import PROJECT

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SECONDS: Final = st.integers(0, 10**9).map(lambda thousandths: thousandths / 1000)
_CHECKS: Final = st.lists(
    st.builds(ExpectedCheck, _TEXT, st.lists(_TEXT, max_size=3).map(tuple), st.none() | _SECONDS),
    max_size=3,
).map(tuple)
_RESULTS: Final = st.none() | st.dictionaries(_TEXT, st.integers() | _TEXT, max_size=3)
EVENTS: Final[st.SearchStrategy[Event]] = st.one_of(
    st.builds(RunStarted, _TEXT, _TEXT, _TEXT, _TEXT, _CHECKS, _TEXT),
    st.builds(Waiting, _TEXT),
    st.builds(SetupStarted, _TEXT, _TEXT),
    st.builds(SetupFinished, _SECONDS, _TEXT),
    st.builds(ServiceStarted, _TEXT, _TEXT),
    st.builds(ServiceReady, _TEXT, _SECONDS),
    st.builds(CheckStarted, _TEXT, _TEXT, _TEXT, st.integers(1, 9)),
    st.builds(
        CheckFinished,
        name=_TEXT,
        cell=_TEXT,
        outcome=st.sampled_from(["passed", "failed", "no-verdict"]),
        reason=_TEXT,
        seconds=st.none() | _SECONDS,
        figures=_TEXT,
        log=_TEXT,
        reused=_TEXT,
        advisory=st.booleans(),
    ),
    st.builds(RunFinished, st.integers(0, 255), _SECONDS, _RESULTS),
)


@given(event=EVENTS)
def test_what_is_read_is_what_was_written(event: Event) -> None:
    line = json.dumps(encode_event(event, at=1795230000.0)).encode()
    assert decode_event(json.loads(line)) == event


@given(event=EVENTS)
def test_what_a_later_version_adds_is_passed_over(event: Event) -> None:
    assert decode_event({**encode_event(event), "mood": "good"}) == event


def test_an_event_says_when_it_happened() -> None:
    encoded = encode_event(Waiting("a slot"), at=1795230000.1239)
    assert encoded == {
        "event": "waiting",
        "time": "2026-11-21T03:00:00.123Z",
        "for_what": "a slot",
    }


def test_a_path_that_is_not_unicode_can_be_written() -> None:
    line = json.dumps(encode_event(SetupStarted("make", "/home/\udcff/log"))).encode()
    assert decode_event(loads_object(line, "line")) == SetupStarted("make", "/home/\\udcff/log")


def test_seconds_have_three_places() -> None:
    assert encode_event(SetupFinished(0.1 + 0.2))["seconds"] == 0.3


FINISHED: Final[JsonObject] = {
    "event": "check-finished",
    "name": "tests",
    "cell": "",
    "outcome": "passed",
    "reason": "",
    "seconds": 1.0,
    "figures": "",
    "log": "/log",
}
STARTED: Final[JsonObject] = {
    "event": "run-started",
    **dict.fromkeys(("run_id", "commit", "tree", "branch", "logs"), ""),
}


def test_what_has_a_default_may_be_missing() -> None:
    event = decode_event(FINISHED)
    assert event == CheckFinished("tests", "", "passed", "", 1.0, "", "/log", "", advisory=False)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ({}, "no event None"),
        ({"event": "lunch"}, "no event 'lunch'"),
        ({"event": ["waiting"]}, "no event"),
        ({"event": "waiting"}, "waiting has no for_what"),
        ({"event": "waiting", "for_what": 3}, "for_what is not a text"),
        ({**FINISHED, "outcome": "good"}, "'good' is no outcome"),
        ({**FINISHED, "seconds": "1"}, "seconds is not a number"),
        ({**FINISHED, "seconds": True}, "seconds is not a number"),
        ({**FINISHED, "seconds": float("nan")}, "seconds is not a number"),
        ({**FINISHED, "advisory": 1}, "advisory is neither true nor false"),
        ({"event": "setup-finished", "seconds": None}, "seconds is not a number"),
        ({"event": "run-finished", "exit_code": 0.5, "seconds": 1}, "not a whole number"),
        ({"event": "run-finished", "exit_code": True, "seconds": 1}, "not a whole number"),
        ({"event": "run-finished", "exit_code": 0, "seconds": 1, "result": []}, "not an object"),
        ({**STARTED, "checks": {}}, "checks is not a list"),
        ({**STARTED, "checks": ["lint"]}, "checks holds what is not an object"),
        ({**STARTED, "checks": [{"name": "lint", "cells": [1], "seconds": None}]}, "not a text"),
        ({**STARTED, "checks": [{"name": "lint", "cells": "", "seconds": None}]}, "not a list"),
        ({**STARTED, "checks": [{"name": "lint"}]}, "checks has no cells"),
    ],
)
def test_anything_else_is_refused(encoded: JsonObject, message: str) -> None:
    with pytest.raises(FormatError, match=message) as refused:
        decode_event(encoded)
    assert refused.value.code == "malformed"


@given(event=EVENTS)
def test_every_event_and_field_stands_in_the_document(event: Event) -> None:
    document = (PROJECT / "docs" / "output.md").read_text(encoding="utf-8")
    encoded = encode_event(event)
    row = next(row for row in document.splitlines() if row.startswith(f"| `{encoded['event']}` |"))
    assert set(encoded) - {"event"} <= set(re.findall(r"`(\w+)`", row))
