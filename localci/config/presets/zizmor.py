"""Look for security faults in workflows of GitHub by zizmor (https://docs.zizmor.sh).

It runs twice, for its JSON and for people. Offline: what GitHub could say of an action is left
out, so that the same tree gives the same answer. `--strict-collection`: without it, a workflow
that is no YAML is left out with a warning. Exit codes 11 to 14 are findings of the four severities
(https://docs.zizmor.sh/usage/#exit-codes); 3 is that there is nothing to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "zizmor --offline --strict-collection --quiet --no-progress --format json-v1 ."
        " > {reports}/zizmor.json; code=$?;"
        " case $code in 0 | 11 | 12 | 13 | 14) zizmor --offline --no-progress --no-exit-codes . ;;"
        " esac; exit $code"
    ),
    "report": "zizmor:zizmor.json",
    "report_codes": [11, 12, 13, 14],
    "inputs": [
        ".github/**",
        "**/action.yml",
        "**/action.yaml",
        "**/.pre-commit-config.yaml",
        "**/.pre-commit-hooks.yaml",
        "**/zizmor.yml",
        "**/zizmor.yaml",
        "**/.gitignore",
    ],
    "install": "pip install zizmor",
}
