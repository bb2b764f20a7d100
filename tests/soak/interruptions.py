"""`make soak`: kill -9 at 300 random moments of a run and of a push, Ctrl-C at 100.

Not collected by `make test`, which does 30 and 10 of them (tests/commands/test_interruptions.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.interrupted_runs import ctrl_c, interrupt_at_random_moments, killed, make_ground

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key

RUN = ("run", "--sign")
PUSH = ("push", "--quiet", "origin", "HEAD:refs/heads/feature")


@pytest.mark.parametrize("seed", range(100, 110))
@pytest.mark.parametrize("arguments", [RUN, PUSH], ids=["run", "push"])
def test_killed(
    tmp_path: Path, homes: Homes, ada: Key, seed: int, arguments: tuple[str, ...]
) -> None:
    ground = make_ground(tmp_path, homes.home, ada, seed)

    processes = interrupt_at_random_moments(ground, killed, times=15, arguments=arguments)

    assert len(processes) >= 10
    assert max(processes) > 1


@pytest.mark.parametrize("seed", range(200, 205))
@pytest.mark.parametrize("arguments", [RUN, PUSH], ids=["run", "push"])
def test_ended_by_ctrl_c(
    tmp_path: Path, homes: Homes, ada: Key, seed: int, arguments: tuple[str, ...]
) -> None:
    ground = make_ground(tmp_path, homes.home, ada, seed)

    processes = interrupt_at_random_moments(ground, ctrl_c, times=10, arguments=arguments)

    assert len(processes) >= 6
    assert max(processes) > 1
