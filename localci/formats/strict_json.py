"""JSON with one meaning only: what two readers could read differently is refused.

Refused beyond the grammar of RFC 8259: duplicate keys, NaN and Infinity, numbers beyond a double,
lone surrogates, a byte order mark, bytes that are not UTF-8, and nesting deeper than 32.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, TypeAlias

from localci.errors import FormatError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

MAX_DEPTH = 32
MAX_NUMBER_DIGITS = 32

# It also matches a string that is never closed, to the end: a pattern that failed there would be
# tried anew at each quote, in a time that grows with the square of the line.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads_object(data: bytes, what: str) -> JsonObject:
    """Decode `data`, which is called `what` in errors, to one JSON object.

    Raises FormatError (`malformed`).
    """
    value = _loads(data, what)
    if not isinstance(value, dict):
        raise FormatError("malformed", f"{what} is not a JSON object")
    return value


def dumps_canonical(value: JsonValue) -> bytes:
    """Encode with sorted keys, without blanks, in ASCII: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _loads(data: bytes, what: str) -> JsonValue:
    _refuse_depth(data, what)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("malformed", f"{what} is not UTF-8 (byte {error.start})") from None
    try:
        value: JsonValue = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise FormatError("malformed", f"{what} is not JSON: {_one_line(error)}") from None
    # A surrogate can only come from an escape: UTF-8 itself cannot carry one.
    if "\\u" in text:
        _refuse_surrogates(value, what)
    return value


def _refuse_depth(data: bytes, what: str) -> None:
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _STRING.sub(b"", data):
        if byte in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise FormatError("malformed", f"{what} is nested deeper than {MAX_DEPTH}")
        elif byte in b"}]":
            depth -= 1


def _object_without_duplicates(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _short_int(text: str) -> int:
    if len(text) > MAX_NUMBER_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _refuse_surrogates(value: JsonValue, what: str) -> None:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise FormatError("malformed", f"{what} holds a lone surrogate")
    elif isinstance(value, list):
        for item in value:
            _refuse_surrogates(item, what)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_surrogates(key, what)
            _refuse_surrogates(item, what)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates,
    parse_constant=_refuse_constant,
    parse_float=_finite_float,
    parse_int=_short_int,
)
