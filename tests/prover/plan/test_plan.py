from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.definition import definition
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError
from localci.git.listing import TreeFile
from localci.prover.plan.inputs import inputs_digest
from localci.prover.plan.matrix import Cell
from localci.prover.plan.plan import Circumstances, LeftOut, Plan, Selection, plan_run

if TYPE_CHECKING:
    from localci.config.configuration import Configuration

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
    assert names(plan) == ["lint", "tests", "coverage", "all"]
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
        (("lint", "tests", "all", "coverage"), ["lint", "tests", "coverage", "all"]),
    ],
)
def test_chosen_checks_bring_their_sources_and_are_never_the_whole(
    only: tuple[str, ...], planned: list[str]
) -> None:
    plan = plan_run(CONFIGURATION, FILES, Selection(only=only))
    assert names(plan) == planned
    assert not plan.whole


def test_a_name_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        plan_run(CONFIGURATION, FILES, Selection(only=("lint", "tets")))
    assert str(caught.value) == "no check `tets` in localci.toml; did you mean `tests`?"


def test_inputs_that_match_nothing_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        plan_run(CONFIGURATION, [README, TEST])
    assert str(caught.value) == (
        "localci.toml: the inputs of check `lint` match no file of this commit"
    )


GRAPH = b"""\
version = 1
[checks.deploy]
run = "true"
needs = ["images", "lint"]
[checks.images]
run = "true"
services = ["db"]
when.branches = ["main"]
[checks.sizes]
from = "images"
report = "junit:x"
[checks.lint]
run = "true"
services = ["cache"]
[checks.gpu]
run = "true"
runs_on = ["gpu", "runner"]
[checks.slow]
run = "true"
when.profiles = ["nightly"]
[services.unused]
run = "x"
[services.cache]
run = "x"
[services.db]
run = "x"
[profiles.nightly]
[profiles.images]
checks = ["deploy"]
"""
GRAPHED = read_configuration({"localci.toml": GRAPH}.get)
ON_MAIN = Circumstances(branch="main")


def left_out(plan: Plan) -> dict[str, str]:
    return {item.name: item.reason for item in plan.left_out}


def test_what_is_needed_comes_before_and_the_rest_as_it_is_written() -> None:
    plan = plan_run(GRAPHED, FILES, circumstances=ON_MAIN)
    assert names(plan) == ["images", "sizes", "lint", "deploy"]
    assert [service.name for service in plan.services] == ["cache", "db"]
    assert plan.whole


def test_what_does_not_apply_is_left_out_with_all_that_comes_after_it() -> None:
    plan = plan_run(GRAPHED, FILES, circumstances=Circumstances(branch="feature/x"))
    assert names(plan) == ["lint"]
    assert plan.whole
    assert [service.name for service in plan.services] == ["cache"]
    assert plan.left_out == (
        LeftOut("deploy", "needs images, which is left out"),
        LeftOut("images", "applies to branch main; this is feature/x"),
        LeftOut("sizes", "reads from images, which is left out"),
        LeftOut("gpu", "runs on gpu, runner"),
        LeftOut("slow", "applies under profile nightly; none is chosen"),
    )


def test_a_machine_with_the_label_leaves_nothing_to_others() -> None:
    here = Circumstances(branch="main", labels=frozenset({"runner"}))
    assert names(plan_run(GRAPHED, FILES, circumstances=here))[-1] == "gpu"


def test_a_check_asked_for_by_name_runs_with_what_it_comes_after_wherever_it_is() -> None:
    for name, planned in (
        ("deploy", ["images", "lint", "deploy"]),
        ("gpu", ["gpu"]),
        ("slow", ["slow"]),
        ("sizes", ["images", "sizes"]),
    ):
        plan = plan_run(GRAPHED, FILES, Selection(only=(name,)))
        assert (names(plan), plan.left_out, plan.whole) == (planned, (), False)


def test_a_profile_without_checks_is_all_that_apply_under_it() -> None:
    plan = plan_run(GRAPHED, FILES, Selection(profile="nightly"), ON_MAIN)
    assert names(plan) == ["images", "sizes", "lint", "deploy", "slow"]
    assert left_out(plan) == {"gpu": "runs on gpu, runner"}
    assert not plan.whole


