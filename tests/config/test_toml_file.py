from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from localci.config.toml_file import MAX_BYTES, nearest_name, read_toml, table_name
from localci.errors import PolicyError, UsageError


def test_reads_tables_with_dates_behind_a_byte_order_mark() -> None:
    file = read_toml(b"\xef\xbb\xbfday = 2026-01-01\r\n[a.b]\nc = 1\n", "x.toml")
    assert file.tables == {"day": dt.date(2026, 1, 1), "a": {"b": {"c": 1}}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb 2\n", "x.toml:2: not TOML: "),
        (b"a = 1\n\n[run\n", "x.toml:3: not TOML: "),
        (b'a = """\n\n', "x.toml:"),
        (b"a = 1\na = 2\n", "x.toml:2: not TOML: "),
        (b"a = 1\nb = '\xff'\n", "x.toml:2: not UTF-8"),
        ("a = 1\n".encode("utf-16"), "x.toml:1: not UTF-8"),
        (b"a = '\x00'\n", "x.toml:1: not TOML: "),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "x.toml: nested deeper than 32"),
        (b"a" + b".a" * 40 + b" = 1", "x.toml: nested deeper than 32"),
        (b"a = " + b"9" * 5000, "x.toml: not TOML: "),
        (b"#" * (MAX_BYTES + 1), "x.toml: larger than 1024 KiB"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_toml_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_toml(data, "x.toml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_open_end_is_said_to_be_on_the_last_line() -> None:
    with pytest.raises(UsageError, match=r"^x\.toml:2: not TOML: .*end of document"):
        read_toml(b'a = 1\nb = """', "x.toml")


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert read_toml(b"a" + b".a" * 31 + b" = 1", "x.toml").tables


def test_the_caller_chooses_the_error() -> None:
    complaint = partial(PolicyError, "policy-invalid")
    with pytest.raises(PolicyError) as caught:
        read_toml(b"a", "policy.toml", complaint)
    assert caught.value.code == "policy-invalid"
    file = read_toml(b"a = 1", "policy.toml", complaint)
    assert isinstance(file.unknown_key(("a",), ["b"]), PolicyError)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "treshold",
            "x.toml:2: unknown key `treshold` in [checks.coverage]; did you mean `threshold`?",
        ),
        ("zzz", "x.toml:1: unknown key `zzz` in [checks.coverage]; known here: `run`, `threshold`"),
    ],
)
def test_an_unknown_key_names_line_table_and_the_nearest_name(key: str, message: str) -> None:
    file = read_toml(b"[checks.coverage]\ntreshold = 1\n", "x.toml")
    error = file.unknown_key(("checks", "coverage", key), ["threshold", "run"])
    assert str(error) == message


def test_an_unknown_key_of_the_root_names_no_table() -> None:
    file = read_toml(b"\nrunn = 1\n", "x.toml")
    assert str(file.unknown_key(("runn",), ["run"])) == (
        "x.toml:2: unknown key `runn`; did you mean `run`?"
    )


def test_a_table_is_named_as_its_header_is_written() -> None:
    assert table_name(()) == ""
    assert table_name(("checks", "tests")) == "[checks.tests]"
    assert table_name(("signer", 3, "revoked")) == "[signer.revoked]"
    assert table_name(("paths", '.github/"**"')) == r'[paths.".github/\"**\""]'


def test_without_any_name_nothing_is_known() -> None:
    assert nearest_name("a", []) == "known here: nothing"
