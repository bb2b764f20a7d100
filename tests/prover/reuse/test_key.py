from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localci.config.configuration import Check, RunSettings, Service
from localci.git.listing import TreeFile
from localci.prover.plan.matrix import Cell
from localci.prover.plan.plan import Plan, PlannedCheck
from localci.prover.reuse.key import PARTS, check_keys
from localci.prover.reuse.surroundings import Surroundings, look_around
from localci.prover.reuse.tools import CheckTools

LINT = PlannedCheck(Check("lint", run="ruff check"), "1:" + "a" * 64, "b" * 64)
TESTS = PlannedCheck(Check("tests", run="pytest", needs=("lint",)), "1:" + "c" * 64, "d" * 64)
COVERAGE = PlannedCheck(Check("coverage", source="tests"), "1:" + "e" * 64, "d" * 64)
PLAN = Plan((LINT, TESTS, COVERAGE), whole=True)
COMMIT, TREE = "1" * 40, "2" * 40
NO_TOOLS = CheckTools({}, {}, {})
AROUND = Surroundings(
    "linux x86_64", "none", "", {}, {"lint": NO_TOOLS, "tests": NO_TOOLS, "coverage": NO_TOOLS}
)


def digests(plan: Plan = PLAN, around: Surroundings = AROUND, **where: str) -> dict[str, str]:
    keys = check_keys(plan, where.get("commit", COMMIT), where.get("tree", TREE), around)
    return {name: key.digest for name, key in keys.items()}


def changed_checks(plan: Plan = PLAN, around: Surroundings = AROUND) -> set[str]:
    before, after = digests(), digests(plan, around)
    return {name for name in before if before[name] != after[name]}


def test_every_part_is_in_the_key() -> None:
    keys = check_keys(PLAN, COMMIT, TREE, AROUND)
    assert {tuple(key.parts) for key in keys.values()} == {PARTS}
    assert len({key.digest for key in keys.values()}) == len(keys)


def test_commit_and_tree_are_not() -> None:
    assert digests() == digests(commit="9" * 40, tree="8" * 40)


@pytest.mark.parametrize("what", [{"definition": "1:" + "f" * 64}, {"inputs": "f" * 64}], ids=str)
def test_a_change_reaches_what_needs_or_reads_it(what: dict[str, str]) -> None:
    changed = Plan((replace(LINT, **what), TESTS, COVERAGE), whole=True)
    assert changed_checks(changed) == {"lint", "tests", "coverage"}
    changed = Plan((LINT, replace(TESTS, **what), COVERAGE), whole=True)
    assert changed_checks(changed) == {"tests", "coverage"}
    changed = Plan((LINT, TESTS, replace(COVERAGE, **what)), whole=True)
    assert changed_checks(changed) == {"coverage"}


@pytest.mark.parametrize(
    "what",
    [
        {"platform": "linux aarch64"},
        {"isolation": "namespaces"},
        {"setup": "f" * 64},
        {"environment": {"LANG": "f" * 16}},
    ],
    ids=str,
)
def test_a_change_around_it_reaches_all(what: dict[str, Any]) -> None:
    assert changed_checks(around=replace(AROUND, **what)) == {"lint", "tests", "coverage"}


def test_a_tool_reaches_the_checks_that_start_it() -> None:
    newer = CheckTools({"pytest": "/usr/bin/pytest 1 2"}, {}, {})
    around = replace(AROUND, tools={**AROUND.tools, "tests": newer})
    assert changed_checks(around=around) == {"tests", "coverage"}


@pytest.mark.parametrize(
    "check",
    [
        {"reads_history": True},
        {"run": "scan {commit}"},
        {"env": {"REV": "{commit}"}},
        {"services": ("db",)},
    ],
    ids=str,
)
def test_what_looks_at_the_commit_holds_for_it_only(check: dict[str, Any]) -> None:
    planned = replace(TESTS, check=replace(TESTS.check, **check))
    services = (Service("db", run="db --name {commit}"),)
    plan = Plan((LINT, planned, COVERAGE), whole=True, services=services)
    before, after = digests(plan), digests(plan, commit="9" * 40)
    assert {name for name in before if before[name] != after[name]} == {"tests", "coverage"}


def test_what_looks_at_the_tree_holds_for_it_only() -> None:
    planned = replace(LINT, check=replace(LINT.check, run="lint {tree} ${commit}"))
    plan = Plan((planned,), whole=True)
    assert digests(plan) == digests(plan, commit="9" * 40)
    assert digests(plan) != digests(plan, tree="9" * 40)


def test_a_range_counts_where_it_is_asked_for() -> None:
    planned = replace(LINT, check=replace(LINT.check, run="scan {range}", reads_history=True))
    plan = Plan((planned, TESTS, COVERAGE), whole=True)
    before, after = (check_keys(plan, COMMIT, TREE, AROUND, one) for one in ("a..HEAD", "HEAD"))
    assert [name for name in before if before[name].parts["range"]] == ["lint"]
    # What needs or reads it depends on it.
    assert {name for name in before if before[name].digest != after[name].digest} == set(before)


FILES = (TreeFile(0o100644, "a" * 40, "a.py"), TreeFile(0o100644, "b" * 40, "uv.lock"))


