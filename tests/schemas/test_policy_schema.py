from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from localci.config.read_policy import read_policy
from localci.errors import PolicyError
from localci.schemas import load_schema

if TYPE_CHECKING:
    from support.ssh_keys import SshKeys

SCHEMA: Any = load_schema("policy-1")
VALIDATOR = Draft202012Validator(SCHEMA)
KEYS = {
    "": SCHEMA["properties"],
    "require.tests": SCHEMA["$defs"]["requirement"]["properties"],
    "signer": SCHEMA["$defs"]["signer"]["properties"],
}

POLICY: dict[str, Any] = {
    "version": 1,
    "repository": "github.com/acme/app",
    "require_signature": True,
    "threshold": 1,
    "max_age": "30d",
    "binding": "tree",
    "checks_from": "base",
    "reuse": "own",
    "roles": ["maintainer"],
    "require_isolation": True,
    "hosted": "allowed",
    "author_alone": False,
    "require": {
        "tests": {"max_failed": 0, "min_total": 1, "max_skipped": 3, "binding": "commit"},
        "coverage": {"min_percentage": 85.0, "max_drop": 0.5},
        "lint": {"max_issues": 0},
        "audit": {"max_age": "1d", "threshold": 2, "roles": ["developer", "runner"]},
        "build": {},
    },
    "branch": {"release/*": {"require": {"tests": {"threshold": 2}}}},
    "paths": {
        ".github/**": {"roles": ["maintainer"]},
        "**/CODEOWNERS": {"roles": ["maintainer", "developer"]},
        "docs/": {"roles": ["developer"]},
    },
    "signer": [
        {
            "name": "ada@example.org",
            "fingerprint": "0123 4567 89ab cdef 0123 4567 89AB CDEF 0123 4567",
            "key": "keys/ada.asc",
            "roles": ["developer"],
            "not_before": "2026-01-01",
            "not_after": "2027-01-01",
            "revoked": {"at": "2026-06-01", "reason": "laptop stolen"},
        },
        {
            "name": "bob",
            "fingerprint": "a" * 64,
            "key": ".github/ci-public-key.asc",
            "accounts": ["octo-bob", "bob.l_2", "octo[bot]", "bob@example.org"],
        },
        {"name": "eve", "ssh": "ssh-ed25519 AAAA comment", "roles": ["runner"]},
        {"name": "eve", "ssh": "ssh-ed25519 BBBB", "fingerprint": f"SHA256:{'a' * 43}"},
    ],
}
START = 'version = 1\nrepository = "a.org/b"\n[require.tests]\n'
HEADERS = {"": "", "require.tests": "[require.tests]", "signer": "[require.tests]\n[[signer]]"}


def with_value(place: tuple[str | int, ...], value: Any) -> Any:
    policy = copy.deepcopy(POLICY)
    container: Any = policy
    for key in place[:-1]:
        container = container[key]
    container[place[-1]] = value
    return policy


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_policy_with_every_key_is_valid() -> None:
    VALIDATOR.validate(POLICY)


@pytest.mark.parametrize("key", ["version", "repository", "require"])
def test_a_policy_without_its_heart_is_not(key: str) -> None:
    assert not VALIDATOR.is_valid({k: v for k, v in POLICY.items() if k != key})


@pytest.mark.parametrize("key", ["name", "fingerprint", "key"])
def test_a_signer_without_its_heart_is_not(key: str) -> None:
    policy = copy.deepcopy(POLICY)
    del policy["signer"][0][key]
    assert not VALIDATOR.is_valid(policy)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("repository",), ["github.com/acme/app", "github.com/acme/old"]),
        (("max_age",), 3600),
        (("require", "tests", "min_total"), 0),
        (("signer",), []),
        (("signer", 0, "accounts"), []),
        (("checks_from",), "head"),
    ],
    ids=str,
)
def test_another_value_is_valid(place: tuple[str | int, ...], value: Any) -> None:
    VALIDATOR.validate(with_value(place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("version",), 2),
        (("version",), True),
        (("repository",), []),
        (("repository",), " "),
        (("require_signature",), 1),
        (("threshold",), 0),
        (("threshold",), -1),
        (("threshold",), "1"),
        (("treshold",), 1),
        (("max_age",), "30"),
        (("max_age",), 0),
        (("binding",), "branch"),
        (("checks_from",), "main"),
        (("reuse",), "all"),
        (("roles",), []),
        (("roles",), ["boss"]),
        (("hosted",), True),
        (("author_alone",), "no"),
        (("require_isolation",), 1),
        (("require",), {}),
        (("require", "Tests"), {}),
        (("require", "tests", "max_failed"), -1),
        (("require", "tests", "max_fialed"), 1),
        (("require", "tests", "min_total"), 1.5),
        (("require", "coverage", "min_percentage"), 101),
        (("require", "coverage", "max_drop"), -1),
        (("branch", "release/*", "signer"), []),
        (("branch", "refs/heads/main"), {}),
        (("branch", ""), {}),
        (("branch", "release/*", "require", "tests", "threshold"), 0),
        (("paths", ".github/**"), {}),
        (("paths", ".github/**", "roles"), []),
        (("paths", ""), {"roles": ["maintainer"]}),
        (("signer", 0, "ssh"), "ssh-ed25519 AAAA"),
        (("signer", 2, "key"), "keys/eve.asc"),
        (("signer", 2, "ssh"), "ssh-ed25519 AAAA\nssh-ed25519 BBBB"),
        (("signer", 2, "fingerprint"), "a" * 40),
        (("signer", 2, "name"), "hosted"),
        (("signer", 2, "name"), " unsigned "),
        (("signer", 0, "accounts"), "octo-ada"),
        (("signer", 0, "accounts"), [1]),
        (("signer", 0, "email"), "x"),
        (("signer", 0, "name"), ""),
        (("signer", 0, "fingerprint"), "0123456789abcdef"),
        (("signer", 0, "fingerprint"), "a" * 41),
        (("signer", 0, "fingerprint"), "g" * 40),
        (("signer", 0, "key"), "keys/../ada.asc"),
        (("signer", 0, "key"), "keys/.."),
        (("signer", 0, "key"), "ada.asc"),
        (("signer", 0, "not_before"), "1 May"),
        (("signer", 0, "revoked"), {"reason": "x"}),
        (("signer", 0, "revoked"), True),
    ],
    ids=str,
)
def test_a_value_that_means_nothing_is_refused(place: tuple[str | int, ...], value: Any) -> None:
    assert not VALIDATOR.is_valid(with_value(place, value))


