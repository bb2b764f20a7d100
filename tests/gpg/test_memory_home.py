from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError
from localci.gpg import memory_home as module
from localci.gpg.keyring import MAX_HOME, Keyring
from localci.gpg.memory_home import memory_home

if TYPE_CHECKING:
    from support.keys import Keys

# Holds a home with a key, says where, and waits to be ended.
OWNER = """\
import sys
from localci.gpg.keyring import Keyring
from localci.gpg.memory_home import memory_home
with memory_home() as home:
    keyring = Keyring(home)
    keyring.import_key(sys.stdin.readline().replace("|", "\\n"))
    keyring.sign(keyring.signing_key(""), b"wakes the agent")
    print(home, flush=True)
    sys.stdin.read()
"""


def test_the_home_is_mine_alone_in_memory_and_gone_afterwards(keys: Keys) -> None:
    with memory_home() as home:
        place = Path(home)
        assert list(place.iterdir()) == []
        assert place.stat().st_mode & 0o777 == 0o700
        kind = subprocess.run(
            ["stat", "-f", "-c", "%T", home], check=True, capture_output=True, text=True
        )
        assert kind.stdout.strip() == "tmpfs"
        assert len(home) <= MAX_HOME
        keyring = Keyring(home)
        keyring.import_key(keys["ada"].secret)
        assert keyring.sign(keyring.signing_key(""), b"x")
    assert not place.exists()


def test_the_home_is_gone_after_an_error() -> None:
    with pytest.raises(GpgError, match="x"), memory_home() as home:  # noqa: PT012
        place = Path(home)
        raise GpgError("x")
    assert not place.exists()


def test_homes_are_apart() -> None:
    with memory_home() as first, memory_home() as second:
        assert first != second


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_home_does_not_outlive_its_owner(keys: Keys, how: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    owner.stdin.write(keys["ada"].secret.replace("\n", "|") + "\n")
    owner.stdin.flush()
    home = Path(owner.stdout.readline().strip())
    assert (home / "private-keys-v1.d").is_dir()
    watchers = [os.pidfd_open(pid) for pid in children(owner.pid)]
    assert watchers
    os.killpg(owner.pid, how)  # as a terminal does, to all that belong together
    for watcher in watchers:
        assert select.select([watcher], [], [], 30)[0], "the watcher still waits"
        os.close(watcher)
    owner.communicate()
    assert not home.exists()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_runtime_directory_in_memory_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # on a disk, if it is one
    if not str(tmp_path).startswith("/dev/shm/"):
        with memory_home() as home:
            assert not home.startswith(str(tmp_path))
    inside = Path("/dev/shm") / f"localci-test-{os.getpid()}"
    inside.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(inside))
    with memory_home() as home:
        assert home.startswith(str(inside))
    inside.rmdir()


def test_without_memory_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    # This machine has a memory file system; one without cannot be had.
    monkeypatch.setattr(module, "_TMPFS_MAGIC", frozenset({"nofs"}))
    with pytest.raises(GpgError, match="needs a memory file system"), memory_home():
        pass
