"""Check the types of TypeScript by its compiler (https://www.typescriptlang.org/docs/handbook/).

What to check stands in `tsconfig.json`. `--diagnostics` adds the counts that show that it looked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": ('PATH="$PWD/node_modules/.bin:$PATH"; tsc --noEmit --pretty false --diagnostics'),
    "report": "tsc:-",
    "report_codes": [1, 2],
    "install": "npm install --save-dev typescript",
}
