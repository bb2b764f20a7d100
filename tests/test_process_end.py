from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from localci.process_end import await_end

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process


def test_the_end_of_a_child_is_told(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    while child.poll() is None:
        await_end(child.pid, time.monotonic() + 60)
    assert child.returncode < 0


def test_a_child_that_stays_is_not_waited_for_longer(child: subprocess.Popen[bytes]) -> None:
    await_end(child.pid, time.monotonic() + 0.05)
    await_end(child.pid, time.monotonic() - 1)
    assert child.poll() is None
    child.kill()


def test_where_the_system_tells_nothing_a_moment_is_waited(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    await_end(child.pid, time.monotonic() + 3600)
    assert child.poll() is None
    child.kill()
