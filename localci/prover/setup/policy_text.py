"""Change the `[[signer]]` entries of a policy by its lines; all else stays byte for byte.

Each change is read again and has to mean what was asked for and nothing more. A policy that is
written in a way that this cannot follow is left to its owner.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Final

from localci.config.policy import POLICY_FILE
from localci.config.toml_file import read_toml
from localci.config.toml_lines import all_lines
from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.config.toml_file import KeyPath, TomlTable

_SIGNER: Final = "signer"
_DAY: Final = r"\d{4}-\d\d-\d\d"
_BLANK: Final = re.compile(r"\s*(?:#.*)?")


def read_entries(policy: bytes) -> tuple[TomlTable, ...]:
    """Return the `[[signer]]` tables as they are written. Raises UsageError."""
    tables = read_toml(policy, POLICY_FILE).tables.get(_SIGNER, [])
    if not isinstance(tables, list):
        raise _by_hand()
    return tuple(table for table in tables if isinstance(table, dict))


def append_entry(policy: bytes, lines: Sequence[str]) -> bytes:
    """Return the policy with a `[[signer]]` of these lines at its end, in its own line ends."""
    line_end = "\r\n" if b"\r\n" in policy else "\n"
    missing = "" if policy.endswith(b"\n") or not policy else line_end
    entry = ["", "[[signer]]", *lines, ""]
    return policy + (missing + line_end.join(entry)).encode("utf-8")


def set_in_entry(policy: bytes, index: int, key: str, value: str) -> bytes:
    """Return the policy with `key = value`, TOML text, in the entry of that number, from 0.

    A day that is there is replaced in its line; else a line is added at the entry's end. Raises
    UsageError.
    """
    expected = read_toml(policy, POLICY_FILE).tables
    entries = copy.deepcopy(list(read_entries(policy)))
    was_there = key in entries[index]
    entries[index][key] = read_toml(f"value = {value}".encode(), POLICY_FILE).tables["value"]
    lines = _lines_of(policy)
    start, end = _span(policy, index)
    if was_there:
        found = all_lines(_text_of(policy))[_SIGNER, index, key] - 1
        lines[found] = re.sub(rf"(=\s*){_DAY}", rf"\g<1>{value}", lines[found], count=1)
    else:
        last = max(at for at in range(start, end) if not _BLANK.fullmatch(lines[at].rstrip("\r")))
        line_end = "\r" if lines[start].endswith("\r") else ""
        if last + 1 == len(lines):
            lines.append("")
        lines.insert(last + 1, f"{key} = {value}{line_end}")
    return _checked(lines, {**expected, _SIGNER: list(entries)})


def remove_entries(policy: bytes, indices: Iterable[int]) -> bytes:
    """Return the policy without the entries of these numbers, from 0, and their comments.

    A comment that stands directly above an entry is its own. Raises UsageError.
    """
    gone = sorted(indices)
    expected = read_toml(policy, POLICY_FILE).tables
    kept = [table for at, table in enumerate(read_entries(policy)) if at not in gone]
    lines = _lines_of(policy)
    spans = [_span(policy, index) for index in gone]
    whole = [(_with_comment(lines, at), _without_comment(lines, at, end)) for at, end in spans]
    for start, end in reversed(whole):
        del lines[start:end]
    after = {key: value for key, value in expected.items() if key != _SIGNER}
    return _checked(lines, {**after, _SIGNER: list(kept)} if kept else after)


def _span(policy: bytes, index: int) -> tuple[int, int]:
    """Return the lines of an entry, from 0: its header's, and the next table's or the end."""
    lines = all_lines(_text_of(policy))
    own: KeyPath = (_SIGNER, index)
    if own not in lines:
        raise _by_hand()
    start = lines[own]
    later = [at for path, at in lines.items() if at > start and path[:2] != own]
    return start - 1, min(later) - 1 if later else len(_lines_of(policy))


def _with_comment(lines: Sequence[str], start: int) -> int:
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _without_comment(lines: Sequence[str], start: int, end: int) -> int:
    """Return where the entry ends, if the comment directly above the next table is that one's."""
    if end == len(lines):
        # What follows the last newline is no line.
        return end - (not lines[-1])
    last = end
    while last > start + 1 and lines[last - 1].lstrip().startswith("#"):
        last -= 1
    return last


def _checked(lines: Sequence[str], expected: TomlTable) -> bytes:
    changed = "\n".join(lines).encode("utf-8")
    try:
        found = read_toml(changed, POLICY_FILE).tables
    except UsageError:
        raise _by_hand() from None
    if found != expected:
        raise _by_hand()
    return changed


def _lines_of(policy: bytes) -> list[str]:
    return policy.decode("utf-8").split("\n")


def _text_of(policy: bytes) -> str:
    return policy.decode("utf-8").removeprefix("\ufeff")


def _by_hand() -> UsageError:
    return UsageError(
        f"{POLICY_FILE} is written in a way that cannot be changed for you",
        then="edit its [[signer]] by hand",
    )
