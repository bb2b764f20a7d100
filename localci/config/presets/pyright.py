"""Check types by pyright (https://microsoft.github.io/pyright).

It writes either JSON or text: after a failure it runs again for the log. Errors count; `fail_on =
"medium"` lets warnings count as well. The types of installed packages matter too, so it depends on
the whole tree with its lock files. Exit codes from 2 are pyright's own trouble. Without `--project`
it would look for settings above the project as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "pyright --project . --outputjson > {reports}/pyright.json; code=$?\n"
        "if [ $code -eq 0 ]; then tail -n 8 {reports}/pyright.json; else pyright --project .; fi\n"
        "exit $code"
    ),
    "report": "pyright:pyright.json",
    "report_codes": [1],
    "fail_on": "high",
    "install": "npm install --global pyright (or pip install pyright)",
}
