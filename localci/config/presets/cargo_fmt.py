"""Rust is formatted as `cargo fmt` would (https://github.com/rust-lang/rustfmt).

It runs a second time for the log, with the differences, where a file is not. Without rustfmt,
rustup's stand-in ends with 1, as rustfmt itself does where it finds fault; so it is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "cargo fmt --version >/dev/null || exit 127; "
        "cargo fmt --all -- --check -l >{reports}/files; code=$?; "
        "echo end >>{reports}/files; "
        "[ $code -ne 1 ] || cargo fmt --all -- --check; "
        "exit $code"
    ),
    "report": "file-list:files",
    "failed_codes": [1],
    "inputs": [
        "**/*.rs",
        "**/Cargo.toml",
        "**/rustfmt.toml",
        "**/.rustfmt.toml",
        "rust-toolchain",
        "rust-toolchain.toml",
    ],
    "install": "rustup component add rustfmt (https://rustup.rs)",
}
