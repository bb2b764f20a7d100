"""Whether git will call localci before it pushes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.git.settings import hooks_directory
from localci.native_hook import HOOK, LEGACY, find_hook
from localci.prover.doctor.finding import Finding, fine, wrong
from localci.prover.setup.hook_managers import hook_manager_configuration

if TYPE_CHECKING:
    from localci.git.discovery import RepositoryPaths
    from localci.prover.setup.working_tree import WorkingTree

_TOPIC: Final = "hook"
_INSTALL: Final = "localci install"
_INTERPRETER: Final = re.compile(r"^python='(.+)'$", re.MULTILINE)
_EXECUTABLE: Final = 0o111


def examine_hook(repository: RepositoryPaths, files: WorkingTree) -> Finding:
    """Return whether a hook is installed that works. Raises GitError."""
    hook = find_hook(repository)
    called = Path(hooks_directory(repository)) / HOOK
    if hook is not None:
        return _examine_native(hook, called)
    manager = hook_manager_configuration(files)
    if manager and called.exists():
        return fine(_TOPIC, f"{manager} calls localci")
    if manager:
        what = f"{manager} names localci, but {called} is not there"
        return wrong(_TOPIC, what, "pre-commit install --hook-type pre-push")
    return wrong(_TOPIC, f"{called} does not call localci", _INSTALL)


def _examine_native(hook: Path, called: Path) -> Finding:
    interpreter = _INTERPRETER.search(hook.read_text("utf-8", "replace"))
    if not hook.stat().st_mode & _EXECUTABLE:
        return wrong(_TOPIC, f"{hook} is not executable, so git passes it over", _INSTALL)
    if interpreter is not None and not os.access(interpreter[1].replace("'\\''", "'"), os.X_OK):
        return wrong(_TOPIC, f"{hook} names {interpreter[1]}, which is gone", _INSTALL)
    if hook.name == LEGACY and not called.exists():
        return wrong(_TOPIC, f"{hook} is there, and no {HOOK} to call it", _INSTALL)
    return fine(_TOPIC, str(hook))
