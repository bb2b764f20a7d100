"""Whether an environment on PATH would make checks test this working directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localci.prover.doctor.finding import Finding, doubtful
from localci.prover.workspace.editable_installs import environments_that_look_outside
from localci.prover.workspace.environment import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.configuration import RunSettings
    from localci.git.discovery import RepositoryPaths

_THEN = (
    "deactivate; or in localci.toml, with `.venv/bin/` before each tool: [run] setup ="
    ' "python3 -m venv .venv && .venv/bin/python -m pip install -e . TOOLS", keep = [".venv"]'
)


def examine_path(repository: RepositoryPaths, settings: RunSettings) -> Iterator[Finding]:
    """Yield a warning where `localci run` will refuse the PATH of now; nothing otherwise.

    A run with a setup takes such an environment from PATH itself.
    """
    if settings.setup:
        return
    passed = clean_environment(os.environ, settings.pass_env, own_prefix=sys.prefix)
    main = Path(repository.common_dir)
    worktrees = [repository.worktree, str(main.parent) if main.name == ".git" else ""]
    found = environments_that_look_outside(
        passed.get("PATH", ""), [path for path in worktrees if path]
    )
    if found:
        what = (
            f"{found[0]}, on PATH, has an editable install of this working directory, so checks"
            " are refused"
        )
        yield doubtful("editable", what, _THEN)
