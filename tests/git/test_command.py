from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.command import (
    LOCAL_VARIABLES,
    describe_failure,
    isolated_environment,
    repository_environment,
    run_git,
    user_environment,
)
from support.fake_programs import path_without, put_on_path

if TYPE_CHECKING:
    from pathlib import Path


def test_every_variable_that_git_calls_local_is_known() -> None:
    listed = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], check=True, capture_output=True, text=True
    )
    assert set(listed.stdout.split()) <= LOCAL_VARIABLES


def test_the_users_environment_is_theirs_but_for_what_is_local(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in LOCAL_VARIABLES:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -v")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    environment = user_environment()
    assert LOCAL_VARIABLES.isdisjoint(environment.keys() - {"GIT_NO_REPLACE_OBJECTS"})
    assert environment["GIT_NO_REPLACE_OBJECTS"] == "1"
    assert environment["GIT_SSH_COMMAND"] == "ssh -v"
    assert environment["LC_ALL"] == "C"
    assert repository_environment("/x/.git") == environment | {"GIT_DIR": "/x/.git"}


def test_in_a_directory_of_our_own_nothing_of_git_is_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*LOCAL_VARIABLES, "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_TRACE", "GIT_X"):
        monkeypatch.setenv(name, "x")
    environment = isolated_environment()
    assert {name: value for name, value in environment.items() if name.startswith("GIT_")} == {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
    assert environment["PATH"] == os.environ["PATH"]


def run(directory: Path, *arguments: str, data: bytes = b"", timeout: float | None = None) -> bytes:
    return run_git(
        arguments,
        directory=str(directory),
        environment=isolated_environment(),
        standard_input=data,
        timeout=timeout,
    )


def test_what_git_says_comes_back(tmp_path: Path) -> None:
    assert run(tmp_path, "hash-object", "--stdin", data=b"") == (
        b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n"
    )


def test_a_failure_is_told_in_one_line_of_gits_own(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"^git log: not a git repository") as caught:
        run(tmp_path, "log")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        (b"", "git x: exit code 7"),
        (b"\n \n", "git x: exit code 7"),
        (b"warning: a\nfatal: b\nhint: c\n", "git x: b"),
        (b"error: a\nerror: b\nhint: c\n", "git x: b"),
        (b"usage: a\nmore", "git x: more"),
        (b"fatal: \xff\n", "git x: \ufffd"),
    ],
)
def test_the_telling_line_is_chosen(stderr: bytes, line: str) -> None:
    assert describe_failure("x", 7, stderr) == line


def test_a_git_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "git", "exec tail -f /dev/null")
    with pytest.raises(GitError, match="git fetch gave no answer in 0 s"):
        run(tmp_path, "fetch", timeout=0.2)


def test_without_git_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path_without(monkeypatch, tmp_path / "bin", "git")
    with pytest.raises(GitError, match="git is not installed or not on PATH; install git"):
        run(tmp_path, "version")


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for missing in (tmp_path / "x", tmp_path / "file"):
        with pytest.raises(GitError, match=f"{missing} is not a directory"):
            run(missing, "version")


def test_a_git_that_may_not_be_started_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("", encoding="ascii")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(GitError, match="git cannot be started: Permission denied"):
        run(tmp_path, "version")
