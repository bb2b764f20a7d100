"""Look the packages of Cargo.lock up in RustSec's advisories (https://rustsec.org).

The database is fetched first; settings (`ignore`, a database of one's own) stand in
`.cargo/audit.toml`. What is only warned of (unmaintained, unsound, yanked) does not count unless
`fail_on = "low"`. The answer depends on the day, so it is never reused. cargo-audit ends with 1
whether it found something or gave up: only its report tells the two apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "cargo audit --version >/dev/null || exit 127; "
        "cargo audit --json >{reports}/audit.json; code=$?; "
        "cargo audit --no-fetch; "
        "exit $code"
    ),
    "report": "cargo-audit:audit.json",
    "report_codes": [1],
    "fail_on": "medium",
    "inputs": ["**/Cargo.lock", "**/Cargo.toml", ".cargo/**"],
    "fresh_for": 0,
    "install": "cargo install cargo-audit --locked (https://rustsec.org)",
}
