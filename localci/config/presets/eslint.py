"""Lint JavaScript and TypeScript by eslint (https://eslint.org).

eslint writes one format a run, so it runs twice: a report for the figures, and text for the log,
which comes from the first run's cache. Its errors count, its warnings are told (`fail_on`).

`ESLINT_ARGUMENTS` (in `env`) are the files and further options, `.` without it: words that no
shell changes, with patterns that eslint reads itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        'PATH="$PWD/node_modules/.bin:$PATH"; set -f; set -- ${ESLINT_ARGUMENTS:-.}; '
        'eslint --cache --cache-location {reports}/cache -f json -o {reports}/eslint.json "$@"; '
        "code=$?; [ $code -le 1 ] || exit $code; "
        'eslint --cache --cache-location {reports}/cache "$@"; '
        "exit $code"
    ),
    "report": "eslint:eslint.json",
    "report_codes": [1],
    "fail_on": "medium",
    "install": "npm install --save-dev eslint",
}
