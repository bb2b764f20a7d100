"""Run the tests by pytest and measure coverage by pytest-cov (https://pytest-cov.readthedocs.io).

The figures are those of the tests; coverage.json lies beside them for a check with `from`. Exit
codes are as in the preset `pytest`. Without pytest-cov pytest calls its options wrong (4): that is
a missing tool, so the command ends as if it were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets.pytest import END, FAILED_CODES

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = f"""\
pytest --junitxml={{reports}}/junit.xml \\
  --cov --cov-report=term --cov-report=json:{{reports}}/coverage.json
code=$?
if [ $code -eq 4 ] && ! pytest -c /dev/null --noconftest --version --cov >/dev/null 2>&1; then
  echo 'pytest-cov: not found'
  exit 127
fi
{END}"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "junit:junit.xml",
    "failed_codes": [*FAILED_CODES],
    "install": "pip install pytest pytest-cov",
}