def test_a_profile_brings_along_what_its_checks_need_and_no_more() -> None:
    plan = plan_run(GRAPHED, FILES, Selection(profile="images"), ON_MAIN)
    assert names(plan) == ["images", "lint", "deploy"]
    assert not plan.left_out
    elsewhere = plan_run(GRAPHED, FILES, Selection(profile="images"))
    assert names(elsewhere) == ["lint"]
    assert left_out(elsewhere) == {
        "deploy": "needs images, which is left out",
        "images": "applies to branch main; this is no branch",
    }


@pytest.mark.parametrize(
    ("configuration", "profile", "message"),
    [
        (GRAPHED, "nihgtly", "no profile `nihgtly` in localci.toml; did you mean `nightly`?"),
        (CONFIGURATION, "fast", "no profile `fast` in localci.toml; known here: nothing"),
    ],
)
def test_a_profile_that_nobody_knows_is_refused(
    configuration: Configuration, profile: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan_run(configuration, FILES, Selection(profile=profile))
    assert str(caught.value) == message


def test_a_check_with_a_matrix_has_a_cell_for_every_combination_and_its_reader_too() -> None:
    text = b"""\
version = 1
[checks.tests]
run = "true"
matrix = { python = ["3.12", "3.11"], os = ["x", "y"] }
[checks.coverage]
from = "tests"
report = "coverage:c.json"
[checks.lint]
run = "true"
"""
    plan = plan_run(read_configuration({"localci.toml": text}.get), FILES)
    tests, coverage, lint = plan.checks
    assert [cell.name for cell in tests.cells] == [
        "python=3.12,os=x",
        "python=3.12,os=y",
        "python=3.11,os=x",
        "python=3.11,os=y",
    ]
    assert tests.cells[1].values == {"python": "3.12", "os": "y"}
    assert coverage.cells == tests.cells
    assert lint.cells == (Cell(),)


def test_what_is_left_out_may_have_inputs_that_are_not_there() -> None:
    text = b"""\
version = 1
[checks.a]
run = "true"
inputs = ["nowhere/**"]
when.branches = ["main"]
"""
    configuration = read_configuration({"localci.toml": text}.get)
    assert names(plan_run(configuration, FILES)) == []
    with pytest.raises(UsageError):
        plan_run(configuration, FILES, circumstances=ON_MAIN)


class TestChosenValues:
    """`--set AXIS=VALUE`: of a matrix only some cells."""

    CONFIGURATION = read_configuration(
        {
            "localci.toml": b"""\
version = 1
[checks.build]
run = "make {matrix.arch}"
matrix.arch = ["amd64", "arm64"]
matrix.libc = ["gnu", "musl"]
[checks.lint]
run = "ruff check"
"""
        }.get
    )

    def planned(self, **values: str) -> dict[str, list[str]]:
        plan = plan_run(self.CONFIGURATION, FILES, Selection(values=tuple(values.items())))
        assert plan.whole is (not values)
        return {one.check.name: [cell.name for cell in one.cells] for one in plan.checks}

    def test_only_the_cells_with_the_value_run(self) -> None:
        assert self.planned(arch="arm64") == {
            "build": ["arch=arm64,libc=gnu", "arch=arm64,libc=musl"],
            "lint": [""],
        }
        assert self.planned(arch="arm64", libc="gnu")["build"] == ["arch=arm64,libc=gnu"]

    def test_who_has_only_some_cells_says_so(self) -> None:
        plan = plan_run(self.CONFIGURATION, FILES, Selection(values=(("arch", "arm64"),)))
        assert [one.lacks_cells for one in plan.checks] == [True, False]
        assert not any(one.lacks_cells for one in plan_run(self.CONFIGURATION, FILES).checks)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"arch": "arm46"}, "check `build` has no arch `arm46` in localci.toml"),
            ({"arhc": "arm64"}, "no check that would run has an axis `arhc` in localci.toml"),
        ],
    )
    def test_what_is_unknown_is_refused_with_what_is_near(
        self, values: dict[str, str], message: str
    ) -> None:
        with pytest.raises(UsageError, match="^" + message) as caught:
            self.planned(**values)
        assert caught.value.then.startswith("did you mean")
