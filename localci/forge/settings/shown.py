"""Settings as a person reads them: a line for each rule, and what is added marked as in a diff."""

from __future__ import annotations

from difflib import ndiff
from typing import TYPE_CHECKING

from localci.forge.json_path import at, list_at, text_at
from localci.forge.settings.change import app_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.forge.json_path import JsonValue


def difference(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return lines that stay, after two blanks, those that come after `+ `, that go after `- `."""
    # Lines with `?` are ndiff's own, they point at characters.
    return tuple(line.rstrip() for line in ndiff(before, after) if line[:1] != "?")


def rule_lines(rules: Sequence[JsonValue]) -> tuple[str, ...]:
    """Return the rules of a ruleset in words."""
    return tuple(line for rule in rules for line in _of_rule(rule))


def check_lines(checks: Sequence[JsonValue], app: str) -> tuple[str, ...]:
    """Return required checks in words; `app` is the key under which their app stands."""
    return tuple(_of_check(check, app) for check in checks)


def _of_rule(rule: JsonValue) -> Iterator[str]:
    kind = text_at(rule, "type")
    if kind == "required_status_checks":
        checks = list_at(rule, "parameters", "required_status_checks")
        yield from check_lines(checks, "integration_id")
    elif at(rule, "parameters", "require_code_owner_review") is True:
        yield f"{kind}, reviewed by the code owners"
    else:
        yield kind


def _of_check(check: JsonValue, app: str) -> str:
    found = at(check, app)
    number = found if isinstance(found, int) and found > 0 else None
    return f"required check: {text_at(check, 'context')}, from {app_name(number)}"
