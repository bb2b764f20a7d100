from __future__ import annotations

from localci.config.configuration import Check
from localci.prover.plan.matrix import Cell
from localci.prover.plan.plan import PlannedCheck
from localci.prover.run.forecast import expected_checks, forecast
from localci.prover.run.tasks import UNKNOWN_SECONDS, longest_first, startable, tasks_of, weight_of
from support.runs import DEFINITION, INPUTS, planned

CELLS = (Cell("python=3.11", {"python": "3.11"}), Cell("python=3.12", {"python": "3.12"}))
MATRIX = PlannedCheck(Check("tests", run="x"), DEFINITION, INPUTS, CELLS)
READER = planned(Check("coverage", source="tests"))


def check(name: str, *needs: str, weight: int = 1) -> PlannedCheck:
    return planned(Check(name, run="x", needs=needs, weight=weight))


def labels(*checks: PlannedCheck, **seconds: float) -> list[str]:
    return [task.label for task in longest_first(checks, seconds)]


def test_each_cell_is_a_task_and_a_reader_is_none() -> None:
    assert [task.label for task in tasks_of((MATRIX, READER))] == [
        "tests@python=3.11",
        "tests@python=3.12",
    ]


def test_the_longest_starts_first_and_what_never_ran_is_taken_for_long() -> None:
    assert labels(check("a"), check("b"), check("c"), a=1, b=3, c=2) == ["b", "c", "a"]
    assert UNKNOWN_SECONDS > 3
    assert labels(check("a"), check("new"), a=3) == ["new", "a"]
    assert labels(check("a"), check("b"), a=1, b=1) == ["a", "b"]


def test_what_others_wait_for_counts_with_all_that_comes_after_it() -> None:
    order = labels(check("long"), check("build"), check("e2e", "build"), long=5, build=1, e2e=6)
    assert order == ["build", "e2e", "long"]
    reader = planned(Check("figures", source="build"))
    late = check("e2e", "figures")
    assert labels(check("long"), check("build"), reader, late, long=5, build=1, e2e=6)[0] == "build"


def test_a_task_starts_when_its_needs_have_passed_and_it_fits() -> None:
    tasks = tasks_of((check("heavy", weight=2), check("light"), check("after", "light")))
    ready = startable(tasks, frozenset(), 0, 2)
    assert [task.label for task in ready] == ["heavy", "light"]
    assert [task.label for task in startable(tasks, frozenset(), 1, 2)] == ["light"]
    assert [task.label for task in startable(tasks, frozenset({"light"}), 1, 2)] == [
        "light",
        "after",
    ]
    assert not startable(tasks, frozenset({"light"}), 2, 2)


def test_a_task_heavier_than_the_machine_runs_alone() -> None:
    (task,) = tasks_of((check("heavy", weight=9),))
    assert weight_of(task, 2) == 2
    assert startable((task,), frozenset(), 0, 2) == (task,)
    assert not startable((task,), frozenset(), 1, 2)


def test_a_run_is_as_long_as_its_longest_command_or_all_of_them_spread() -> None:
    checks = (check("a"), check("b"), READER)
    assert forecast(checks, {"a": 9.0, "b": 1.0}, 2) == 9.0
    assert forecast(checks, {"a": 3.0, "b": 3.0}, 1) == 6.0
    assert forecast((check("a", weight=2), check("b")), {"a": 3.0, "b": 3.0}, 2) == 4.5
    assert forecast(checks, {"a": 1.0}, 2) is None
    assert forecast((), {}, 2) == 0.0


def test_views_expect_of_a_check_its_longest_cell() -> None:
    (tests, coverage) = expected_checks(
        (MATRIX, READER), {"tests@python=3.11": 1.0, "tests@python=3.12": 2.0}
    )
    assert (tests.cells, tests.seconds) == (("python=3.11", "python=3.12"), 2.0)
    assert coverage.seconds == 0
    (unknown,) = expected_checks((MATRIX,), {"tests@python=3.11": 1.0})
    assert unknown.seconds is None
