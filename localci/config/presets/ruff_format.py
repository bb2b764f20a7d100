"""Python is formatted as `ruff format` would (https://docs.astral.sh/ruff/formatter/).

Exit code 2 is a file that cannot be read or a broken configuration: what ruff wrote tells which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets.ruff import WITHOUT_USER_SETTINGS

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # Known since 0.16; before that ruff writes a line a file anyway, and warns of the option only.
    "run": f"{WITHOUT_USER_SETTINGS}RUFF_OUTPUT_FORMAT=concise ruff format --check",
    "report": "ruff-format:-",
    "report_codes": [1],
    "failed_codes": [2],
    "install": "pip install ruff",
}
