"""Look for mistakes in Go by `go vet` (https://pkg.go.dev/cmd/vet).

It says nothing where all is well, so a line with its exit code and the number of packages follows.
It ends with 1 or 2 where it found something, or where something cannot be built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "go vet ./...; code=$?; [ $code -le 2 ] || exit $code; "
        'echo "go vet ended with exit code $code, $(go list -e ./... | grep -c .) packages"; '
        "exit $code"
    ),
    "report": "go-vet:-",
    "report_codes": [1, 2],
    "install": "Go from https://go.dev/dl/",
}
