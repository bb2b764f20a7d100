"""git against servers that send without end, or nothing at all."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.bounded import Bounds, TooMuchReceivedError, ask_bounded_git, run_bounded_git
from localci.git.command import user_environment
from support.repositories import commit, git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


def fetch(into: Path, address: str, bounds: Bounds) -> None:
    run_bounded_git(
        ["fetch", "--quiet", address, "main"],
        directory=str(into),
        environment=user_environment(),
        standard_input=b"",
        bounds=bounds,
        complaints=str(into / "complaints"),
    )


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A repository with a file of 2 MB that nothing makes smaller."""
    repository = make_repository(tmp_path / "noise")
    commit(repository, {"noise": os.urandom(1_000_000).hex()})
    return repository


def test_what_is_within_the_bounds_arrives(noise: Path, tmp_path: Path) -> None:
    into = make_bare(tmp_path / "into")
    fetch(into, str(noise), Bounds())
    assert (into / "FETCH_HEAD").exists()
    assert (into / "complaints").read_bytes() == b""


def test_a_pack_too_large_is_stopped(noise: Path, tmp_path: Path) -> None:
    into = make_bare(tmp_path / "into")
    # Or so few objects would be written one by one.
    with (into / "config").open("a", encoding="ascii") as file:
        file.write("[fetch]\n\tunpackLimit = 1\n")
    with pytest.raises(TooMuchReceivedError, match="more than is taken from anybody"):
        fetch(into, str(noise), Bounds(file=256 * 1024))
    written = sum(path.stat().st_size for path in into.rglob("*") if path.is_file())
    assert written < 1024 * 1024


def test_a_remote_with_names_without_end_is_stopped(tmp_path: Path) -> None:
    into, many = make_bare(tmp_path / "into"), make_repository(tmp_path / "many", {"a": "1"})
    tip = git(many, "rev-parse", "HEAD")
    rows = "".join(f"{tip} refs/tags/{number:060}\n" for number in range(1000))
    (many / ".git" / "packed-refs").write_text(rows)

    with pytest.raises(TooMuchReceivedError):
        ask_bounded_git(
            ["ls-remote", str(many)],
            directory=str(into),
            git_dir=str(into),
            environment=user_environment(),
            standard_input=b"",
            bounds=Bounds(file=64 * 1024),
            complaints=str(into / "complaints"),
        )


def test_an_object_that_unpacks_to_too_much_is_stopped(tmp_path: Path) -> None:
    zeros = make_repository(tmp_path / "zeros")
    commit(zeros, {"zeros": "0" * 3_000_000})
    with pytest.raises(TooMuchReceivedError):
        fetch(make_bare(tmp_path / "into"), str(zeros), Bounds(at_once=1024 * 1024))


def test_a_server_that_says_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(4096):
                    pass
            left.set()

        threading.Thread(target=serve, daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/app.git"
        with pytest.raises(GitError, match=r"git fetch gave no answer in 1 s"):
            fetch(make_bare(tmp_path / "into"), address, Bounds(seconds=1.0))
        assert left.wait(20), "a process of git's goes on to wait"


def test_git_says_itself_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git fetch: Could not read from remote"):
        fetch(make_bare(tmp_path / "into"), str(tmp_path / "nothing"), Bounds())


def test_without_a_directory_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not a directory"):
        run_bounded_git(
            ["version"],
            directory=str(tmp_path / "nothing"),
            environment=user_environment(),
            standard_input=b"",
            bounds=Bounds(),
            complaints=str(tmp_path / "complaints"),
        )
