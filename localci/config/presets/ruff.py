"""Lint Python by ruff (https://docs.astral.sh/ruff/linter/).

ruff writes one format a run, so it runs twice: a report for the figures, and text for the log. The
report decides, not exit code 1, so that `max_issues` can be set; 2 is ruff's own trouble. Where
there is no file to look at its report is the same as of clean files, so that is asked for, too;
of a TOML file ruff only reads the project's metadata, so those are no sign that it saw code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

# A project without settings of its own would get the user's, and be judged by what no one else has
# (https://docs.astral.sh/ruff/configuration/#config-file-discovery). Without them the variable is
# left alone: a version manager's `ruff` may find its own settings by it.
WITHOUT_USER_SETTINGS: Final = (
    'if [ -e "${XDG_CONFIG_HOME:-$HOME/.config}/ruff" ]; then\n'
    "  export XDG_CONFIG_HOME={reports}/no-settings\n"
    "fi\n"
)

TABLE: Final[JsonObject] = {
    "run": (
        f"{WITHOUT_USER_SETTINGS}"
        "set -- --no-fix --no-fix-only\n"
        'ruff check "$@" --output-format=sarif --output-file={reports}/ruff.sarif; code=$?\n'
        'ruff check "$@" --exit-zero || exit\n'
        "if ! ruff check --show-files | grep -qv '[.]toml$'; then\n"
        "  echo 'ruff found no file to check'; exit 2\n"
        "fi\n"
        "exit $code"
    ),
    "report": "sarif:ruff.sarif",
    "report_codes": [1],
    "install": "pip install ruff",
}
