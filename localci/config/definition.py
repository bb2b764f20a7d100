"""The definition of a check: a digest over all that says what it is (design 4.3, "Definition").

It is computed from the tables as written, before presets, matrix and placeholders expand, so that
an upgrade of localci refuses nobody. The verifier compares a signed one with the trust commit's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.formats.object_ids import sha256_hex
from localci.formats.strict_json import dumps_canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.formats.strict_json import JsonObject, JsonValue

RUN_KEYS: Final = (
    "setup",
    "setup_inputs",
    "env",
    "pass_env",
    "workspace",
    "keep",
    "isolation",
    "path",
)
"""Keys of `[run]` that define every check."""


def definition(tables: JsonObject, name: str) -> str | None:
    """Return `1:` and the SHA-256 of what defines the check `name`, or None where there is none.

    `tables` are a configuration's tables as written; they need not be valid otherwise.
    """
    checks = _reached_checks(tables, name)
    if not checks:
        return None
    services = _table(tables.get("services"))
    run = _table(tables.get("run"))
    reached = {key for table in checks.values() for key in _names(_table(table).get("services"))}
    described: JsonObject = {
        "v": 1,
        "name": name,
        "checks": checks,
        "services": {key: services[key] for key in reached if key in services},
        "run": {key: run[key] for key in RUN_KEYS if key in run},
    }
    return f"1:{sha256_hex(dumps_canonical(described))}"


def reads_history(tables: JsonObject, name: str) -> bool:
    """Tell whether a check, or one that it reaches, looks beyond the tree (`reads = "history"`)."""
    reached = map(_table, _reached_checks(tables, name).values())
    return any(_expanded(table).get("reads") == "history" for table in reached)


def _reached_checks(tables: JsonObject, name: str) -> JsonObject:
    """Return the tables of the check and of those it reaches by `from` and `needs`."""
    checks = _table(tables.get("checks"))
    reached: JsonObject = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in reached or current not in checks:
            continue
        reached[current] = checks[current]
        table = _table(checks[current])
        waiting.extend(_names(table.get("from")))
        waiting.extend(_names(table.get("needs")))
    return reached


def _expanded(table: JsonObject) -> JsonObject:
    uses = table.get("uses")
    return {**(preset_table(uses) or {}), **table} if isinstance(uses, str) else table


def _table(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _names(value: JsonValue) -> Iterator[str]:
    for name in value if isinstance(value, list) else [value]:
        if isinstance(name, str):
            yield name
