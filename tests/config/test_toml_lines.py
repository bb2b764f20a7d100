from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localci.config.toml_lines import find_line

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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


VALUES = [
    "1.5",
    "2026-01-01 07:32:00",
    '"a = 1 # \\" ]"',
    "'[x] \"'",
    '"""\nk0 = 1\n[t]\n\\"""\n"""',
    '""""quoted""""',
    "'''\n# k1 = '2'\n'''",
    "[ # ]\n  [1, 2], # k0 = 1\n  'a]',\n]",
    '{ x = "}", y.z = [1, 2], "w\tv" = {} }',
    "[{ x = 1 }, { x = 2 }]",
]
STATEMENTS = st.tuples(
    st.sampled_from(["", "# k = 1\n", "\n\n", "[t{n}]\n", '[ "t.{n}" . u ]\n', "[[t{n}.a]]\n"]),
    st.sampled_from(["k{n}", '"k{n}"', "'k{n}'", "k{n}.x", "k{n} . 'x.y'", '"\\u006b{n}"']),
    st.sampled_from(VALUES),
    st.sampled_from(["\n", " # k0 = 1\n", "\r\n"]),
)


@settings(deadline=None)
@given(st.lists(STATEMENTS, max_size=6))
def test_every_key_is_found_on_its_line_whatever_stands_around_it(
    statements: list[tuple[str, str, str, str]],
) -> None:
    text = ""
    expected = {}
    table: tuple[str | int, ...] = ()
    for number, (header, key, value, end) in enumerate(statements):
        name = header.strip()
        if name.startswith("["):
            table = {
                "[t": (f"t{number}",),
                "[ ": (f"t.{number}", "u"),
                "[[": (f"t{number}", "a", 0),
            }[name[:2]]
        text += header.format(n=number)
        expected[(*table, f"k{number}")] = text.count("\n") + 1
        text += f"{key.format(n=number)} = {value}{end}"
    tomllib.loads(text)
    for path, line in expected.items():
        assert find_line(text, path) == line, text
