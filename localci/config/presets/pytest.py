"""Run the tests by pytest (https://docs.pytest.org). They may read anything: the whole tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": "pytest --junitxml={reports}/junit.xml",
    "report": "junit:junit.xml",
}
