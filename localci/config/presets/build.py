"""Build a Python project's source distribution and wheel (https://build.pypa.io).

build ends with 1 for whatever went wrong. What the project needs to be built could not be installed
(an index out of reach, mostly) is no failure of the code, so what it wrote is looked into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

RUN: Final = (
    "{ pyproject-build 2>&1; echo $? > {reports}/code; } | tee {reports}/log\n"
    "read -r code < {reports}/code || exit 2\n"
    "if grep -q \"^ERROR Command .*'pip'.* 'install'\" {reports}/log\n"
    "then echo 'what the build needs could not be installed'; exit 3; fi\n"
    "exit $code"
)

TABLE: Final[JsonObject] = {
    "run": RUN,
    "artifacts": ["dist/*"],
    "failed_codes": [1],
    "install": "pip install build",
}
