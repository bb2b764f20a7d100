"""Look for common security faults in Python by bandit (https://bandit.readthedocs.io).

Its JSON decides, which unlike its SARIF says how many files were looked at and how many it could
not parse. A second run, only where something was found, writes the same for people. Directories
that git ignores, such as an environment that `keep` keeps, are not the project's code: they are
excluded, unless the project's own `.bandit` says what is. Where there is none, bandit would take
one of any directory below, also of an installed package, for all: it is given an empty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
set -- -r .
if grep -qs '^\\[tool\\.bandit' pyproject.toml; then set -- "$@" -c pyproject.toml; fi
ini=.bandit
if [ ! -f .bandit ]; then ini={reports}/bandit.ini; echo '[bandit]' > $ini; fi
set -- "$@" --ini $ini
ignored=$(git ls-files --others --ignored --exclude-standard --directory |
  sed -n 's|^\\(.*\\)/$|./\\1|p' | paste -s -d , -)
if [ "$ignored" ] && ! grep -qs '^exclude' .bandit; then set -- "$@" -x "$ignored"; fi
bandit "$@" -f json -o {reports}/bandit.json
code=$?
if [ $code -eq 1 ]; then bandit "$@" --quiet -f txt; fi
exit $code
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "bandit:bandit.json",
    "report_codes": [1],
    "inputs": ["**/*.py", "**/pyproject.toml", "**/.bandit", "**/.gitignore"],
    "install": "pip install bandit",
}
