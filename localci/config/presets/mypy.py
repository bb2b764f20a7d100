"""Check types by mypy (https://mypy.readthedocs.io).

What to check stands in mypy's own configuration, or in a `run` beside `uses`. The types of
installed packages matter too, so it depends on the whole tree with its lock files. Exit code 2 is a
module that is no Python, or a mistake in the configuration: what mypy wrote tells which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # One line an error and the summary, whatever the project's configuration says of them.
    "run": "mypy --no-pretty --show-error-codes --error-summary",
    "report": "mypy:-",
    "report_codes": [1],
    "failed_codes": [2],
    "install": "pip install mypy",
}
