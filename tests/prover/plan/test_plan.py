from __future__ import annotations

import pytest

from localci.config.definition import definition
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError
from localci.git.listing import TreeFile
from localci.prover.plan.inputs import inputs_digest
from localci.prover.plan.plan import Plan, plan_run

TEXT = b"""\
version = 1
[checks.coverage]
from = "tests"
report = "coverage:coverage.json"
[checks.lint]
run = "ruff check"
inputs = ["src/**"]
[checks.tests]
run = "pytest"
inputs = ["src/**", "tests/**"]
[checks.all]
run = "true"
"""
CONFIGURATION = read_configuration({"localci.toml": TEXT}.get)
SOURCE = TreeFile(0o100644, "1" * 40, "src/a.py")
TEST = TreeFile(0o100644, "2" * 40, "tests/test_a.py")
README = TreeFile(0o100644, "3" * 40, "README.md")
FILES = (README, SOURCE, TEST)


def names(plan: Plan) -> list[str]:
    return [planned.check.name for planned in plan.checks]


def test_checks_run_in_their_order_and_readers_behind_their_sources() -> None:
    plan = plan_run(CONFIGURATION, FILES)
    assert names(plan) == ["lint", "tests", "all", "coverage"]
    assert plan.whole


def test_each_check_has_its_definition() -> None:
    for planned in plan_run(CONFIGURATION, FILES).checks:
        assert planned.definition == definition(CONFIGURATION.tables, planned.check.name)


def test_each_check_has_the_digest_of_its_own_inputs_and_a_reader_its_sources() -> None:
    inputs = {
        planned.check.name: planned.inputs for planned in plan_run(CONFIGURATION, FILES).checks
    }
    assert inputs == {
        "lint": inputs_digest([SOURCE]),
        "tests": inputs_digest([SOURCE, TEST]),
        "coverage": inputs_digest([SOURCE, TEST]),
        "all": inputs_digest(FILES),
    }


@pytest.mark.parametrize(
    ("only", "planned"),
    [
        (("lint",), ["lint"]),
        (("coverage",), ["tests", "coverage"]),
        (("coverage", "lint", "lint"), ["lint", "tests", "coverage"]),
        (("lint", "tests", "all", "coverage"), ["lint", "tests", "all", "coverage"]),
    ],
)
def test_chosen_checks_bring_their_sources_and_are_never_the_whole(
    only: tuple[str, ...], planned: list[str]
) -> None:
    plan = plan_run(CONFIGURATION, FILES, only)
    assert names(plan) == planned
    assert not plan.whole


def test_a_name_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        plan_run(CONFIGURATION, FILES, ("tets",))
    assert str(caught.value) == "no check `tets` in localci.toml; did you mean `tests`?"


def test_inputs_that_match_nothing_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        plan_run(CONFIGURATION, [README, TEST])
    assert str(caught.value) == (
        "localci.toml: the inputs of check `lint` match no file of this commit"
    )
