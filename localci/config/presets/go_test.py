"""Run Go tests by `go test` (https://pkg.go.dev/cmd/go).

Its events go to the report; what they hold of the tests' output is then shown in the log. It ends
with 1 where a test failed and with 2 where something cannot be built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "go test -json ./... >{reports}/go-test.json; code=$?; "
        r"""sed -n 's/^.*,"Output":"\(.*\)\\n".*$/\1/p; /^[^{]/p' {reports}/go-test.json |"""
        r""" sed 's/\\t/    /g; s/\\u003c/</g;"""
        r""" s/\\u003e/>/g; s/\\u0026/\&/g; s/\\\(["\\]\)/\1/g'; """
        "exit $code"
    ),
    "report": "go-test:go-test.json",
    "failed_codes": [1, 2],
    "install": "Go from https://go.dev/dl/",
}
