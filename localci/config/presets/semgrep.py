"""Look for what the repository's own rules forbid by semgrep (https://semgrep.dev/docs).

`SEMGREP_RULES` (in `env`) is the file or directory of the rules, `.semgrep` without it. Rules of
semgrep's registry (`p/…`, `auto`) change from day to day and ask its service.

semgrep ends with 1 where it found something (`--error`), and with 0 even where it could not read
all: its JSON says so, and then there is no verdict. On a plain terminal it draws no moving bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        'TERM=dumb semgrep scan --config "${SEMGREP_RULES:-.semgrep}" --error'
        " --metrics=off --disable-version-check --json-output={reports}/semgrep.json"
    ),
    "report": "semgrep:semgrep.json",
    "report_codes": [1],
    "install": "pip install semgrep",
}
