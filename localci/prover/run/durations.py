"""How long each command took when it last ran: <state>/<repository>/seconds.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import (
    explained,
    repository_key,
    repository_state,
    state_directory,
    write_whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = "seconds.json"


def known_seconds(common_dir: str) -> dict[str, float]:
    """Return how long commands took when last run, by label. Nothing is made or changed."""
    return _read_seconds(Path(state_directory(), repository_key(common_dir), _SECONDS))


def remember_seconds(common_dir: str, seconds: Mapping[str, float]) -> None:
    """Keep how long checks took, beside what is known of others. Raises LocalciError."""
    file = Path(repository_state(common_dir), _SECONDS)
    known = {**_read_seconds(file), **{name: round(value, 3) for name, value in seconds.items()}}
    with explained(str(file)):
        write_whole(str(file), json.dumps(known, sort_keys=True).encode("ascii"))


def _read_seconds(file: Path) -> dict[str, float]:
    """Return what is known; a file that is missing or broken says nothing, which costs nothing."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        name: float(value) for name, value in content.items() if isinstance(value, (int, float))
    }
