"""Run JavaScript tests by jest (https://jestjs.io). `--ci`: snapshots are compared, never written.

A test file that cannot be loaded counts as one test that failed. Where there is no test, jest ends
before it has written its report; so it is told to pass then, and localci says that no test ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        'PATH="$PWD/node_modules/.bin:$PATH"; '
        "jest --ci --passWithNoTests --json --outputFile={reports}/jest.json"
    ),
    "report": "jest:jest.json",
    "failed_codes": [1],
    "install": "npm install --save-dev jest",
}