def around(
    settings: RunSettings, passed: dict[str, str], files: tuple[TreeFile, ...] = FILES
) -> Surroundings:
    return look_around(PLAN, settings, files, passed, "none")


def test_variables_that_are_passed_on_count_and_are_not_kept() -> None:
    settings = RunSettings(pass_env=("PATH", "HOME", "TOKEN"))
    passed = {"PATH": "/usr/bin", "HOME": "/home/ada", "TOKEN": "hunter2"}
    before = around(settings, passed)
    assert set(before.environment) == {"TOKEN"}
    assert "hunter2" not in repr(before)
    assert around(settings, {**passed, "TOKEN": "other"}).environment != before.environment
    # A hook of git's has another PATH, with git's own directory in front.
    assert around(settings, {**passed, "PATH": "/nowhere:/usr/bin"}) == before


def test_setup_counts_by_its_inputs() -> None:
    settings = RunSettings(setup="uv sync", setup_inputs=("uv.lock",))
    before = around(settings, {})
    assert around(settings, {}, (FILES[0]._replace(id="c" * 40), FILES[1])) == before
    assert around(settings, {}, (FILES[0], FILES[1]._replace(id="c" * 40))).setup != before.setup
    assert around(RunSettings(), {}).setup == ""


def test_tools_of_cells_services_and_setup_are_found(tmp_path: Any) -> None:
    for name in ("py-a", "py-b", "db", "db-ping", "prepare"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    check = Check("tests", run="{matrix.python} x", services=("db",))
    cells = (Cell("python=py-a", {"python": "py-a"}), Cell("python=py-b", {"python": "py-b"}))
    plan = Plan(
        (PlannedCheck(check, "1:" + "a" * 64, "b" * 64, cells),),
        whole=True,
        services=(Service("db", run="db --port {port}", ready="db-ping"), Service("no", run="ls")),
    )
    passed = {"PATH": f"{tmp_path}:/usr/bin"}
    found = look_around(plan, RunSettings(setup="prepare"), FILES, passed, "none").tools["tests"]
    assert set(found.identities) == {"py-a", "py-b", "db", "db-ping", "prepare", "localci"}


def make_tool(directory: Any, text: str = "") -> str:
    directory.mkdir(exist_ok=True)
    (directory / "tool").write_text(f"#!/bin/sh\n{text}")
    (directory / "tool").chmod(0o755)
    return f"{directory}:/usr/bin"


@pytest.mark.parametrize("who", ["check", "run", "service", "matrix"])
def test_tools_are_looked_for_where_the_check_finds_them(tmp_path: Any, who: str) -> None:
    usual, own = make_tool(tmp_path / "usual"), make_tool(tmp_path / "own")
    env = {"PATH": own if who != "matrix" else "{matrix.where}:/usr/bin"}
    services = (Service("db", run="true", env=env if who == "service" else None),)
    check = Check(
        "tests", run="tool", env=env if who in {"check", "matrix"} else None, services=("db",)
    )
    cells = (Cell("where=x", {"where": str(tmp_path / "own")}),)
    plan = Plan((PlannedCheck(check, "1:", "", cells),), whole=True, services=services)
    settings = RunSettings(env=env if who == "run" else None)

    def tools() -> Any:
        return look_around(plan, settings, FILES, {"PATH": usual}, "none").tools["tests"]

    before = tools()
    assert str(tmp_path / "own" / "tool") in before.identities["tool"]
    make_tool(tmp_path / "usual", "changed")
    assert tools() == before
    make_tool(tmp_path / "own", "changed")
    assert tools() != before


@pytest.mark.parametrize("who", ["check", "run", "caller"])
def test_toolchains_are_looked_for_in_the_home_of_rustup_that_the_check_gets(
    tmp_path: Any, who: str
) -> None:
    usual = make_tool(tmp_path / "usual")
    (tmp_path / "usual" / "rustup").hardlink_to(tmp_path / "usual" / "tool")
    home = tmp_path / "rustup"
    (home / "update-hashes").mkdir(parents=True)
    own = {"RUSTUP_HOME": str(home)}
    check = Check("tests", run="tool", env=own if who == "check" else None)
    plan = Plan((PlannedCheck(check, "1:", ""),), whole=True)
    settings = RunSettings(env=own if who == "run" else None)
    passed = {"PATH": usual, **(own if who == "caller" else {})}
    before = look_around(plan, settings, FILES, passed, "none").tools["tests"]
    (home / "update-hashes" / "stable").write_text("821ff14e")
    assert look_around(plan, settings, FILES, passed, "none").tools["tests"] != before


def test_setup_and_services_have_the_path_of_the_run(tmp_path: Any) -> None:
    usual, own = make_tool(tmp_path / "usual"), make_tool(tmp_path / "own")
    check = Check("tests", run="tool", env={"PATH": own})
    plan = Plan((PlannedCheck(check, "1:", ""),), whole=True)
    found = look_around(plan, RunSettings(setup="tool"), FILES, {"PATH": usual}, "none")
    assert {str(tmp_path / where / "tool") for where in ("usual", "own")} == {
        one.partition(" ")[0] for one in found.tools["tests"].identities["tool"].split(" and ")
    }
