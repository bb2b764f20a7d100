"""Python is formatted as black would (https://black.readthedocs.io).

Exit code 123 is a file that is no Python, or a mistake of black's own: what it wrote tells which.
Without a `pyproject.toml` black would take the user's own settings, so it is given empty ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": '[ -f pyproject.toml ] || set -- --config /dev/null\nblack --check "$@" .',
    "report": "black:-",
    "report_codes": [1],
    "failed_codes": [123],
    "install": "pip install black",
}
