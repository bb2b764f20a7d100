"""Run the tests of a Rust project by `cargo test` (https://doc.rust-lang.org/cargo/).

All test programs run, also after one that failed. Cargo has no report: its output is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": "CARGO_TERM_PROGRESS_WHEN=never cargo test --workspace --no-fail-fast",
    "report": "cargo-test:-",
    "failed_codes": [101],
    "install": "Rust by https://rustup.rs",
}
