"""What `git ls-remote` prints: a line for each ref, `<id>` TAB `<name>` (git-ls-remote(1))."""

from __future__ import annotations

from typing import Final, NamedTuple

_SYMBOLIC: Final = "ref: "


class Listed(NamedTuple):
    """The refs of a repository: ids by ref, and the refs that lead to others."""

    refs: dict[str, str]
    symrefs: dict[str, str]


def read_listed(output: bytes) -> Listed:
    """Return what was listed; with `--symref` a line `ref: <other>` TAB `<name>` is before some."""
    found = Listed({}, {})
    # At `\n` only: `refs/heads/main<U+2028>x` is a name that anybody can push.
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if value.startswith(_SYMBOLIC):
            found.symrefs[name] = value.removeprefix(_SYMBOLIC)
        elif name:
            found.refs[name] = value
    return found
