"""The preset `pre-commit` and its reader: the real tool with hooks of the repository's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import Row, TestFigures
from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import PresetRun, run_check
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

PRESETS: Final = ("pre-commit", "prek")
CONFIG: Final = ".pre-commit-config.yaml"


def hook(identity: str, entry: str, *more: str) -> str:
    lines = (
        f"- id: {identity}",
        f"  name: the hook {identity}",
        "  language: system",
        f"  entry: {json.dumps(entry)}",
        *(f"  {line}" for line in more),
    )
    return "".join(f"    {line}\n" for line in lines)


def config(*hooks: str) -> str:
    return "repos:\n- repo: local\n  hooks:\n" + "".join(hooks)


PASSES: Final = hook("passes", "true")
FAILS: Final = hook("fails", f"sh -c 'echo {SECRET}; exit 2'")
HAS_NO_FILES: Final = hook("idle", "false", "files: nothing.at.all")
ITSELF: Final = hook("localci", "false", "always_run: true")


def run_hooks(repository: Path, path: str | None = None, preset: str = "pre-commit") -> PresetRun:
    """Run the check with a home of its own for pre-commit."""
    home = str(repository.parent / "cache")
    return run_check(repository, f'uses = "{preset}"', path=path, environ={"XDG_CACHE_HOME": home})


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {CONFIG: config(PASSES, HAS_NO_FILES, ITSELF)}
    return make_repository(tmp_path_factory.mktemp("good") / "r", files)


@pytest.mark.parametrize(
    ("preset", "idle"), [("pre-commit", "idle"), ("prek", "the hook idle")], ids=PRESETS
)
def test_hooks_that_pass_are_rows_and_localci_does_not_start_itself(
    good: Path, preset: str, idle: str
) -> None:
    run = run_hooks(good, preset=preset)

    assert run.answer == "passed", run.log
    assert run.result.figures == TestFigures(3, 0, 2)
    assert [(row.name.removeprefix("the hook "), row.outcome) for row in run.result.rows] == [
        ("passes", "passed"),
        ("idle", "skipped"),
        ("localci", "skipped"),
    ]
    assert Row(idle, "skipped") in run.result.rows
    assert "the hook passes...." in run.log


@pytest.mark.parametrize("preset", PRESETS)
def test_a_hook_that_fails_fails_the_check_with_the_tools_own_rows(
    tmp_path: Path, preset: str
) -> None:
    repository = make_repository(tmp_path / "r", {CONFIG: config(PASSES, FAILS, HAS_NO_FILES)})

    run = run_hooks(repository, preset=preset)
    home = {"XDG_CACHE_HOME": str(tmp_path / "home")}
    own = run_tool(repository, preset, "run", "--all-files", environ=home).stdout
    told = re.findall(r"^the hook (\S+?)\.+.*(Passed|Failed|Skipped)$", own, re.MULTILINE)

    assert (run.answer, run.reason) == ("failed", "1 of 3 tests failed")
    assert [(row.name.removeprefix("the hook "), row.outcome) for row in run.result.rows] == [
        (name, how.lower()) for name, how in told
    ]
    assert run.result.figures == TestFigures(3, 1, 1)
    assert SECRET in run.log
    assert_not_told(run)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_hook_that_changes_files_fails_and_others_do_not_see_it(
    tmp_path: Path, preset: str
) -> None:
    changes = hook("changes", "sh -c 'echo more >> data'", "pass_filenames: false")
    repository = make_repository(tmp_path / "r", {CONFIG: config(changes, PASSES), "data": ""})

    run = run_hooks(repository, preset=preset)

    assert run.answer == "failed"
    assert run.result.rows == (Row("changes", "failed"), Row("passes", "passed"))
    assert "files were modified by this hook" in run.log
    assert "+more" in run.log
    assert git(repository, "status", "--porcelain") == ""


def test_each_project_of_a_workspace_has_its_rows(tmp_path: Path) -> None:
    """prek moves what it writes of each of several projects to the right."""
    says = hook("says", "sh -c 'echo \"- hook id: x\"; exit 1'")
    files = {CONFIG: config(PASSES, HAS_NO_FILES), f"inner/{CONFIG}": config(says), "inner/x": ""}
    repository = make_repository(tmp_path / "r", files)

    run = run_hooks(repository, preset="prek")

    assert (run.answer, run.reason) == ("failed", "1 of 3 tests failed"), run.log
    assert set(run.result.rows) == {
        Row("says", "failed"),
        Row("passes", "passed"),
        Row("the hook idle", "skipped"),
    }


def test_hooks_may_write_what_they_like(tmp_path: Path) -> None:
    """Also what looks like an outcome: it takes none away."""
    says = "sh -c 'echo some...Passed; printf \"tests....Failed\"; exit 1'"
    files = {CONFIG: config(hook("says", says, "verbose: true"), PASSES)}

    run = run_hooks(make_repository(tmp_path / "r", files))

    assert run.result.rows == (Row("says", "failed"), Row("passes", "passed"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("repos: [\n", "gave up: An error has occurred: InvalidConfig", id="broken"),
        pytest.param("repos: []\n", "tells of no hook", id="no hooks"),
        pytest.param(
            config(hook("late", "true", "stages: [pre-push]")), "tells of no hook", id="other stage"
        ),
        pytest.param(
            config(hook("absent", "no-such-program")),
            "the hook absent cannot run: Executable `no-such-program` not found",
            id="hook's program missing",
        ),
        pytest.param(
            "repos:\n- repo: /no/such/repository\n  rev: v1\n  hooks:\n  - id: x\n",
            "exit code 3",
            id="hook that cannot be had",
        ),
    ],
)
def test_where_hooks_cannot_run_there_is_no_verdict(tmp_path: Path, text: str, reason: str) -> None:
    run = run_hooks(make_repository(tmp_path / "r", {CONFIG: text}))

    assert_no_verdict(run, reason)


@pytest.mark.parametrize("preset", PRESETS)
def test_where_the_tool_is_missing_the_reason_says_how_to_install_it(
    good: Path, tmp_path: Path, preset: str
) -> None:
    run = run_hooks(good, path_without(tmp_path / "bin", preset), preset)

    assert_no_verdict(run, f"install it: pip install {preset}")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_tool_that_is_killed_is_no_verdict(good: Path, tmp_path: Path, preset: str) -> None:
    path = path_with_killed(tmp_path / "bin", preset)

    assert_no_verdict(run_hooks(good, path, preset), "SIGKILL")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("repos: [\n", id="broken"),
        pytest.param(config(hook("absent", "no-such-program")), id="hook's program missing"),
    ],
)
def test_where_prek_gives_up_there_is_no_verdict(tmp_path: Path, text: str) -> None:
    repository = make_repository(tmp_path / "r", {CONFIG: text})

    assert_no_verdict(run_hooks(repository, preset="prek"), "exit code 2")


def test_a_name_may_have_dots_and_wide_characters(tmp_path: Path) -> None:
    name = hook("wide", "true").replace("the hook wide", "Prüfe... 日本語.")
    repository = make_repository(tmp_path / "r", {CONFIG: config(name)})

    assert run_hooks(repository).result.rows == (Row("wide", "passed"),)


def test_an_empty_id_leaves_the_row_its_name(tmp_path: Path) -> None:
    nameless = hook("wide", "true").replace("id: wide", 'id: ""')
    repository = make_repository(tmp_path / "r", {CONFIG: config(nameless)})

    assert run_hooks(repository).result.rows == (Row("the hook wide", "passed"),)


def line(name: str, outcome: str) -> str:
    return f"{name}{'.' * (79 - len(name) - len(outcome))}{outcome}\n"


ONE: Final = line("one", "Passed") + "- hook id: one\n- duration: 0.25s\n"
CRASH: Final = "An unexpected error has occurred: X: y\nCheck the log at /home/ada/log\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(ONE + line("two", "Passed"), "without its id", id="half"),
        pytest.param(ONE + line("two", "Passed") + ONE, "without its id", id="not verbose"),
        pytest.param("- hook id: one\n", "without its outcome", id="id alone"),
        pytest.param(ONE + CRASH, "gave up", id="crash that ends well"),
        pytest.param("", "tells of no hook", id="nothing"),
        pytest.param(
            line("one", "Failed") + "- hook id: one\n", "contradicts", id="failure that ends well"
        ),
        pytest.param("one...", "tells of no hook", id="in the middle of a line"),
    ],
)
def test_half_an_output_or_a_wrong_one_is_no_verdict(
    good: Path, tmp_path: Path, text: str, reason: str
) -> None:
    path = path_with_writer(tmp_path / "bin", "pre-commit", text)

    assert_no_verdict(run_hooks(good, path), reason)


def test_half_an_output_is_told_from_a_whole_one(good: Path, tmp_path: Path) -> None:
    path = path_with_writer(tmp_path / "bin", "pre-commit", ONE)
    run = run_check(
        good, 'uses = "pre-commit"\nrun = "pre-commit run --all-files --verbose"', path=path
    )

    assert_no_verdict(run, "does not end with the line")


@pytest.mark.parametrize("preset", PRESETS)
def test_another_stage_can_be_chosen(tmp_path: Path, preset: str) -> None:
    late = hook("late", "true", "stages: [pre-push]")
    repository = make_repository(tmp_path / "r", {CONFIG: config(PASSES, late)})
    home = f'XDG_CACHE_HOME = "{tmp_path}"'

    run = run_check(repository, f'uses = "{preset}"\nenv = {{ HOOK_STAGE = "pre-push", {home} }}')

    assert Row("late", "passed") in run.result.rows


def test_how_long_the_hooks_took_is_added_up(good: Path, tmp_path: Path) -> None:
    text = ONE + line("two", "Skipped") + "- hook id: two\n" + ONE.replace("0.25s", "2s")

    run = run_hooks(good, path_with_writer(tmp_path / "bin", "pre-commit", text))

    assert dict(run.result.measures) == {
        "tests.total": 3,
        "tests.failed": 0,
        "tests.skipped": 1,
        "tests.duration_ms": 2250,
    }
