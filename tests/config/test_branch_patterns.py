from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.config.branch_patterns import branch_matches, short_branch

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("pattern", "branch"),
    [
        ("main", "main"),
        ("main", "refs/heads/main"),
        ("release/*", "release/1.0"),
        ("release/*", "refs/heads/release/1.0"),
        ("release/*", "release/"),
        ("*", "main"),
        ("v?", "v1"),
        ("**", "a/b/c"),
        ("users/**", "users/ada/x"),
        ("**/fix", "a/b/fix"),
        ("a**z", "a/b/z"),
        ("é*", "été"),
        ("a.b", "a.b"),
        ("x[1]+(y)", "x[1]+(y)"),
        ("*", "line\nend"),
    ],
)
def test_a_pattern_means_a_branch(pattern: str, branch: str) -> None:
    assert branch_matches(pattern, branch)


@pytest.mark.parametrize(
    ("pattern", "branch"),
    [
        ("main", "main2"),
        ("main", "xmain"),
        ("main", "Main"),
        ("main", "main\n"),
        ("main", "refs/tags/main"),
        ("main", "origin/main"),
        ("release/*", "release"),
        ("release/*", "release/1/fix"),
        ("release/*", "hotfix/release/1"),
        ("*", "release/1"),
        ("?", "/"),
        ("?", ""),
        ("a.b", "axb"),
        ("[ab]", "a"),
        ("users/**", "users"),
    ],
)
def test_and_no_other(pattern: str, branch: str) -> None:
    assert not branch_matches(pattern, branch)


@given(NAMES)
def test_what_has_no_wildcard_is_the_branch_itself(name: str) -> None:
    plain = re.sub(r"[*?]", "", name)
    assert branch_matches(plain, plain) or plain.startswith("refs/heads/")
    assert branch_matches("**", name)


@given(NAMES, NAMES)
def test_no_pattern_is_a_fault(pattern: str, branch: str) -> None:
    assert branch_matches(pattern, branch) in {True, False}


def test_a_branch_has_a_short_name() -> None:
    assert short_branch("refs/heads/release/1") == short_branch("release/1") == "release/1"
    assert short_branch("refs/tags/v1") == "refs/tags/v1"
