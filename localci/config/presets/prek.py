"""Run all hooks of a pre-commit configuration by prek (https://prek.j178.dev).

As the preset `pre-commit`, but for the exit code with which the tool gives up: 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
SKIP="localci${SKIP:+,$SKIP}" prek run --all-files --verbose --color=never --no-progress \\
  --show-diff-on-failure ${HOOK_STAGE:+--stage "$HOOK_STAGE"}
code=$?
if [ $code -le 1 ]; then echo "hooks ended with exit code $code"; fi
exit $code
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "pre-commit:-",
    "failed_codes": [1],
    "own_workspace": True,
    "install": "pip install prek",
}
