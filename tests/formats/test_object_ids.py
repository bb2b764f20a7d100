from __future__ import annotations

import pytest

from localci.formats.object_ids import (
    hash_object,
    is_object_id,
    is_sha256,
    is_zero,
    made_by_sha256,
    sha256_hex,
)


@pytest.mark.parametrize("value", ["a" * 40, "0123456789abcdef" * 4, "0" * 40])
def test_a_whole_id_is_one(value: str) -> None:
    assert is_object_id(value)


@pytest.mark.parametrize(
    "value",
    ["", "a" * 39, "a" * 41, "a" * 63, "A" * 40, "g" * 40, "a" * 40 + "\n", "\u0663" * 40,
     " " + "a" * 40, None, 5, b"a" * 40],
    ids=repr,
)  # fmt: skip
def test_anything_else_is_none(value: object) -> None:
    assert not is_object_id(value)


def test_a_digest_has_64_digits() -> None:
    assert is_sha256("a" * 64)
    assert not any(map(is_sha256, ["a" * 40, "a" * 65, "A" * 64, None, "a" * 64 + "\n"]))


def test_the_length_of_an_id_says_by_which_hash_it_was_made() -> None:
    assert made_by_sha256("a" * 64)
    assert not made_by_sha256("a" * 40)


def test_zeros_mean_no_object() -> None:
    assert is_zero("0" * 40)
    assert not is_zero("0" * 39 + "1")


def test_ids_are_those_of_git() -> None:
    assert hash_object("blob", [], 0, "a" * 40) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert hash_object("blob", [b"he", b"llo\n"], 6, "a" * 40) == (
        "ce013625030ba8dba906f756967f9e9ca394464a"
    )
    assert hash_object("tree", [], 0, "a" * 64) == (
        "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    )
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
