"""Does pre-commit or prek call localci here? Its configuration says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.prover.setup.working_tree import WorkingTree

CONFIGURATIONS: Final = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
# Enough of YAML and TOML: a line that is `- id: localci` in any quotes, or `id = "localci"`.
_HOOK: Final = re.compile(
    r"""^[\s{-]*id\s*[:=]\s*["']?localci["']?\s*[,}]?\s*(#.*)?$""", re.MULTILINE
)


def hook_manager_configuration(files: WorkingTree) -> str:
    """Return the path of the configuration that names the hook `localci`, or ""."""
    for path in CONFIGURATIONS:
        data = files.read(path)
        if data is not None and _HOOK.search(data.decode("utf-8", "replace")):
            return path
    return ""
