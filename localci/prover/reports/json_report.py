"""JSON as tools write it: numbers exact, a byte order mark let by, two meanings refused.

Looser than `localci.formats.strict_json`, which is made for notes of 64 KiB: text that is never
read may hold anything, and a report may be deep and 256 MiB long.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from json import JSONDecoder
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from localci.formats.result import MAX_COUNT

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

ReportValue: TypeAlias = (
    "bool | int | Decimal | str | list[ReportValue] | dict[str, ReportValue] | None"
)
ReportObject: TypeAlias = "dict[str, ReportValue]"

_MAX_NUMBER_LENGTH: Final = 400


def load_object(report: ReportFile) -> ReportObject:
    """Return the report's one JSON object. Raises ReportError."""
    value = parse_json(report, text_of(report))
    if not isinstance(value, dict):
        raise report.wrong("not a JSON object")
    return value


def load_list(report: ReportFile) -> list[ReportValue]:
    """Return the report's one JSON list. Raises ReportError."""
    value = parse_json(report, text_of(report))
    if not isinstance(value, list):
        raise report.wrong("not a JSON list")
    return value


def parse_json(report: ReportFile, text: str) -> ReportValue:
    """Return the JSON value of the report, or of one of its lines. Raises ReportError."""
    try:
        value: ReportValue = DECODER.decode(text)
    except ValueError as error:
        raise report.wrong(f"not JSON: {error}") from None
    except RecursionError:
        raise report.wrong("nested too deep") from None
    return value


def text_of(report: ReportFile) -> str:
    """Return the report's text. Raises ReportError."""
    try:
        return b"".join(report.chunks()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise report.wrong(f"not UTF-8 (byte {error.start})") from None


def object_of(report: ReportFile, value: ReportValue, where: str) -> ReportObject:
    """Return `value`, which stands at `where`, if it is an object. Raises ReportError."""
    if not isinstance(value, dict):
        raise report.wrong(f"{where} is not an object")
    return value


def list_of(report: ReportFile, value: ReportValue, where: str) -> list[ReportValue]:
    """Return `value`, which stands at `where`, if it is a list. Raises ReportError."""
    if not isinstance(value, list):
        raise report.wrong(f"{where} is not a list")
    return value


def count_of(report: ReportFile, value: ReportValue, where: str) -> int:
    """Return `value`, which stands at `where`, if it is a count. Raises ReportError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise report.wrong(f"{where} is not a count")
    return value


def object_without_duplicates(pairs: list[tuple[str, ReportValue]]) -> ReportObject:
    """Return the object of these members. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _exact(text: str) -> Decimal:
    _refuse_length(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("a number is too large") from None


def _whole(text: str) -> int:
    _refuse_length(text)
    return int(text)


def _refuse_length(text: str) -> None:
    if len(text) > _MAX_NUMBER_LENGTH:
        raise ValueError("a number is too long")


DECODER: Final = JSONDecoder(
    object_pairs_hook=object_without_duplicates,
    parse_constant=_refuse_constant,
    parse_float=_exact,
    parse_int=_whole,
)
"""Decodes by these rules. Raises ValueError, and RecursionError for what is nested too deep."""
