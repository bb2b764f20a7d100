"""How much room localci takes, and the command that gives it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import cache_directory, repository_key, state_directory
from localci.formats.figures_text import counted
from localci.prover.doctor.finding import Finding, doubtful, fine
from localci.prover.run.temporary import dead_directories
from localci.prover.workspace.space import MOST_BYTES, kept_workspaces, measure, size_text

if TYPE_CHECKING:
    from localci.git.discovery import RepositoryPaths

_TOPIC: Final = "space"
_CLEAN: Final = "localci clean --all"


def examine_space(repository: RepositoryPaths) -> Finding:
    """Return what the workspaces and logs of this repository, and all workspaces, take."""
    key = repository_key(repository.common_dir)
    kept = kept_workspaces()
    own = sum(one.place.parent.parent.name == key for one in kept)
    here = measure(Path(cache_directory(), key)) + measure(Path(state_directory(), key))
    total = sum(one.size for one in kept)
    what = f"{counted(own, 'workspace')} and the logs take {size_text(here)}"
    dead = dead_directories()
    if dead:
        left = f"{counted(len(dead), 'killed run')} left {size_text(sum(map(measure, dead)))}"
        return doubtful(_TOPIC, f"{what}; {left} of temporary files", "localci clean")
    if total > MOST_BYTES:
        of_all = f"{what}, all repositories {size_text(total)}"
        return doubtful(_TOPIC, of_all, _CLEAN)
    return fine(_TOPIC, f"{what}; `{_CLEAN}` removes them" if own else what)
