"""Look the packages of Cargo.lock up in RustSec's advisories (https://rustsec.org).

The database is fetched first; settings (`ignore`, a database of one's own) stand in
`.cargo/audit.toml`. What is only warned of (unmaintained, unsound, yanked) does not count unless
`fail_on = "low"`. The answer depends on the day, so it is never reused. cargo-audit ends with 1
whether it found something or gave up: only its report tells the two apart.

Where the project has no `.cargo/audit.toml`, cargo-audit would take a person's own from cargo's
home, and ignore what that one does: this is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "cargo audit --version >/dev/null || exit 127; "
        'own="${CARGO_HOME:-$HOME/.cargo}/audit.toml"; '
        '[ -e .cargo/audit.toml ] || [ ! -e "$own" ] || '
        '{ echo "$own is your own: the project needs a .cargo/audit.toml"; exit 2; }; '
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
