"""Build a Python project's distributions and look at them as PyPI would, by build and twine.

See https://twine.readthedocs.io/en/stable/#twine-check; `--strict` lets its warnings count. Both
are one check, since what one makes the other reads, and what is signed are the files that passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets import build

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # A file's name must not be wrapped.
    "run": f"({build.RUN}) || exit\nCOLUMNS=500 twine check --strict dist/*",
    "report": "twine:-",
    "artifacts": ["dist/*"],
    "failed_codes": [1],
    "install": "pip install build twine",
}
