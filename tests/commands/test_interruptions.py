"""kill -9 and Ctrl-C at random moments of a run. `make soak` does the same many more times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.interrupted_runs import ctrl_c, interrupt_at_random_moments, killed, make_ground

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_is_killed_leaves_nothing(
    tmp_path: Path, homes: Homes, ada: Key, seed: int
) -> None:
    ground = make_ground(tmp_path, homes.home, ada, seed)

    processes = interrupt_at_random_moments(ground, killed, times=10)

    assert len(processes) >= 5
    assert max(processes) > 1


def test_a_run_that_is_ended_by_ctrl_c_leaves_nothing(
    tmp_path: Path, homes: Homes, ada: Key
) -> None:
    ground = make_ground(tmp_path, homes.home, ada, seed=3)

    processes = interrupt_at_random_moments(ground, ctrl_c, times=10)

    assert len(processes) >= 5
    assert max(processes) > 1
