"""Whether the results got out, and whether history reaches far enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.formats.figures_text import counted
from localci.git.notes import remote_ref
from localci.prover.doctor.finding import Finding, doubtful, fine
from localci.prover.publish.outbox import read_outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader

_TOPIC: Final = "notes"


def examine_notes(
    repository: RepositoryPaths, objects: ObjectReader, remotes: Iterable[str]
) -> Iterator[Finding]:
    """Yield a finding for what waits, for what was seen, for a shallow clone. Raises GitError."""
    waiting = {line for lines in read_outbox(repository.git_dir).values() for line in lines}
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        what = f"{counted(len(waiting), 'result')} {verb} in the outbox for delivery"
        yield doubtful(_TOPIC, what, "localci sync")
    yield _examine_remotes(objects, list(remotes))
    if (Path(repository.common_dir) / "shallow").exists():
        what = "this clone is shallow: checks that look at history see a part of it"
        yield doubtful("history", what, "git fetch --unshallow")


def _examine_remotes(objects: ObjectReader, remotes: list[str]) -> Finding:
    if not remotes:
        return doubtful("remote", "there is none to push to", "git remote add origin URL")
    seen = [remote for remote in remotes if objects.read(remote_ref(remote)) is not None]
    if not seen:
        return fine(_TOPIC, f"none seen yet on {', '.join(remotes)}; `localci sync` looks")
    return fine(_TOPIC, f"seen on {', '.join(seen)}")
