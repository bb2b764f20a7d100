"""`make soak`: a check that writes 1 GB. `make test` has one of a few bytes over the limit."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from localci.errors import PASSED
from localci.prover.process.log_file import MAX_LOG
from support.checks import project_with, run_marked

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key

MOST_MEMORY = 256 * 1024
"""KiB that localci, or anything that it starts, may hold at a time."""


def test_a_gigabyte(tmp_path: Path, ada: Key, homes: Homes) -> None:
    project = project_with(tmp_path, ada, loud="head -c 1000000000 /dev/zero | tr '\\0' x")

    done = run_marked(project, tmp_path)

    assert done.code == PASSED, done
    logs = [path.stat().st_size for path in homes.home.rglob("loud.log")]
    assert len(logs) == 1
    assert logs[0] < MAX_LOG + 1000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST_MEMORY
