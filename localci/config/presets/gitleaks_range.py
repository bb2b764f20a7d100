"""Look for secrets by gitleaks in the commits that the trusted branch does not have yet.

For histories with old secrets, long revoked, that nobody can take out any more. Otherwise as the
preset `gitleaks`. That a range has nothing to look at is no fault: a clean merge brings no change
of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets.gitleaks import TABLE as WHOLE
from localci.config.presets.gitleaks import command

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {**WHOLE, "run": command("{range}", "[0-9][0-9]*")}
