"""The policy is changed by its lines, and only as was asked for."""

from __future__ import annotations

import sys

import pytest

from localci.errors import UsageError
from localci.prover.setup.policy_text import append_entry, remove_entries, set_in_entry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

POLICY = """\
# the policy
version = 1

# Ada, of the kernel
[[signer]]
name = "ada"       # first
roles = [
  "developer",     # still
  "maintainer",
]

# Bob writes
#   documents
[[signer]]
name = "bob"
not_after = 2027-01-01   # as agreed
[require.tests]
[[signer]]
name = "carol"
"""


def names(policy: bytes) -> list[str]:
    return [entry["name"] for entry in tomllib.loads(policy.decode())["signer"]]


def test_a_key_is_added_at_the_end_of_its_entry() -> None:
    changed = set_in_entry(POLICY.encode(), 0, "not_after", "2026-12-21").decode()
    assert changed == POLICY.replace("]\n\n# Bob", "]\nnot_after = 2026-12-21\n\n# Bob")


def test_a_day_is_replaced_and_its_comment_stays() -> None:
    changed = set_in_entry(POLICY.encode(), 1, "not_after", "2026-12-21").decode()
    assert changed == POLICY.replace("2027-01-01", "2026-12-21")


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_last_entry_may_end_the_file_with_or_without_a_line_end(end: str) -> None:
    value = '{ at = 2026-11-21, reason = "lost" }'
    changed = set_in_entry((POLICY.rstrip() + end).encode(), 2, "revoked", value).decode()
    assert changed == f"{POLICY}revoked = {value}\n" if end else changed.endswith(value + "\n")


def test_line_ends_and_a_byte_order_mark_are_kept() -> None:
    windows = b"\xef\xbb\xbf" + POLICY.replace("\n", "\r\n").encode()
    changed = set_in_entry(windows, 1, "not_before", "2026-01-01")
    changed = append_entry(changed, ['name = "dan"'])
    changed = remove_entries(changed, [2])
    assert changed.startswith(b"\xef\xbb\xbf# the policy\r\n")
    assert changed.count(b"\n") == changed.count(b"\r\n")
    assert b"not_before = 2026-01-01\r\n" in changed


def test_an_entry_goes_with_the_comment_above_it_and_leaves_the_next_ones() -> None:
    without = remove_entries(POLICY.encode(), [0])
    assert names(without) == ["bob", "carol"]
    assert b"kernel" not in without
    assert b"# Bob writes\n#   documents\n[[signer]]" in without
    assert names(remove_entries(POLICY.encode(), [1])) == ["ada", "carol"]
    assert b"[require.tests]" in remove_entries(POLICY.encode(), [1, 2])
    assert names(remove_entries(POLICY.encode(), [0, 2])) == ["bob"]


def test_all_entries_can_go() -> None:
    left = tomllib.loads(remove_entries(POLICY.encode(), [0, 1, 2]).decode())
    assert left == {"version": 1, "require": {"tests": {}}}


@pytest.mark.parametrize(
    "written",
    [
        'signer = [{ name = "ada" }, { name = "bob" }]\n',
        '[[signer]]\nname = "ada"\n[signer.revoked]\nat = 2026-01-01\n[[signer]]\nname = "b"\n',
        '[[signer]]\nname = """\nada\n[[signer]]\n# """\n[[signer]]\nname = "b"\n',
    ],
)
def test_what_is_written_otherwise_is_changed_rightly_or_left_alone(written: str) -> None:
    expected = tomllib.loads(written)
    expected["signer"][0]["reason"] = "x"
    try:
        changed = set_in_entry(written.encode(), 0, "reason", '"x"')
    except UsageError as error:
        assert "by hand" in str(error)  # noqa: PT017 - either is right
    else:
        assert tomllib.loads(changed.decode()) == expected


def test_an_inline_array_is_left_to_its_owner() -> None:
    with pytest.raises(UsageError, match="by hand"):
        remove_entries(b'signer = [{ name = "ada" }, { name = "bob" }]\n', [0])
