"""Check types by mypy (https://mypy.readthedocs.io).

What to check stands in mypy's own configuration, or in a `run` beside `uses`. The types of
installed packages matter too, so it depends on the whole tree with its lock files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {"run": "mypy"}
