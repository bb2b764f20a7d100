"""Run all hooks of pre-commit (https://pre-commit.com) on all files, as one check.

Its output is the report: with `--verbose` each hook tells its id. Hooks may change the files that
they correct, so they get a work tree of their own. localci's own hook is left out: it would begin
again from the start. Exit code 1 is a hook that failed, and 3 is pre-commit giving up. The variable
HOOK_STAGE chooses a stage other than `pre-commit`; the last line tells the reader that all is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
SKIP="localci${SKIP:+,$SKIP}" pre-commit run --all-files --verbose --color=never \\
  --show-diff-on-failure ${HOOK_STAGE:+--hook-stage "$HOOK_STAGE"}
code=$?
if [ $code -le 1 ]; then echo "hooks ended with exit code $code"; fi
exit $code
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "pre-commit:-",
    "failed_codes": [1],
    "own_workspace": True,
    "install": "pip install pre-commit",
}
