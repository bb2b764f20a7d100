"""Go is formatted as `gofmt` would (https://pkg.go.dev/cmd/gofmt).

gofmt ends with 0 whatever it would change, and with 2 where a file cannot be parsed. The log shows
the differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "gofmt -l . >{reports}/files; code=$?; [ $code -eq 0 ] || [ $code -eq 2 ] || exit $code; "
        "[ ! -s {reports}/files ] || gofmt -d .; "
        "echo \"end $(find . -type f -name '[!.]*.go' | grep -c .)\" >>{reports}/files; "
        "exit $code"
    ),
    "report": "file-list:files",
    "failed_codes": [2],
    "inputs": ["**/*.go"],
    "install": "Go from https://go.dev/dl/",
}
