"""Lint Python by ruff (https://docs.astral.sh/ruff/linter/).

ruff writes one format a run, so it runs twice: a report for the figures, and text for the log. The
report decides, not the exit code, so that `max_issues` can be set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "ruff check --no-fix --exit-zero --output-format=sarif --output-file={reports}/ruff.sarif"
        " && ruff check --no-fix --exit-zero"
    ),
    "report": "sarif:ruff.sarif",
    "inputs": ["**/*.py", "**/*.pyi", "**/*.ipynb", "**/*.toml", "**/.gitignore", "**/.ignore"],
}
