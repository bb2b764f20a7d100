"""What is wrong with a setup, by the files of the tree that it is to serve. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.plan.inputs import matching_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.config.configuration import RunSettings
    from localci.git.listing import TreeFile


def setup_fault(settings: RunSettings, files: Sequence[TreeFile]) -> str:
    """Say why setup cannot work as it is written; nothing if it can.

    What is kept outlives a run, so nothing of the commit can be among it; and inputs that match no
    file would never have it run again.
    """
    for path in settings.keep:
        below = f"{path}/"
        if any(file.path == path or file.path.startswith(below) for file in files):
            return f"`keep` in [run] names {path}, which is tracked; it is for what setup makes"
    if settings.setup_inputs and not matching_files(files, settings.setup_inputs):
        return "`setup_inputs` in [run] match no file of this commit"
    return ""
