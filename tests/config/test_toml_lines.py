from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.config.toml_lines import find_line

TEXT = '''\
version = 1            # = [not] "a key"
"quoted.key" = 'x = 1'
text = """
a = 1
[no.header]\\"""
""""
later = true
literal = \'\'\'
b = 2\'\'\'

[run]
keep = [
  "]",   # ]
  { a = 1, b.c = 2 },
]
env = { A = "}", "B.C" = 1.5 }
[checks."a b"]
matrix.python = ["3.11"]
day = 2026-01-01 07:32:00
[[signer]]
name = "ada"
[signer.revoked]
at = 2026-01-01
[[signer]]
name = "bob"
revoked.at = 2026-01-01
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("version",), 1),
        (("quoted.key",), 2),
        (("text",), 3),
        (("later",), 7),
        (("literal",), 8),
        (("run",), 11),
        (("run", "keep"), 12),
        (("run", "keep", 0), 13),
        (("run", "keep", 1, "b", "c"), 14),
        (("run", "env", "A"), 16),
        (("run", "env", "B.C"), 16),
        (("checks",), 17),
        (("checks", "a b"), 17),
        (("checks", "a b", "matrix", "python"), 18),
        (("checks", "a b", "day"), 19),
        (("signer", 0), 20),
        (("signer", 0, "name"), 21),
        (("signer", 0, "revoked"), 22),
        (("signer", 0, "revoked", "at"), 23),
        (("signer", 1), 24),
        (("signer", 1, "name"), 25),
        (("signer", 1, "revoked", "at"), 26),
    ],
)
def test_finds_the_line_of_a_key(path: tuple[str | int, ...], line: int) -> None:
    assert find_line(TEXT, path) == line


def test_a_key_that_is_not_written_has_the_line_of_its_table() -> None:
    assert find_line(TEXT, ("checks", "a b", "run")) == 17


@pytest.mark.parametrize("path", [(), ("b",), ("no", "header")])
def test_what_is_not_written_at_all_has_no_line(path: tuple[str, ...]) -> None:
    assert find_line(TEXT, path) is None


@given(st.text(alphabet="ab.=[]{},\"'#\n \\"), st.sampled_from([("a",), ("a", 0, "b")]))
def test_text_of_any_shape_is_survived(text: str, path: tuple[str | int, ...]) -> None:
    line = find_line(text, path)
    assert line is None or 1 <= line <= text.count("\n") + 1
