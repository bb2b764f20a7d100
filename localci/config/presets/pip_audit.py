"""Look up dependencies in an advisory database by pip-audit (https://github.com/pypa/pip-audit).

Audited is what `setup` installed into `.venv`, as the tests use it, else what `requirements.txt`
asks for. pip-audit's own environment, its default, is hardly ever the project's, so where neither
is there nothing is audited and there is no verdict. The answer depends on the day: it is never
reused. Only findings that the reader calls critical fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
set -- --progress-spinner off --skip-editable
found=
for place in .venv/lib/python*/site-packages; do
  if [ -d "$place" ]; then set -- "$@" --path "$place"; found=yes; fi
done
if [ -z "$found" ] && [ -f requirements.txt ]; then set -- "$@" -r requirements.txt; found=yes; fi
if [ -z "$found" ]; then
  echo 'nothing to audit: there is neither .venv nor requirements.txt'
  exit 2
fi
pip-audit "$@" -f json -o {reports}/pip-audit.json
code=$?
if [ $code -eq 1 ] && [ -s {reports}/pip-audit.json ]; then pip-audit "$@" -f columns --desc on; fi
exit $code
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "pip-audit:pip-audit.json",
    "report_codes": [1],
    "fail_on": "critical",
    "fresh_for": 0,
    "install": "pip install pip-audit",
}
