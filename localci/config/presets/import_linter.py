"""Imports keep to the project's contracts, by import-linter (https://import-linter.readthedocs.io).

It ends with 1 for a broken contract and for its own trouble: what it wrote tells which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # A contract's name must not be wrapped.
    "run": "COLUMNS=500 lint-imports --no-logo",
    "report": "import-linter:-",
    "failed_codes": [1],
    "install": "pip install import-linter",
    "inputs": ["**/*.py", "**/*.toml", "**/*.cfg", "**/*.ini", "**/.importlinter"],
}
