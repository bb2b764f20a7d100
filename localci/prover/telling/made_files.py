"""Where the files are that checks made, said when a run has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.console import harmless, tell
from localci.prover.run.events import CheckFinished, RunFinished, RunStarted

if TYPE_CHECKING:
    from localci.prover.run.events import Event


class MadeFilesAtEnd:
    """Names on standard error, when a run has ended, the directories of what its checks made."""

    def __init__(self) -> None:
        self._directories: dict[str, str] = {}

    def tell(self, event: Event) -> None:
        """Take note of what was made, and name it at the end."""
        if isinstance(event, RunStarted):
            self._directories.clear()
        elif isinstance(event, CheckFinished) and event.artifacts and event.outcome == "passed":
            self._directories[event.name] = event.artifacts
        elif isinstance(event, RunFinished):
            for name, directory in self._directories.items():
                tell(f"made by {harmless(name)}: {harmless(directory)}")

    def tick(self) -> None:
        """Have nothing to say about time."""

    def close(self) -> None:
        """Have nothing to let go of."""
