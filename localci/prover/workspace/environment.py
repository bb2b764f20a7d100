"""The environment that checks see: what the configuration passes on, and nothing of git's hooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.git.command import LOCAL_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_NEVER_PASSED: Final = LOCAL_VARIABLES | {"VIRTUAL_ENV"}
_NEVER_PASSED_PREFIXES: Final = ("PRE_COMMIT", "CI_SIGNING_", "LOCALCI_")
_HOOK_MANAGER: Final = "PRE_COMMIT"
"""pre-commit and prek both set this to 1 for the hooks that they run."""


def clean_environment(
    environ: Mapping[str, str], pass_env: Iterable[str], *, own_prefix: str
) -> dict[str, str]:
    """Return the variables of `environ` that `pass_env` names and that may be passed at all.

    `own_prefix` is the environment that localci runs from (`sys.prefix`): under pre-commit or prek
    it is the hook's, made for localci alone, and leaves PATH with `VIRTUAL_ENV`'s. Otherwise PATH
    stays as the user has it.
    """
    passed = {name: environ[name] for name in pass_env if name in environ and may_pass(name)}
    if "PATH" in passed and environ.get(_HOOK_MANAGER):
        hidden = {own_prefix, environ.get("VIRTUAL_ENV", "")} - {""}
        passed["PATH"] = without_directories(passed["PATH"], [f"{prefix}/bin" for prefix in hidden])
    return passed


def may_pass(name: str) -> bool:
    """Tell whether a variable of that name may reach a check at all."""
    return name not in _NEVER_PASSED and not name.startswith(_NEVER_PASSED_PREFIXES)


def without_directories(path: str, directories: Collection[str]) -> str:
    """Return a PATH without the rows that lead to one of `directories`, however it is spelt."""
    hidden = {Path(directory).resolve() for directory in directories}
    rows = path.split(os.pathsep)
    return os.pathsep.join(row for row in rows if not row or Path(row).resolve() not in hidden)


def with_path(
    environment: Mapping[str, str], workspace: Path, directories: Sequence[str]
) -> Mapping[str, str]:
    """Return an environment with directories of the workspace first on PATH."""
    if not directories:
        return environment
    rows = [str(workspace / directory) for directory in directories]
    return {**environment, "PATH": os.pathsep.join([*rows, environment.get("PATH", os.defpath)])}
