"""Look up the project's dependencies by snyk (https://docs.snyk.io/snyk-cli/commands/test).

It asks snyk's service, so it needs `SNYK_TOKEN`: name it in `pass_env` of `[run]`. The answer
depends on the day, and is not reused. Exit codes, by that page: 1 found something, 2 failed, 3 no
project that it supports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    # Without --fail-fast a project whose dependencies cannot be told is left out.
    "run": "snyk test --all-projects --fail-fast --json-file-output={reports}/snyk.json",
    "report": "snyk:snyk.json",
    "report_codes": [1],
    "fresh_for": 0,
    "install": "npm install --global snyk",
}
