"""Lint Rust by clippy (https://doc.rust-lang.org/clippy/); every warning is an error.

Cargo's messages are for the figures. Where there are some, it runs a second time for the log: what
was compiled already stays so. A crate with errors is not built, and what depends on it is not
looked at: so `max_issues` lets nothing by here, unless a `run` beside `uses` leaves `-D warnings`
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "export CARGO_TERM_PROGRESS_WHEN=never; "
        "cargo clippy --version >/dev/null || exit 127; "
        "cargo clippy --workspace --all-targets --keep-going --message-format=json -- -D warnings"
        " >{reports}/clippy.json; code=$?; "
        "[ $code -ne 101 ] || cargo clippy --workspace --all-targets --keep-going -- -D warnings; "
        "exit $code"
    ),
    "report": "cargo-messages:clippy.json",
    "failed_codes": [101],
    "install": "rustup component add clippy (https://rustup.rs)",
}
