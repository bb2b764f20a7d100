"""What `localci explain` remembers of each check: the keys with which it last ran or was reused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.prover.reuse.files import HISTORY, keep_file, read_kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import ResultDocument
    from localci.formats.strict_json import JsonObject, JsonValue
    from localci.prover.reuse.key import CheckKey

PASSED: Final = "passed"
FAILED: Final = "failed"
REUSED: Final = "reused"
_OUTCOMES: Final = frozenset({PASSED, FAILED, REUSED})
_MOST: Final = 8
"""Runs of one check that are remembered."""


@dataclass(frozen=True)
class Remembered:
    """How a check fared in one run. `at` is in seconds since 1970, when its command really ended.

    `outcome` is "passed", "failed" or "reused"; then `origin` is the commit that it ran on.
    """

    commit: str
    tree: str
    run_id: str
    at: int
    outcome: str
    key: str
    parts: Mapping[str, str]
    details: Mapping[str, Mapping[str, str]]
    origin: str = ""


def remember_run(common_dir: str, document: ResultDocument, keys: Mapping[str, CheckKey]) -> None:
    """Remember a run's checks, with a verdict all of them. Raises LocalciError."""
    for name, check in document.checks.items():
        if name not in keys:
            continue
        key = keys[name]
        reuse = check.reused_from
        ran = PASSED if check.passed else FAILED
        row: JsonObject = {
            "commit": document.commit,
            "tree": document.tree,
            "run_id": document.run_id,
            "at": check.finished_at,
            "outcome": ran if reuse is None else REUSED,
            "key": key.digest,
            "parts": dict(key.parts),
            "details": {part: dict(values) for part, values in key.details.items()},
            "origin": "" if reuse is None else reuse.commit,
        }
        before = _read_rows(common_dir, name)
        if reuse is not None and before and _says_the_same(before[0], row):
            continue  # the second run of a commit says nothing new, and costs no write
        rows = [row, *before][:_MOST]
        keep_file(common_dir, HISTORY, name, dumps_canonical({"runs": [*rows]}))


def _says_the_same(before: JsonValue, row: JsonObject) -> bool:
    keys = ("commit", "key", "outcome", "origin")
    return isinstance(before, dict) and all(before.get(key) == row[key] for key in keys)


def remembered(common_dir: str, name: str) -> tuple[Remembered, ...]:
    """Return what is known of a check, the newest first; nothing where the file is broken."""
    found = (_decode(row) for row in _read_rows(common_dir, name))
    return tuple(row for row in found if row is not None)


def _read_rows(common_dir: str, name: str) -> list[JsonValue]:
    try:
        runs = loads_object(read_kept(common_dir, HISTORY, name) or b"", "it").get("runs")
    except FormatError:
        return []
    return runs if isinstance(runs, list) else []


def _decode(row: JsonValue) -> Remembered | None:
    if not isinstance(row, dict):
        return None
    at, details = row.get("at"), row.get("details")
    texts = {
        key: text
        for key in ("commit", "tree", "run_id", "outcome", "key", "origin")
        if isinstance(text := row.get(key), str)
    }
    if len(texts) < 6 or type(at) is not int or texts["outcome"] not in _OUTCOMES:  # noqa: PLR2004
        return None
    parts = _texts(row.get("parts"))
    inner = {part: _texts(v) for part, v in details.items()} if isinstance(details, dict) else {}
    return Remembered(at=at, parts=parts, details=inner, **texts)


def _texts(value: JsonValue) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}
