"""TOML text that reads back as what was written."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.prover.setup.toml_text import toml_string, toml_strings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PRINTABLE = st.text().filter(str.isprintable)


@given(st.lists(PRINTABLE))
def test_any_printable_text_reads_back(texts: list[str]) -> None:
    assert tomllib.loads(f"x = {toml_strings(texts)}") == {"x": texts}


@pytest.mark.parametrize(
    ("text", "written"),
    [("plain", '"plain"'), ('echo "a"', "'echo \"a\"'"), ('it\'s "x"', r'"it' + "'" + r's \"x\""')],
)
def test_a_command_stays_legible(text: str, written: str) -> None:
    assert toml_string(text) == written
