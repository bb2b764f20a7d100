from __future__ import annotations

import pytest

from localci.config.policy import BranchRule, Policy, Requirement
from localci.config.read_configuration import read_configuration
from localci.config.when_faults import when_fault, when_faults
from support.cases import policy

IMAGES = Requirement("images")
CHECKS = """\
version = 1
[checks.images]
run = "true"
{when}
[checks.deploy]
run = "true"
needs = ["report"]
[checks.report]
from = "images"
report = "junit:x"
[checks.free]
run = "true"
runs_on = ["runner"]
[profiles.p]
"""


def fault(when: str, judge: Policy) -> str:
    text = CHECKS.format(when=when)
    return when_fault(read_configuration({"localci.toml": text.encode()}.get), judge)


def for_branch(pattern: str, name: str = "images") -> Policy:
    rules = (BranchRule(pattern, (Requirement(name),)),)
    return policy(Requirement("free"), branch_rules=rules)


@pytest.mark.parametrize(
    "when",
    ['branches = ["main"]', 'branches = ["**"]', 'tags = ["v*"]', 'paths = ["src/**"]'],
)
def test_what_every_commit_has_to_show_applies_to_every_commit(when: str) -> None:
    found = fault(f"when = {{ {when} }}", policy(IMAGES))
    assert found.startswith("[require.images] asks for images where localci.toml may leave it out")
    assert "check images has a `when`" in found
    assert not fault("", policy(IMAGES))
    assert not fault(f"when = {{ {when} }}", policy(Requirement("free")))


@pytest.mark.parametrize("name", ["report", "deploy"])
def test_what_a_required_check_comes_after_applies_too(name: str) -> None:
    found = fault('when.branches = ["main"]', policy(Requirement(name)))
    assert f"check images, which {name} comes after, has a `when`" in found
    assert fault('when.branches = ["main"]', for_branch("other", name))
    assert not fault('when.branches = ["main"]', for_branch("main", name))


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ('branches = ["main"]', "main"),
        ('branches = ["dev", "main"]', "main"),
        ('branches = ["release/*"]', "release/*"),
        ('branches = ["release/*"]', "release/1"),
        ('branches = ["**"]', "release/1"),
    ],
)
def test_a_check_may_be_left_out_where_nobody_asks_for_it(when: str, pattern: str) -> None:
    assert not fault(f"when = {{ {when} }}", for_branch(pattern))


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ('branches = ["main"]', "release/1"),
        ('branches = ["release/1"]', "release/*"),
        ('branches = ["release/?"]', "release/*"),
        ('branches = ["release/*"]', "release/**"),
        ('branches = ["release/*"]', "release/1/2"),
        ('branches = ["main"], paths = ["src/**"]', "main"),
        ('branches = ["main"], tags = ["v*"]', "main"),
        ('branches = ["main"], remotes = ["origin"]', "main"),
        ('branches = ["main"], profiles = ["p"]', "main"),
        ('tags = ["main"]', "main"),
    ],
)
def test_a_check_that_a_target_asks_for_applies_to_all_of_it(when: str, pattern: str) -> None:
    found = fault(f"when = {{ {when} }}", for_branch(pattern))
    assert found.startswith(f'[branch."{pattern}".require.images] asks for images where')


def test_who_runs_it_does_not_matter() -> None:
    assert not fault("", policy(Requirement("free")))


def test_a_check_that_is_not_there_is_no_matter_of_when() -> None:
    assert not fault("", policy(Requirement("nobody")))


def test_of_one_target_only_its_own_rules_are_looked_at() -> None:
    text = CHECKS.format(when='when.branches = ["main"]')
    configuration = read_configuration({"localci.toml": text.encode()}.get)
    judge = for_branch("release/1")
    assert len(list(when_faults(configuration, judge))) == 1
    assert len(list(when_faults(configuration, judge, "release/1"))) == 1
    assert not list(when_faults(configuration, judge, "main"))