PATTERNS = [
    "a", "a/", ".github/**", "**", "*", "a/b/*.yml", "a?c", "\u00e9", "a b", "...", ".a/..b", "a//",
    "//",
    "/", "/a", "!a", "a!", "a//b", "a/./b", "a/../b", ".", "..", "a/..", "./a", "a\\b", "a[b]",
    "a{b}", "a\tb", "a\x7f", "]", "}", "", "a/.", "**/",
]  # fmt: skip
ACCOUNTS = ["octo", "octo-ada", "o.c_t", "a[bot]", "a@b.org", "\u00e9", "@octo", " octo", "octo ",
            "oc to", "octo\t", "", " ", "octo\u00a0", "octo\u2003x"]  # fmt: skip


def reads(text: str) -> bool:
    """Tell whether the reader takes it."""
    try:
        read_policy({".localci/policy.toml": text.encode()}.get)
    except PolicyError:
        return False
    return True


@pytest.mark.parametrize("pattern", PATTERNS, ids=ascii)
def test_reader_and_schema_take_the_same_path_patterns(pattern: str) -> None:
    rules = {pattern: {"roles": ["maintainer"]}}
    text = f'{START}[paths.{json.dumps(pattern)}]\nroles = ["maintainer"]\n'
    assert VALIDATOR.is_valid(POLICY | {"paths": rules}) == reads(text)


@pytest.mark.parametrize("account", ACCOUNTS, ids=ascii)
def test_reader_and_schema_take_the_same_accounts(ssh_keys: SshKeys, account: str) -> None:
    entry = {"name": "ada", "ssh": ssh_keys["ada"].line, "accounts": [account]}
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
    taken = reads(f"{START}[[signer]]\n{rows}")
    assert VALIDATOR.is_valid(POLICY | {"signer": [entry]}) == taken


@pytest.mark.parametrize("end", ["", " ada@example.org", "\n", "\t", "x", "\x00"], ids=ascii)
def test_the_schema_takes_whatever_ssh_key_the_reader_takes(ssh_keys: SshKeys, end: str) -> None:
    line = ssh_keys["ada"].line.rsplit(" ", 2)[0] + end
    entry = {"name": "ada", "ssh": line, "fingerprint": ssh_keys["ada"].key.fingerprint}
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
    taken = reads(f"{START}[[signer]]\n{rows}")
    valid = VALIDATOR.is_valid(POLICY | {"signer": [entry]})
    # That the key is one is beyond a schema.
    assert valid or not taken
    assert taken == (end in {"", " ada@example.org"})


def complaint(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        read_policy({".localci/policy.toml": text.encode()}.get)
    return str(caught.value)


def complaint_about(table: str, key: str) -> str:
    """Return what the reader says of a policy with `key` in `table`; its value never fits."""
    start = {"version": "version = 1", "repository": 'repository = "a.org/b"'}
    lines = [line for name, line in start.items() if table or name != key]
    text = "\n".join([*lines, HEADERS[table], f'"{key}" = -1.5'])
    return complaint(text)


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, keys in KEYS.items() for key in keys]
)
def test_the_reader_knows_every_key_of_the_schema(table: str, key: str) -> None:
    assert "unknown key" not in complaint_about(table, key)


@pytest.mark.parametrize("table", KEYS)
def test_the_reader_knows_no_other_key(table: str) -> None:
    assert "unknown key `other`" in complaint_about(table, "other")
