"""`make soak`: kill -9 at 200 random moments of a push, a sync, and a push with the hook.

Not collected by `make test`, which does 20 (tests/prover/publish/test_killed_pushers.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.attested_clones import make_ground
from support.killed_pushers import PUSHERS, kill_at_random_moments

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.isolation import Homes
    from support.keys import Key


@pytest.mark.parametrize("seed", range(100, 104))
@pytest.mark.parametrize("pusher", PUSHERS)
def test_killed(
    tmp_path: Path, web: HttpServer, ada: Key, homes: Homes, pusher: str, seed: int
) -> None:
    ground = make_ground(tmp_path, ada, homes)
    clone = ground.clone(tmp_path / "clone", web.url("app.git"))

    kill_at_random_moments(ground, clone, PUSHERS[pusher], times=17, seed=seed)
