"""Python is formatted as `ruff format` would (https://docs.astral.sh/ruff/formatter/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": "ruff format --check",
    "inputs": [
        "**/*.py",
        "**/*.pyi",
        "**/*.ipynb",
        "**/*.md",
        "**/*.toml",
        "**/.editorconfig",
        "**/.gitignore",
        "**/.ignore",
    ],
}
