"""Run the tests by pytest (https://docs.pytest.org). They may read anything: the whole tree.

Of pytest's exit codes (https://docs.pytest.org/en/stable/reference/exit-codes.html) 1 and 5 are the
code's: tests failed, or there is none. 2 is called "interrupted", and is how a test module ends the
run that cannot be imported, which is the code's fault too and stands in the report as an error; a
true interruption leaves none there, and becomes 3. With 3 and 4 pytest itself gave up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

# It ends with 2 if it was interrupted, and if a module cannot be imported, which its report says.
END: Final = """\
if [ $code -eq 2 ] && ! grep -qs '<error ' {reports}/junit.xml; then code=3; fi
exit $code
"""
FAILED_CODES: Final = (1, 2, 5)

TABLE: Final[JsonObject] = {
    "run": f"pytest --junitxml={{reports}}/junit.xml\ncode=$?\n{END}",
    "report": "junit:junit.xml",
    "failed_codes": [*FAILED_CODES],
    "install": "pip install pytest",
}
