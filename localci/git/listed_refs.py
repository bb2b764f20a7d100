"""What `git ls-remote` prints: a line for each ref, `<id>` TAB `<name>` (git-ls-remote(1))."""

from __future__ import annotations

from typing import Final, NamedTuple

from localci.formats.object_ids import is_object_id

_SYMBOLIC: Final = "ref: "


class Listed(NamedTuple):
    """The refs of a repository: ids by ref, and the refs that lead to others."""

    refs: dict[str, str]
    symrefs: dict[str, str]


def read_listed(output: bytes) -> Listed:
    """Return what was listed; with `--symref` a line `ref: <other>` TAB `<name>` is before some."""
    found = Listed({}, {})
    # A server names what it wants, and a name of its can hold a line; at `\n` only, though:
    # `refs/heads/main<U+2028>x` is a name that anybody can push.
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if value.startswith(_SYMBOLIC):
            found.symrefs[name] = value.removeprefix(_SYMBOLIC)
        elif is_object_id(value):
            found.refs[name] = value
    return found
