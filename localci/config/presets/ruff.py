"""Lint Python by ruff (https://docs.astral.sh/ruff/linter/).

ruff writes one format a run, so it runs twice: a report for the figures, and text for the log. The
report decides, not exit code 1, so that `max_issues` can be set; 2 is ruff's own trouble. Where
there is no file to look at its report is the same as of clean files, so that is asked for, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "ruff check --no-fix --output-format=sarif --output-file={reports}/ruff.sarif; code=$?\n"
        "ruff check --no-fix --exit-zero || exit\n"
        '[ "$(ruff check --show-files)" ] || { echo "ruff found no file to check"; exit 2; }\n'
        "exit $code"
    ),
    "report": "sarif:ruff.sarif",
    "report_codes": [1],
    "install": "pip install ruff",
    "inputs": ["**/*.py", "**/*.pyi", "**/*.ipynb", "**/*.toml", "**/.gitignore", "**/.ignore"],
}
