"""The checks of a Go module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.proposal import Proposal, in_directory, preset_check

if TYPE_CHECKING:
    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.project_files import ProjectFiles


_TEST: Final = re.compile(r"_test\.go$")


def go_proposal(files: ProjectFiles, hints: Hint) -> Proposal:
    """Return what to run for a module, nothing where there is none.

    Go's own formatter is a matter of course among its users, and needs no settings to look for.
    """
    if not files.has("go.mod"):
        return Proposal()
    checks = [
        preset_check("format", "gofmt", "go"),
        preset_check("lint", "go-vet", "go"),
    ]
    notes = []
    if any(files.sources(_TEST)):
        checks.append(preset_check("tests", "go-test", "go"))
    else:
        notes.append(f"{files.path('go.mod')}: there are no tests for `go test`")
    if hints.runs("golangci-lint"):
        notes.append("golangci-lint is used in CI: there is no preset for it yet, so write `run`")
    if files.has_directory("vendor"):
        # gofmt goes into directories that `./...` leaves out.
        checks = checks[1:]
        notes.append(f"{files.path('vendor')}/ is not the project's own code, and gofmt reads it")
    found = tuple(in_directory(check, files.directory) for check in checks)
    return Proposal(checks=found, notes=tuple(notes))
