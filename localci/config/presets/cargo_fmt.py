"""Rust is formatted as `cargo fmt` would (https://github.com/rust-lang/rustfmt).

It runs a second time for the log, with the differences, where a file is not. Without rustfmt,
rustup's stand-in ends with 1, as rustfmt itself does where it finds fault; so it is asked first,
and so is cargo for the manifest. `-v` names what was looked at, which may be nothing by a
`disable_all_formatting`. A person's own rustfmt.toml, at home or above the clone, has no say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "cargo fmt --version >/dev/null || exit 127; "
        "cargo metadata --no-deps --format-version 1 >/dev/null || exit 2; "
        ": >{reports}/rustfmt.toml; set -- --config-path {reports}/rustfmt.toml; "
        '[ ! "$(find . -name rustfmt.toml -o -name .rustfmt.toml)" ] || set --; '
        'cargo fmt --all -- --check -l -v "$@" >{reports}/told; code=$?; '
        "grep '^/' {reports}/told >{reports}/files; "
        "looked=$(grep -c '^Formatting ' {reports}/told); "
        # What cannot be parsed is not named, but was looked at.
        "[ $code -eq 0 ] || [ $looked -gt 0 ] || looked=1; "
        'echo "end $looked" >>{reports}/files; '
        '[ $code -ne 1 ] || cargo fmt --all -- --check "$@"; '
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
