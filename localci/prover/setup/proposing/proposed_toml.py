"""Write a Proposal as a `localci.toml`. The order is fixed: the same tree gives the same bytes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError
from localci.prover.setup.toml_text import toml_string, toml_strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.proposal import Proposal

_HEAD: Final = ("# What localci runs, on exactly the commit that is pushed.", "version = 1", "")
_ORDER: Final = ("uses", "run", "from", "report")
_WIDTH: Final = 78


def proposed_toml(proposal: Proposal, untranslated: Sequence[str] = ()) -> bytes:
    """Return the file; what was not translated is a comment, a line each.

    Raises UsageError for a text that no line of it can hold.
    """
    lines = [*_HEAD]
    lines += _run_lines(proposal)
    for check in proposal.checks:
        lines += [f"[checks.{toml_key(check.name)}]", *_rows(check.table.items()), ""]
    for service in proposal.services:
        lines += [f"[services.{toml_key(service.name)}]", *_rows(service.table.items()), ""]
    for note in proposal.notes:
        lines += _comment(note)
    if untranslated:
        lines += ["# Not translated:", *(f"#   {_printable(row)}" for row in untranslated)]
    return "\n".join(lines).rstrip("\n").encode("utf-8") + b"\n"


def toml_key(name: str) -> str:
    """Return a check's name as a key of TOML: a dot in it has to be quoted."""
    return toml_string(name) if "." in name else name


def _run_lines(proposal: Proposal) -> Iterator[str]:
    rows: list[tuple[str, JsonValue]] = []
    if proposal.setup:
        rows.append(("setup", " &&\n".join(proposal.setup)))
        # What is not kept is made for every run, so nothing has to tell when.
        if proposal.is_kept and proposal.keep:
            if proposal.setup_inputs:
                rows.append(("setup_inputs", [*proposal.setup_inputs]))
            rows.append(("keep", [*proposal.keep]))
    if proposal.path:
        rows.append(("path", [*proposal.path]))
    if proposal.env:
        rows.append(("env", dict(proposal.env)))
    if rows:
        yield "[run]"
        yield from _rows(rows)
        yield ""


def _rows(rows: Iterable[tuple[str, JsonValue]]) -> Iterator[str]:
    table = dict(rows)
    first = [key for key in _ORDER if key in table]
    for key in [*first, *(key for key in table if key not in first)]:
        value = table[key]
        if key == "matrix" and isinstance(value, dict):
            yield from (f"matrix.{axis} = {_value(values)}" for axis, values in value.items())
        else:
            yield f"{key} = {_value(value)}"


def _value(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if isinstance(value, list):
        return toml_strings(map(str, value)) if _are_texts(value) else _numbers(value)
    if isinstance(value, dict):
        inner = (f"{_bare(key)} = {_value(row)}" for key, row in value.items())
        return f"{{ {', '.join(inner)} }}"
    return _text(str(value))


def _are_texts(values: list[JsonValue]) -> bool:
    return all(isinstance(value, str) for value in values)


def _numbers(values: list[JsonValue]) -> str:
    return f"[{', '.join(map(_value, values))}]"


def _bare(key: str) -> str:
    is_bare = key.isascii() and key.replace("-", "_").replace("_", "a").isalnum()
    return key if is_bare else toml_string(key)


def _text(text: str) -> str:
    """Return a text of one line or several: those as they are, where TOML lets them be."""
    for character in text:
        if not (character.isprintable() or character in "\n\t"):
            raise UsageError(f"a command has the character {character!r}", then="write it by hand")
    if "\n" not in text:
        return toml_string(text)
    if "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{escaped}"""'


def _comment(note: str) -> Iterator[str]:
    wrapped = textwrap.wrap(
        _printable(note), _WIDTH, break_long_words=False, break_on_hyphens=False
    )
    for number, line in enumerate(wrapped):
        yield f"# {line}" if number == 0 else f"#   {line}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
