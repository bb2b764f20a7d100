"""Rust, Go and npm for presets: found where the tester has them, and kept from the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.isolation import TESTER
from support.preset_cases import SECRET
from support.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOME: Final = Path(TESTER.get("HOME", "/"))

# rustup's stand-ins look for the toolchain below the home, which is the test's own.
RUST: Final = {
    "RUSTUP_HOME": TESTER.get("RUSTUP_HOME", str(_HOME / ".rustup")),
    "CARGO_HOME": TESTER.get("CARGO_HOME", str(_HOME / ".cargo")),
    "CARGO_NET_OFFLINE": "true",
    # What a test needs of the time is compiling; this is the cheapest.
    "CARGO_PROFILE_DEV_DEBUG": "0",
    "RUST_BACKTRACE": "0",
}
CARGO_TOML: Final = '[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2021"\n'
"""The manifest of a crate without dependencies."""

NODE_MODULES: Final = f'setup = "ln -sfn {TOOLS}/node/node_modules node_modules"'
"""For `[run]`: node_modules as `npm ci` would bring them. The project's .gitignore names them."""
NODE_PROJECT: Final = {
    "package.json": '{"name": "demo", "private": true}\n',
    ".gitignore": "node_modules\n",
}

GO_MOD: Final = {"go.mod": "module example.org/demo\n\ngo 1.19\n"}


def go_environ(shared: Path) -> Mapping[str, str]:
    """Return what go needs: no network, and a cache that all tests share."""
    return {
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(shared / "go-build"),
    }


RUST_GOOD: Final = {
    "Cargo.toml": CARGO_TOML,
    "src/lib.rs": """\
//! A demo.

/// Adds.
///
/// ```
/// assert_eq!(demo::add(1, 2), 3);
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(crate::add(1, 2), 3);
    }

    #[test]
    #[ignore]
    fn takes_long() {}
}
""",
    ".gitignore": "target\n",
}
"""A crate with nothing to find fault with: a test, one that is ignored, one in documentation."""

RUST_LACKS: Final = (
    {".cargo/config.toml": '[target."cfg(unix)"]\nlinker = "no-such-linker"\n'},
    {".cargo/config.toml": '[build]\ntarget = "thumbv6m-none-eabi"\n'},
)
"""Files by which a crate asks for what its toolchain does not have: a linker, a target."""

RUST_BAD_TEST: Final = f"""\
#[test]
fn prints_what_looks_like_a_result() {{
    println!("running 7 tests");
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
    assert_eq!("{SECRET}", "another");
}}

#[test]
fn passes() {{}}
"""
"""A file of tests, one of which fails and prints what cargo's own lines look like."""
