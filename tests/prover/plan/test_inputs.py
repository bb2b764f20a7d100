from __future__ import annotations

import hashlib

import pytest

from localci.git.listing import TreeFile
from localci.prover.plan.inputs import inputs_digest, matching_files

A = TreeFile(0o100644, "a" * 40, "src/a.py")
B = TreeFile(0o100755, "b" * 40, "tests/b.py")
C = TreeFile(0o160000, "c" * 40, "vendor")


def test_without_patterns_everything_counts() -> None:
    assert matching_files([A, B, C], ()) == (A, B, C)


def test_only_what_matches_counts() -> None:
    assert matching_files([A, B, C], ["src/**", "vendor"]) == (A, C)


def test_the_digest_is_over_rows_sorted_by_path() -> None:
    rows = f"100644 {'a' * 40}\tsrc/a.py\x00100755 {'b' * 40}\ttests/b.py\x00"
    expected = hashlib.sha256(rows.encode()).hexdigest()
    assert inputs_digest([B, A]) == inputs_digest([A, B]) == expected


@pytest.mark.parametrize(
    "changed",
    [A._replace(mode=0o100755), A._replace(id="d" * 40), A._replace(path="src/b.py")],
)
def test_mode_content_and_path_each_change_the_digest(changed: TreeFile) -> None:
    assert inputs_digest([changed]) != inputs_digest([A])
