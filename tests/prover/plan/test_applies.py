from __future__ import annotations

import pytest

from localci.config.configuration import Check, When
from localci.prover.plan.applies import why_not
from localci.prover.plan.plan import Circumstances

CHANGED = frozenset({"src/a.py", "README.md"})
HERE = Circumstances("feature/x", remote="origin", changed=CHANGED)


def reason(when: When, circumstances: Circumstances = HERE, profile: str = "") -> str:
    return why_not(Check("a", run="x", when=when), circumstances, profile)


@pytest.mark.parametrize(
    "when",
    [
        When(),
        When(branches=("main", "feature/*")),
        When(branches=("feature/*",), tags=("v*",)),
        When(remotes=("orig*",)),
        When(paths=("docs", "src/**")),
        When(branches=("**",), remotes=("origin",), paths=("*.md",)),
    ],
)
def test_a_check_applies_where_every_group_fits_by_one_pattern(when: When) -> None:
    assert not reason(when)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (When(branches=("main",)), "applies to branch main; this is feature/x"),
        (When(branches=("main", "dev")), "applies to branches main, dev; this is feature/x"),
        (When(branches=("*",)), "applies to branch *; this is feature/x"),
        (When(tags=("v*", "w*")), "applies to tags v*, w*; this is feature/x"),
        (
            When(branches=("main",), tags=("v*",)),
            "applies to branch main and tag v*; this is feature/x",
        ),
        (When(remotes=("upstream",)), "applies to remote upstream; this is for origin"),
        (
            When(paths=("docs/**", "*.rst")),
            "applies to changes of docs/**, *.rst; none of these changed",
        ),
        (When(profiles=("nightly",)), "applies under profile nightly; none is chosen"),
        (
            When(branches=("feature/*",), remotes=("upstream",)),
            "applies to remote upstream; this is for origin",
        ),
    ],
)
def test_a_check_does_not_apply_where_one_group_does_not_fit(when: When, said: str) -> None:
    assert reason(when) == said


def test_a_tag_is_no_branch() -> None:
    tag = Circumstances(tag="v1")
    assert not reason(When(tags=("v*",)), tag)
    assert not reason(When(branches=("main",), tags=("v*",)), tag)
    assert reason(When(branches=("v1",)), tag) == "applies to branch v1; this is tag v1"


def test_where_nothing_is_known_nothing_fits_but_paths() -> None:
    nowhere = Circumstances()
    assert reason(When(branches=("**",)), nowhere) == "applies to branch **; this is no branch"
    assert reason(When(remotes=("**",)), nowhere) == ("applies to remote **; nothing is pushed now")
    assert not reason(When(paths=("src",)), nowhere)
    assert reason(When(paths=("src",)), Circumstances(changed=frozenset()))


def test_a_profile_is_one_of_those_named() -> None:
    when = When(profiles=("nightly", "release"))
    assert not reason(when, profile="release")
    assert reason(when, profile="fast") == ("applies under profiles nightly, release; this is fast")


def test_a_machine_runs_what_one_of_its_labels_is_named_for() -> None:
    check = Check("a", run="x", runs_on=("gpu", "runner"))
    assert why_not(check, HERE, "") == "runs on gpu, runner"
    assert why_not(check, Circumstances(labels=frozenset({"mac"})), "") == "runs on gpu, runner"
    assert not why_not(check, Circumstances(labels=frozenset({"mac", "gpu"})), "")
