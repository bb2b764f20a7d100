"""Events as JSON objects, as `localci run --json` and a run's own record have them. Pure.

docs/output.md lists every event and field. A reader ignores fields that it does not know, so that
later versions can add some; an event that it does not know is an error.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from localci.errors import FormatError
from localci.prover.run.events import (
    CheckFinished,
    CheckLeftOut,
    CheckStarted,
    ExpectedCheck,
    RunFinished,
    RunStarted,
    ServiceReady,
    ServiceStarted,
    SetupFinished,
    SetupStarted,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.formats.strict_json import JsonObject, JsonValue
    from localci.prover.run.events import Event

_KINDS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        "run-started": RunStarted,
        "check-left-out": CheckLeftOut,
        "waiting": Waiting,
        "setup-started": SetupStarted,
        "setup-finished": SetupFinished,
        "service-started": ServiceStarted,
        "service-ready": ServiceReady,
        "check-started": CheckStarted,
        "check-finished": CheckFinished,
        "run-finished": RunFinished,
    }
)
_NAMES: Final = MappingProxyType({kind: name for name, kind in _KINDS.items()})
_OUTCOMES: Final = frozenset({"passed", "failed", "no-verdict"})


def encode_event(event: Event, at: float | None = None) -> JsonObject:
    """Return an event as JSON, with the `time` at which it happened, in seconds since 1970.

    Seconds are rounded to milliseconds. What is not Unicode, like some paths, is escaped.
    """
    encoded: JsonObject = {"event": _NAMES[type(event)]}
    if at is not None:
        encoded["time"] = _format_time(at)
    for field in fields(event):
        encoded[field.name] = _encode(getattr(event, field.name))
    return encoded


def decode_event(encoded: JsonObject) -> Event:
    """Return the event that a JSON object says. Raises FormatError (`malformed`)."""
    name = encoded.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FormatError("malformed", f"there is no event {name!r}")
    event = cast("Event", _decode_fields(kind, encoded, f"the event {name}"))
    if isinstance(event, CheckFinished) and event.outcome not in _OUTCOMES:
        raise FormatError("malformed", f"{event.outcome!r} is no outcome of a check")
    return event


def _format_time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _encode(value: object) -> JsonValue:
    if isinstance(value, str):
        # A lone surrogate (a byte of a path that is not UTF-8) has no place in JSON.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, ExpectedCheck):
        return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    # Only the result document is left, which is JSON already, and numbers and truth values.
    return cast("JsonValue", value)


def _decode_fields(kind: type, encoded: JsonObject, what: str) -> object:
    """Make an object of `kind` from those of the fields that it has."""
    values: dict[str, object] = {}
    for field in fields(kind):
        if field.name in encoded:
            read = _READERS[str(field.type)]
            values[field.name] = read(encoded[field.name], f"{what}: {field.name}")
        elif field.default is MISSING:
            raise FormatError("malformed", f"{what} has no {field.name}")
    return kind(**values)


def _text(value: JsonValue, what: str) -> str:
    if not isinstance(value, str):
        raise FormatError("malformed", f"{what} is not a text")
    return value


def _truth(value: JsonValue, what: str) -> bool:
    if not isinstance(value, bool):
        raise FormatError("malformed", f"{what} is neither true nor false")
    return value


def _whole_number(value: JsonValue, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormatError("malformed", f"{what} is not a whole number")
    return value


def _number(value: JsonValue, what: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise FormatError("malformed", f"{what} is not a number")
    return float(value)


def _number_if_known(value: JsonValue, what: str) -> float | None:
    return None if value is None else _number(value, what)


def _texts(value: JsonValue, what: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise FormatError("malformed", f"{what} is not a list")
    return tuple(_text(item, what) for item in value)


def _checks(value: JsonValue, what: str) -> tuple[ExpectedCheck, ...]:
    if not isinstance(value, list):
        raise FormatError("malformed", f"{what} is not a list")
    return tuple(_expected_check(check, what) for check in value)


def _expected_check(value: JsonValue, what: str) -> ExpectedCheck:
    if not isinstance(value, dict):
        raise FormatError("malformed", f"{what} holds what is not an object")
    return cast("ExpectedCheck", _decode_fields(ExpectedCheck, value, what))


def _document(value: JsonValue, what: str) -> JsonObject | None:
    if value is not None and not isinstance(value, dict):
        raise FormatError("malformed", f"{what} is not an object")
    return value


# By what the field's annotation says. A test has every event through here, so none is missing.
_READERS: Final[Mapping[str, Callable[[JsonValue, str], object]]] = MappingProxyType(
    {
        "str": _text,
        "bool": _truth,
        "int": _whole_number,
        "float": _number,
        "float | None": _number_if_known,
        "tuple[str, ...]": _texts,
        "tuple[ExpectedCheck, ...]": _checks,
        "JsonObject | None": _document,
    }
)
