"""The table of `docs/security.md`: what the attack suite tries, made from the marks of its tests.

`python -m support.attack_table` writes it, from the directory of the tests; pytest collects the
suite for it and runs nothing. The document says what the suite does, or a test fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from support.catalogue import CATALOGUE
from support.isolation import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

DOCUMENT: Final = PROJECT / "docs" / "security.md"
BEGIN: Final = "<!-- The attack suite; `make attack-table` writes this table. -->\n"
END: Final = "<!-- The end of the table. -->\n"
_HEAD: Final = "| id | input | expected | test |\n|---|---|---|---|\n"
_WRITE_TO: Final = "ATTACK_MARKS"
_MOST_SAID: Final = 3000
_ORDER: Final = {name: place for place, name in enumerate(CATALOGUE)}


class Attack(NamedTuple):
    """One input of the suite: its id, in words, what is expected, and the tests that try it."""

    id: str
    text: str
    expect: str
    tests: tuple[str, ...]


def collect() -> tuple[Attack, ...]:
    """Let pytest collect the suite, in a process of its own, and return what its marks say."""
    with tempfile.TemporaryDirectory() as directory:
        marks = Path(directory) / "marks.json"
        options = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "support.attack_table")
        # pytest itself, as `python -m pytest` would see the localci of this directory.
        pytest_script = Path(sys.executable).with_name("pytest")
        done = subprocess.run(
            [pytest_script, "--collect-only", "-qq", *options, "tests"],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT / "tests"), _WRITE_TO: str(marks)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not marks.exists():
            said = f"{done.stdout}{done.stderr}"[-_MOST_SAID:]
            raise RuntimeError(f"the suite cannot be collected:\n{said}")
        return united(tuple(mark) for mark in json.loads(marks.read_text("utf-8")))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write down the marks of what was collected: rows of id, text, expectation and test."""
    rows = [
        (name, mark.kwargs["text"] or CATALOGUE[name], mark.kwargs["expect"], _test(item))
        for item in session.items
        for mark in item.iter_markers("attack")
        for name in mark.kwargs["ids"] or ("",)
    ]
    Path(os.environ[_WRITE_TO]).write_text(json.dumps(rows), encoding="utf-8")


def united(rows: Iterable[Sequence[str]]) -> tuple[Attack, ...]:
    """Return one attack for each input and expectation, in the catalogue's order."""
    tests: dict[tuple[str, str, str], dict[str, None]] = {}
    for name, text, expect, test in rows:
        tests.setdefault((name, text, expect), {})[test] = None
    ordered = sorted(tests.items(), key=lambda item: (_ORDER.get(item[0][0], len(_ORDER)), item[0]))
    return tuple(Attack(*what, tuple(sorted(by))) for what, by in ordered)


def table(attacks: Iterable[Attack]) -> str:
    """Return the table in Markdown."""
    rows = (
        f"| {attack.id} | {_cell(attack.text)} | {attack.expect} | "
        f"{', '.join(f'`{test}`' for test in attack.tests)} |\n"
        for attack in attacks
    )
    return _HEAD + "".join(rows)


def in_document(text: str) -> tuple[str, str, str]:
    """Return what stands before the table, the table, and what stands after it."""
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT} has no place for the table between {BEGIN!r} and {END!r}")
    return before + begin, inside, end + after


def write() -> None:
    """Write the table into the document."""
    before, _, after = in_document(DOCUMENT.read_text("utf-8"))
    DOCUMENT.write_text(before + table(collect()) + after, encoding="utf-8")


def _test(item: pytest.Item) -> str:
    path = item.path.relative_to(PROJECT / "tests").as_posix()
    return f"{path}::{getattr(item, 'originalname', item.name)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write()
