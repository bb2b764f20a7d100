"""What `localci init` proposes, as data: each ecosystem gives one Proposal, and they are joined."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from localci.config.presets import preset_table
from localci.formats.result import CHECK_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from localci.formats.strict_json import JsonValue

_Row = TypeVar("_Row")
_MOST: Final = 64
"""Characters that a check's name may have."""


@dataclass(frozen=True)
class ProposedCheck:
    """A check's name and its keys, in the order in which they are written.

    `suffix` makes the name another one where two ecosystems have a check of that name.
    """

    name: str
    table: Mapping[str, JsonValue]
    suffix: str = ""

    @property
    def uses(self) -> str:
        """The preset that it uses, or ""."""
        return str(self.table.get("uses", ""))


@dataclass(frozen=True)
class ProposedService:
    """A service's name and its keys."""

    name: str
    table: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Proposal:
    """Checks and what they need. `notes` are comments: what was seen and is not proposed, and why.

    `path` are directories that come first on every command's PATH.

    `setup` are commands in order. `is_kept` tells whether what they make may outlive a commit; all
    of it does or nothing, because what is not kept is cleaned away.
    """

    checks: tuple[ProposedCheck, ...] = ()
    setup: tuple[str, ...] = ()
    setup_inputs: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    is_kept: bool = True
    path: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    services: tuple[ProposedService, ...] = ()
    notes: tuple[str, ...] = ()


def joined(proposals: Iterable[Proposal]) -> Proposal:
    """Return one proposal of all. The first check of a name keeps it, others get their suffix."""
    parts: list[Proposal] = []
    services: dict[str, ProposedService] = {}
    checks: list[ProposedCheck] = []
    taken: set[str] = set()
    for proposal in proposals:
        part = _with_own_services(proposal, services)
        parts.append(part)
        checks += _renamed(part.checks, taken)
    return Proposal(
        checks=tuple(checks),
        setup=_once(line for part in parts for line in part.setup),
        setup_inputs=_once(path for part in parts for path in part.setup_inputs),
        keep=_once(path for part in parts for path in part.keep),
        is_kept=all(part.is_kept for part in parts),
        path=_once(row for part in parts for row in part.path),
        env=_once(row for part in parts for row in part.env),
        services=tuple(services.values()),
        notes=_once(note for part in parts for note in part.notes),
    )


def preset_check(name: str, preset: str, suffix: str = "", **more: JsonValue) -> ProposedCheck:
    """Return a check that uses a preset."""
    return ProposedCheck(name, {"uses": preset, **more}, suffix)


def in_directory(check: ProposedCheck, directory: str) -> ProposedCheck:
    """Return a check of the root as one of a directory below it: named for it, run in it."""
    if not directory:
        return check
    preset = preset_table(check.uses) or {}
    table = dict(check.table)
    if "from" in table:
        table["from"] = slug(f"{table['from']}-{directory}")
    else:
        table["run"] = _entering(directory, str(table.get("run", preset.get("run", ""))))
    inputs = table.get("inputs", preset.get("inputs"))
    if isinstance(inputs, list):
        # What lies above may be read too, such as a configuration for all directories.
        below = [f"{directory}/{path}" for path in inputs if not str(path).startswith("**/")]
        table["inputs"] = [*inputs, *below]
    for key in ("artifacts", "path"):
        paths = table.get(key, preset.get(key))
        if isinstance(paths, list):
            table[key] = [f"{directory}/{path}" for path in paths]
    needs = table.get("needs")
    if isinstance(needs, list):
        table["needs"] = [slug(f"{name}-{directory}") for name in needs]
    return replace(check, name=slug(f"{check.name}-{directory}"), table=table)


def _entering(directory: str, run: str) -> str:
    """Return a command that does something in a directory, or nothing at all."""
    is_one = "\n" not in run and ";" not in run
    return f"cd {shlex.quote(directory)}{' && ' if is_one else ' || exit 70' + chr(10)}{run}"


def slug(text: str, taken: Collection[str] = ()) -> str:
    """Return a text as the name of a check, none of `taken`."""
    letters = (c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in text.lower())
    words = "-".join(part for part in "".join(letters).split("-") if part)
    name = words.strip("._-")[:_MOST].strip("._-") or "check"
    found = _numbered(name, _first_free(name, taken)) if name in taken else name
    assert CHECK_NAME.fullmatch(found), found  # noqa: S101
    return found


def _with_own_services(part: Proposal, services: dict[str, ProposedService]) -> Proposal:
    """Add the services of a part; one that is another under the same name gets another name."""
    names: dict[str, str] = {}
    for service in part.services:
        same = (row.name for row in services.values() if row.table == service.table)
        name = next(same, "") or slug(service.name, services)
        services.setdefault(name, replace(service, name=name))
        names[service.name] = name
    if all(old == new for old, new in names.items()):
        return part
    return replace(part, checks=tuple(_served(check, names) for check in part.checks))


def _served(check: ProposedCheck, names: Mapping[str, str]) -> ProposedCheck:
    rows = check.table.get("services")
    if not isinstance(rows, list):
        return check
    renamed: list[JsonValue] = [names.get(str(row), str(row)) for row in rows]
    return replace(check, table={**check.table, "services": renamed})


def _numbered(name: str, number: int) -> str:
    end = f"-{number}"
    return f"{name[: _MOST - len(end)]}{end}"


def _first_free(name: str, taken: Collection[str]) -> int:
    """Return a number that makes a name another one: the first after those in a row."""
    low, high = 1, 2
    while _numbered(name, high) in taken:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _numbered(name, middle) in taken else (low, middle)
    return high


def _renamed(checks: Collection[ProposedCheck], taken: set[str]) -> list[ProposedCheck]:
    """Return the checks with names that are none of `taken`, and add these to it."""
    names: dict[str, str] = {}
    for check in checks:
        name = check.name
        if name in taken:
            name = slug(f"{name}-{check.suffix}" if check.suffix else name, taken)
        names[check.name] = name
        taken.add(name)
    return [
        replace(check, name=names[check.name], table=_retied(check.table, names))
        for check in checks
    ]


def _retied(table: Mapping[str, JsonValue], names: Mapping[str, str]) -> dict[str, JsonValue]:
    tied = dict(table)
    source, needs = table.get("from"), table.get("needs")
    if isinstance(source, str):
        tied["from"] = names.get(source, source)
    if isinstance(needs, list):
        tied["needs"] = [names.get(str(name), str(name)) for name in needs]
    return tied


def _once(rows: Iterable[_Row]) -> tuple[_Row, ...]:
    return tuple(dict.fromkeys(rows))
