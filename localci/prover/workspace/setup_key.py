"""What the project's setup depends on, as one digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.object_ids import sha256_hex
from localci.formats.strict_json import dumps_canonical
from localci.prover.plan.inputs import inputs_digest, matching_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.config.configuration import RunSettings
    from localci.git.listing import TreeFile


def setup_key(files: Iterable[TreeFile], settings: RunSettings) -> str:
    """Return a digest of what setup depends on; without `setup_inputs` that is every file.

    Empty where nothing is set up.
    """
    if not settings.setup:
        return ""
    return sha256_hex(
        dumps_canonical(
            {
                "setup": settings.setup,
                "keep": list(settings.keep),
                "env": dict(settings.env or {}),
                "path": list(settings.path),
                "inputs": inputs_digest(matching_files(files, settings.setup_inputs)),
            }
        )
    )
