"""YAML of a project is read as text, lists and tables, within bounds."""

from __future__ import annotations

import time

import pytest

from localci.errors import UsageError
from localci.prover.setup.proposing.yaml_file import (
    MAX_BYTES,
    MAX_VALUES,
    YamlNode,
    read_yaml,
    scalars,
)


def read(text: str) -> YamlNode:
    return read_yaml(text.encode(), "f.yml")


def test_scalars_are_text_as_github_reads_them() -> None:
    node = read("on: push\nyes: off\nv: [3.10, '3.10', 3.9, 18]\nnone: ~\nempty:\nt: true\n")

    assert node.get("on").text == "push"
    assert node.get("yes").text == "off"
    assert node.get("v").texts == ("3.1", "3.10", "3.9", "18")
    assert node.get("none").value is None
    assert node.get("empty").value is None
    assert dict(scalars(node)) == {"on": "push", "yes": "off", "t": "true"}


def test_every_value_knows_its_line_and_what_is_absent_its_parents() -> None:
    node = read("a:\n  b:\n    - x\n    - y: 1\n")

    assert [row.line for row in node.get("a", "b").rows] == [3, 4]
    assert node.get("a", "c", "d").line == node.get("a").line == 1
    assert node.get("a", "c").value is None


def test_aliases_and_merge_keys_are_followed() -> None:
    text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\nmore: {<<: [*b, {z: 4}]}\n"
    node = read(text)

    assert dict(scalars(node.get("one"))) == {"x": "1", "y": "3"}
    assert dict(scalars(node.get("more"))) == {"x": "1", "y": "2", "z": "4"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\n", "f.yml:2: not YAML: "),
        ("a: 1\n\tb: 2\n", "f.yml:2: not YAML: "),
        ("a: 1\na: 2\n", "f.yml:2: not YAML: `a` stands there twice"),
        ("a: *nobody\n", "f.yml:1: not YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "f.yml:2: not YAML: "),
        ("? [a]\n: 1\n", "f.yml:1: .*a key is a list"),
        ("a: \x01\n", "f.yml: not YAML: "),
        ("[" * 5000, "f.yml"),
        ("a: " * 2000, "f.yml"),
        ("&a [*a]\n", "f.yml"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_and_files_too_large_are_refused() -> None:
    with pytest.raises(UsageError, match=r"f.yml is not UTF-8"):
        read_yaml(b"a: \xff\n", "f.yml")
    with pytest.raises(UsageError, match="larger than 256 KiB"):
        read_yaml(b"#" * (MAX_BYTES + 1), "f.yml")


@pytest.mark.parametrize("merge", ["", "<<: "])
def test_a_few_lines_that_stand_for_billions_are_refused_at_once(merge: str) -> None:
    rows = ["l0: &l0 {a: 1, b: 2}"]
    for level in range(1, 12):
        inner = ", ".join([f"*l{level - 1}"] * 9)
        value = f"{{{merge}[{inner}]}}" if merge else f"[{inner}]"
        rows.append(f"l{level}: &l{level} {value}")
    began = time.monotonic()

    with pytest.raises(UsageError, match="too much in it"):
        read("\n".join(rows))
    assert time.monotonic() - began < 10
    assert MAX_VALUES < 10**6


def test_an_empty_file_is_a_null() -> None:
    assert read("").value is None
    assert read("# nothing\n").table == {}
