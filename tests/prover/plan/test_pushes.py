from __future__ import annotations

import pytest

from localci.errors import UsageError
from localci.prover.plan.pushes import Push, PushedRef, read_handed_on_push, read_told_push

A, B, ZERO = "a" * 40, "b" * 64, "0" * 40
URL = "https://example.org/a"


def pushed(*lines: str) -> tuple[PushedRef, ...]:
    push = read_told_push("origin", URL, "".join(f"{line}\n" for line in lines))
    assert push[:2] == ("origin", URL)
    return push.refs


@pytest.mark.parametrize(
    ("lines", "refs"),
    [
        ([], []),
        ([f"refs/heads/x {A} refs/heads/main {ZERO}"], [PushedRef(A, "refs/heads/main")]),
        ([f"HEAD {B} refs/heads/main {B}"], [PushedRef(B, "refs/heads/main")]),
        ([f"HEAD@{{1 day ago}} {A} refs/heads/x {A}"], [PushedRef(A, "refs/heads/x")]),
        ([f":/fix {B} in a {A} refs/heads/x {A}"], [PushedRef(A, "refs/heads/x")]),
        ([f"HEAD {A} refs/heads/a\u00a0b {A}"], [PushedRef(A, "refs/heads/a\u00a0b")]),
        ([f"HEAD~1 {A} refs/heads/é {A}"], [PushedRef(A, "refs/heads/é")]),
        ([f"(delete) {ZERO} refs/heads/old {A}"], []),
        ([f"(delete) {'0' * 64} refs/heads/old {B}"], []),
        ([f"refs/notes/ci {A} refs/notes/ci {A}"], []),
        ([f"refs/notes/x {A} refs/notes/x {A}", f"x {A} refs/localci/outbox {A}"], []),
        ([f"x {A} refs/notesofmine {A}"], [PushedRef(A, "refs/notesofmine")]),
        (
            [f"(delete) {ZERO} refs/heads/old {A}", f"v1 {B} refs/tags/v1 {ZERO}",
             f"main {A} refs/heads/main {B}", f"x {A} refs/notes/ci {A}"],
            [PushedRef(B, "refs/tags/v1"), PushedRef(A, "refs/heads/main")],
        ),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_git_says_what_is_pushed(lines: list[str], refs: list[PushedRef]) -> None:
    assert pushed(*lines) == tuple(refs)


@pytest.mark.parametrize(
    "line",
    ["hello", f"HEAD {A} refs/heads/main", f"HEAD {A} refs/heads/main {A} x", "a b c d",
     f"HEAD {A[:-1]} refs/heads/main {A}", f"HEAD {A.upper()} refs/heads/main {A}",
     f"HEAD {A}  refs/heads/main {A}"],
)  # fmt: skip
def test_what_git_does_not_write_is_a_mistake(line: str) -> None:
    with pytest.raises(UsageError, match=r"not what git tells a pre-push hook; .*`localci run`"):
        pushed(line)


def test_a_name_says_what_kind_of_ref_it_is() -> None:
    branch, tag, other = (
        PushedRef(A, name) for name in ("refs/heads/a/b", "refs/tags/v1", "refs/changes/1")
    )
    assert (branch.branch, tag.branch, other.branch) == ("a/b", "", "")
    assert (branch.is_tag, tag.is_tag, other.is_tag) == (False, True, False)


@pytest.mark.parametrize(
    ("environment", "push"),
    [
        ({}, Push("origin", "", (PushedRef("HEAD", ""),))),
        (
            {"PRE_COMMIT_TO_REF": A, "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/x",
             "PRE_COMMIT_REMOTE_NAME": "fork", "PRE_COMMIT_REMOTE_URL": URL,
             "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/y"},
            Push("fork", URL, (PushedRef(A, "refs/heads/y"),)),
        ),
        (
            {"PRE_COMMIT_LOCAL_BRANCH": "refs/heads/x", "PRE_COMMIT_TO_REF": ""},
            Push("origin", "", (PushedRef("refs/heads/x", ""),)),
        ),
        ({"PRE_COMMIT_TO_REF": ZERO}, Push("origin", "", ())),
        ({"PRE_COMMIT_REMOTE_BRANCH": "refs/notes/ci"}, Push("origin", "", ())),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_under_a_hook_manager_its_environment_says(environment: dict[str, str], push: Push) -> None:
    assert read_handed_on_push(environment) == push
