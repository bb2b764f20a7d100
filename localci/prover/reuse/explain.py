"""Say what is different for a check from when it last ran, part by part of its key.

A key only tells that something changed; what it was is read from the two trees, and from what the
history remembers of tools and variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import find_configuration
from localci.config.definition import RUN_KEYS
from localci.errors import GitError, UsageError
from localci.git.listing import TreeFile
from localci.git.objects import SYMBOLIC_LINK
from localci.git.tree_difference import differences, entries_below
from localci.git.tree_files import TreeFiles
from localci.prover.plan.inputs import matching_files
from localci.prover.reuse.key import PARTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from localci.config.configuration_file import ConfigurationFile
    from localci.formats.strict_json import JsonObject, JsonValue
    from localci.git.objects import ObjectReader

MOST_NAMED: Final = 10
"""Things of one part that are named; of others only the number is told."""
_NOTHING: Final = "nothing"


@dataclass(frozen=True)
class State:
    """A check's key at some time, and the tree that it was made of."""

    tree: str
    parts: Mapping[str, str]
    details: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Scope:
    """What of two trees is a check's: its input patterns, and the checks that define it."""

    inputs: tuple[str, ...]
    definers: frozenset[str]


@dataclass(frozen=True)
class Change:
    """A part of the key that differs: the first things in it, and how many there are besides."""

    part: str
    what: tuple[str, ...]
    more: int = 0


def changes(now: State, then: State, scope: Scope, objects: ObjectReader) -> tuple[Change, ...]:
    """Return what differs `now` from `then`, the parts that explain most first."""
    found = []
    for part in PARTS:
        if now.parts.get(part, "") == then.parts.get(part, ""):
            continue
        named = list(_named(part, now, then, scope, objects))
        found.append(Change(part, tuple(named[:MOST_NAMED]), max(0, len(named) - MOST_NAMED)))
    return tuple(found)


def _named(
    part: str, now: State, then: State, scope: Scope, objects: ObjectReader
) -> Iterator[str]:
    if part == "inputs":
        yield from _paths(now.tree, then.tree, scope.inputs, objects)
    elif part == "definition":
        yield from _keys(now.tree, then.tree, scope.definers, objects)
    elif part == "tools":
        yield from _tools(now.details, then.details)
    elif part in {"needs", "environment"}:
        here, there = now.details.get(part, {}), then.details.get(part, {})
        yield from sorted(key for key in {**here, **there} if here.get(key) != there.get(key))
    elif part == "setup":
        yield "what setup makes: its command, its inputs, `keep`, `env` or `path`"
    else:
        yield _from_to(then.parts.get(part, ""), now.parts.get(part, ""))


def _paths(now: str, then: str, inputs: Sequence[str], objects: ObjectReader) -> Iterator[str]:
    try:
        counted = {
            file.path
            for tree in (now, then)
            for file in matching_files(_files(objects, tree), inputs)
        }
        for difference in differences(objects, now, then):
            if difference.path in counted:
                yield difference.path if difference.mode else f"{difference.path} (gone)"
    except GitError:
        yield f"the tree {then[:12]}, which is not here any more"


def _files(objects: ObjectReader, tree: str) -> Iterator[TreeFile]:
    """Yield the files of a tree. Raises GitError."""
    for path, mode, file_id in entries_below(objects, tree, lambda _: True):
        link = objects.read(file_id) if mode == SYMBOLIC_LINK else None
        target = b"" if link is None else link.body
        yield TreeFile(mode, file_id, path, target.decode("utf-8", "surrogateescape"))


def _keys(now: str, then: str, definers: frozenset[str], objects: ObjectReader) -> Iterator[str]:
    """Yield the keys of the configuration that differ and define the check."""
    try:
        here, there = (
            dict(_rows("", _defining(find_configuration(TreeFiles(objects, tree).read), definers)))
            for tree in (now, then)
        )
    except (GitError, UsageError):
        yield f"the configuration of the tree {then[:12]}, which cannot be read any more"
        return
    for key in sorted({**here, **there}):
        if here.get(key) != there.get(key):
            yield f"{key}: {_from_to(there.get(key, ''), here.get(key, ''))}"


def _defining(found: ConfigurationFile, definers: frozenset[str]) -> JsonObject:
    """Return the tables, or parts of them, that may define a check."""
    tables = found.tables
    return {
        "checks": _only(tables.get("checks"), definers),
        "run": _only(tables.get("run"), RUN_KEYS),
        "services": tables.get("services"),
    }


def _only(table: JsonValue, keys: Collection[str]) -> JsonObject:
    return {k: v for k, v in table.items() if k in keys} if isinstance(table, dict) else {}


def _rows(prefix: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _rows(f"{prefix}.{key}" if prefix else key, inner)
    else:
        yield prefix, value if isinstance(value, str) else repr(value)


def _tools(
    now: Mapping[str, Mapping[str, str]], then: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    packages = _differing(now.get("packages", {}), then.get("packages", {}))
    for name, before, after in packages:
        old, new = (text.rpartition(" ")[0] for text in (before, after))
        yield f"{name}: {'installed again' if old == new else _from_to(old, new)}"
    for name, before, after in _differing(now.get("tools", {}), then.get("tools", {})):
        if name.startswith("packages of "):
            continue  # told above, one by one
        old, new = (text.partition(" ")[0] for text in (before, after))
        yield f"{name}: {'changed' if old == new else _from_to(old, new)}"


def _differing(now: Mapping[str, str], then: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    for name in sorted({**now, **then}):
        before, after = then.get(name, ""), now.get(name, "")
        if before != after:
            yield name, before, after


def _from_to(before: str, after: str) -> str:
    return f"{before or _NOTHING} → {after or _NOTHING}"
