"""Run JavaScript tests by vitest (https://vitest.dev), once, not watching.

A test file that cannot be loaded counts as one test that failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        'PATH="$PWD/node_modules/.bin:$PATH"; '
        "vitest run --reporter=default --reporter=junit --outputFile.junit={reports}/junit.xml"
    ),
    "report": "junit:junit.xml",
    "failed_codes": [1],
    "install": "npm install --save-dev vitest",
}
