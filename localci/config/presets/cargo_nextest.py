"""Run the tests of a Rust project by cargo-nextest (https://nexte.st), but no documentation tests.

Its JUnit report is asked for in a configuration file beside the project's own. A `junit.path` that
the project's `.config/nextest.toml` gives the default profile would win: leave it out there.

Exit codes (https://docs.rs/nextest-metadata, NextestExitCode): 100 is a test that failed, 4 that
there is none, 101 a build that failed. The last leaves no report, so one is written: it counts as
one test that failed. But where it fails for want of a part of the toolchain, or the compiler was
killed, which is asked by building once more, the code is not to blame: 69.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

TABLE: Final[JsonObject] = {
    "run": (
        "export CARGO_TERM_PROGRESS_WHEN=never; "
        "cargo nextest --version >/dev/null || exit 127; "
        "printf '[profile.default.junit]\\npath = \"%s\"\\n' {reports}/junit.xml"
        " >{reports}/nextest.toml; "
        "cargo nextest run --workspace --no-fail-fast"
        " --tool-config-file localci:{reports}/nextest.toml; code=$?; "
        "[ $code -ne 101 ] || ! cargo test --workspace --no-run 2>&1 | grep -E"
        " 'error: linker .* not found|find crate for .(alloc|core|std).|signal: 9,' || exit 69; "
        '[ $code -ne 101 ] || echo \'<testsuite><testcase name="build"><error/></testcase>'
        "</testsuite>' >{reports}/junit.xml; "
        "exit $code"
    ),
    "report": "junit:junit.xml",
    "failed_codes": [4, 100, 101],
    "install": "cargo install cargo-nextest --locked (https://nexte.st)",
}
