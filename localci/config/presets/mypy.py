"""Check types by mypy (https://mypy.readthedocs.io).

What to check stands in mypy's own configuration, or in a `run` beside `uses`. The types of
installed packages matter too, so it depends on the whole tree with its lock files. Exit code 2 is a
module that is no Python, or a mistake in the configuration: what mypy wrote tells which.

Where the project has no configuration mypy would take the user's own, and look at what that names
(https://mypy.readthedocs.io/en/stable/config_file.html): then it is told to take none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # One line an error and the summary, whatever the project's configuration says of them.
    "run": (
        "own=; set -- --no-pretty --show-error-codes --error-summary\n"
        "for file in mypy.ini .mypy.ini pyproject.toml setup.cfg; do\n"
        """  if grep -Eqs '^ *\\[? *(tool *[.] *)?"?mypy' $file; then own=yes; fi\n"""
        "done\n"
        'if [ ! "$own" ]; then set -- "$@" --config-file=; fi\n'
        'mypy "$@"'
    ),
    "report": "mypy:-",
    "report_codes": [1],
    "failed_codes": [2],
    "install": "pip install mypy",
}
