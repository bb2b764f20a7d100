"""The checks of a Rust project: a package or a workspace of cargo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.prover.setup.proposing.proposal import (
    Proposal,
    ProposedCheck,
    in_directory,
    preset_check,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.project_files import ProjectFiles

_MANIFEST: Final = "Cargo.toml"
_CARGO_SETTINGS: Final = (".cargo/config.toml", ".cargo/config")
_SOURCE: Final = re.compile(r"\.rs$")
_TEST: Final = re.compile(
    r"#\[(?:[a-z_]+::)*test\b|#\[cfg\(test\)\]|^[ \t]*//[/!][ \t]*```", re.MULTILINE
)
_EXTENSION: Final = re.compile(r"^[ \t]*pyo3(?:-ffi)?\b|extension-module", re.MULTILINE)
_UNSURE: Final = "nothing here says that the project uses it, so it only tells"


def rust_proposal(files: ProjectFiles, hints: Hint, programs: Collection[str]) -> Proposal:
    """Return what to run for a project of cargo, nothing where there is none.

    `programs` are what this machine has of cargo's additions. Raises UsageError.
    """
    if not files.has(_MANIFEST):
        return Proposal()
    checks = tuple(
        in_directory(check, files.directory) for check in _checks(files, hints, programs)
    )
    return Proposal(
        checks=checks,
        env=(("CARGO_NET_OFFLINE", "true"),) if _is_vendored(files) else (),
        notes=tuple(_notes(files, hints, programs, checks)),
    )


def is_member(files: ProjectFiles, root: ProjectFiles) -> bool:
    """Tell whether a manifest below the root belongs to the root's workspace.

    Cargo takes members by patterns and by path dependencies, so any but the excluded counts.
    """
    workspace = root.toml(_MANIFEST).get("workspace") if root.has(_MANIFEST) else None
    if not isinstance(workspace, dict):
        return False
    excluded = workspace.get("exclude")
    rows = [str(row).rstrip("/") for row in excluded] if isinstance(excluded, list) else []
    return "workspace" not in files.toml(_MANIFEST) and files.directory not in rows


def _checks(files: ProjectFiles, hints: Hint, programs: Collection[str]) -> Iterator[ProposedCheck]:
    formats = files.has("rustfmt.toml", ".rustfmt.toml") or hints.runs("cargo-fmt", "rustfmt")
    lints = "lints" in files.toml(_MANIFEST) or files.has("clippy.toml", ".clippy.toml")
    yield _maybe_advisory("format", "cargo-fmt", is_sure=formats)
    yield _maybe_advisory("lint", "clippy", is_sure=lints or hints.runs("cargo-clippy", "clippy"))
    if not _has_no_tests(files, hints):
        runner = _wants_nextest(files, hints) and "cargo-nextest" in programs
        yield preset_check("tests", "cargo-nextest" if runner else "cargo-test", "rust")
    if _wants_audit(files, hints) and "cargo-audit" in programs:
        yield preset_check("audit", "cargo-audit", "rust")


def _maybe_advisory(name: str, preset: str, *, is_sure: bool) -> ProposedCheck:
    if is_sure:
        return preset_check(name, preset, "rust")
    return preset_check(name, preset, "rust", advisory=True)


def _notes(
    files: ProjectFiles,
    hints: Hint,
    programs: Collection[str],
    checks: Collection[ProposedCheck],
) -> Iterator[str]:
    if advisory := [check.uses for check in checks if check.table.get("advisory")]:
        yield f"advisory, {' and '.join(advisory)}: {_UNSURE}"
    if why := _has_no_tests(files, hints):
        yield f"{files.path(_MANIFEST)}: {why}"
    if _wants_nextest(files, hints) and "cargo-nextest" not in programs:
        yield _missing("cargo-nextest", "cargo nextest is used")
    if _wants_audit(files, hints) and "cargo-audit" not in programs:
        yield _missing("cargo-audit", "cargo audit is used")


def _missing(preset: str, seen: str) -> str:
    install = str((preset_table(preset) or {}).get("install", "")).splitlines()
    how = f": {install[0]}" if install else ""
    return f'{seen} and not installed here{how}; then: uses = "{preset}"'


def _wants_nextest(files: ProjectFiles, hints: Hint) -> bool:
    return files.has(".config/nextest.toml") or hints.runs("cargo-nextest")


def _wants_audit(files: ProjectFiles, hints: Hint) -> bool:
    settings = files.has("audit.toml", ".cargo/audit.toml")
    return settings or hints.runs("cargo-audit", "audit-check")


def _has_no_tests(files: ProjectFiles, hints: Hint) -> str:
    """Say why `cargo test` would tell nothing, "" where it tells something."""
    if hints.runs("cargo-test", "cargo-nextest"):
        return ""
    if _EXTENSION.search(files.text(_MANIFEST)):
        # Such a library is linked by the interpreter, so its test programs hardly ever are.
        return "a module of Python, whose `cargo test` nothing here runs; Python tests it"
    if not any(_TEST.search(files.source(path)) for path in files.sources(_SOURCE)):
        return "there are no tests for `cargo test`"
    return ""


def _is_vendored(files: ProjectFiles) -> bool:
    """Tell whether cargo's settings replace crates.io by a directory of the project."""
    return any("vendored-sources" in files.text(name) for name in _CARGO_SETTINGS)
