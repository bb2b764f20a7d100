from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import Check, RunSettings
from support.repositories import commit, make_repository, write_files
from support.runs import Told, run, summary

if TYPE_CHECKING:
    from pathlib import Path

SETUP = "mkdir -p .venv && echo made >> .venv/tool && cp lock .venv/"
SETTINGS = RunSettings(keep=(".venv",), setup=SETUP, setup_inputs=("lock",))
CHECK = Check("x", run="cat .venv/tool")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"lock": "1\n", "code": "1\n"})


def has_set_up(repository: Path, check: Check = CHECK, settings: RunSettings = SETTINGS) -> bool:
    told = Told()
    outcome = run(repository, check, settings=settings, told=told)
    assert summary(outcome) == {check.name: "passed"}
    return told.lines[0].startswith("setup ")


def test_it_runs_once(repository: Path) -> None:
    assert has_set_up(repository)
    assert not has_set_up(repository)


def test_it_runs_again_only_when_its_inputs_changed(repository: Path) -> None:
    assert has_set_up(repository)
    commit(repository, {"code": "2\n"})
    assert not has_set_up(repository)
    commit(repository, {"lock": "2\n"})
    assert has_set_up(repository, Check("x", run="test $(cat .venv/tool) = made"))


def test_without_inputs_it_runs_again_for_every_tree(repository: Path) -> None:
    settings = RunSettings(keep=(".venv",), setup=SETUP)
    assert has_set_up(repository, settings=settings)
    assert not has_set_up(repository, settings=settings)
    commit(repository, {"code": "2\n"})
    assert has_set_up(repository, settings=settings)


def test_it_runs_again_when_the_command_changed(repository: Path) -> None:
    assert has_set_up(repository)
    other = RunSettings(keep=(".venv",), setup=SETUP + " ", setup_inputs=("lock",))
    assert has_set_up(repository, settings=other)


def test_it_runs_again_when_what_comes_first_on_path_changed(repository: Path) -> None:
    assert has_set_up(repository)
    other = RunSettings(keep=(".venv",), setup=SETUP, setup_inputs=("lock",), path=(".venv/bin",))
    assert has_set_up(repository, settings=other)
    assert not has_set_up(repository, settings=other)


def test_without_keep_it_runs_every_time(repository: Path) -> None:
    settings = RunSettings(setup=SETUP, setup_inputs=("lock",))
    assert has_set_up(repository, settings=settings)
    assert has_set_up(repository, settings=settings)


def test_what_a_check_adds_to_keep_does_not_reach_the_next_run(repository: Path) -> None:
    assert has_set_up(repository, Check("x", run="touch .venv/hostile"))
    assert not has_set_up(repository, Check("x", run="test ! -e .venv/hostile"))


def test_what_a_check_changes_in_keep_is_set_up_again(repository: Path) -> None:
    assert has_set_up(repository, Check("x", run="echo hostile > .venv/tool"))
    assert has_set_up(repository, Check("x", run="test $(cat .venv/tool) = made"))


def test_what_it_makes_outside_of_keep_is_gone_in_the_first_run_too(repository: Path) -> None:
    settings = RunSettings(keep=(".venv",), setup=SETUP + "; touch other")
    assert has_set_up(repository, Check("x", run="test ! -e other"), settings)


def test_keep_without_setup_keeps_nothing(repository: Path) -> None:
    settings = RunSettings(keep=(".venv",))
    run(repository, Check("x", run="mkdir .venv"), settings=settings)
    outcome = run(repository, Check("x", run="test ! -e .venv"), settings=settings)
    assert summary(outcome) == {"x": "passed"}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("echo no network; exit 1", "setup failed with exit code 1"),
        ("/nowhere/uv sync", "setup: a tool is missing: "),
        ("kill -KILL $$", "setup: ended from outside by SIGKILL"),
        ("sleep 600", "setup did not end within 0.2 s (setup_timeout)"),
        ("echo 2 > lock", "setup changed tracked files: lock"),
    ],
)
def test_when_it_fails_no_check_has_a_verdict_and_it_runs_again(
    repository: Path, command: str, reason: str
) -> None:
    timeout = 0.2 if "sleep" in command else 20.0
    settings = RunSettings(keep=(".venv",), setup=command, setup_timeout=timeout)
    for _ in range(2):
        told = Told()
        outcome = run(repository, Check("x", run="true"), settings=settings, told=told)
        assert summary(outcome)["x"].startswith(reason)
        assert outcome.exit_code == 4
        assert outcome.without_verdict[0].log.exists()
        assert told.lines == [f"setup {command}", "finished x"]


def test_what_it_leads_into_the_working_directory_is_refused(repository: Path) -> None:
    write_files(repository, {"node_modules/x.js": ""})
    setup = f"ln -s '{repository}/node_modules' node_modules"
    settings = RunSettings(keep=("node_modules",), setup=setup)
    for _ in range(2):
        outcome = run(repository, Check("x", run="true"), settings=settings)
        assert summary(outcome)["x"].endswith(
            "node_modules, which leads into the working directory"
        )
        assert outcome.exit_code == 4


def test_in_place_it_runs_once_and_nothing_of_the_users_is_removed(repository: Path) -> None:
    settings = replace(SETTINGS, workspace="in-place")
    commit(repository, {".gitignore": ".venv/\n"})
    write_files(repository, {".venv/of-the-user": "precious"})
    assert has_set_up(repository, settings=settings)
    write_files(repository, {".venv/added": "later"})
    assert not has_set_up(repository, settings=settings)
    (repository / ".venv/tool").unlink()
    assert has_set_up(repository, settings=settings)
    assert (repository / ".venv/of-the-user").read_text() == "precious"
    assert (repository / ".venv/added").read_text() == "later"
