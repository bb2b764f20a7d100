"""What the tests of a Python project import and nothing in the repository names.

A source distribution often comes without the file that lists it. By the names of modules alone
nothing may be installed: on an index anybody can have taken such a name.
"""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.dependencies import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.setup.proposing.python_tools import PythonProject

_ALWAYS_READ: Final = ("conftest.py", "tests/conftest.py", "test/conftest.py")
"""pytest imports these before any test, so without their imports none runs."""
_IMPORTS: Final = re.compile(r"^import +([^\n#;]+)|^from +([A-Za-z_]\w*)[. ]", re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_MODULE: Final = re.compile(r"\.py$")
_OF_TESTS: Final = re.compile(r"(?:^|/)(?:tests?/|conftest\.py$|test_)")
_MOST_MODULES: Final = 500
_HERE: Final = ("", "src/", "lib/", "tests/", "test/")
_WITH_PYTEST: Final = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "packaging"})


def unknown_imports(project: PythonProject) -> dict[str, tuple[str, ...]]:
    """Return what files of pytest's import that is neither here nor named, by the file's path.

    Nothing where the project says itself what its tests need: then what is missing is its fault.
    What the project itself imports comes with it, under whatever name.
    """
    named = project.dependencies.names
    if "pytest" in named:
        return {}
    found = {}
    for path in filter(project.files.has, _ALWAYS_READ):
        modules = dict.fromkeys(_modules(project.files.text(path)))
        strange = [name for name in modules if _is_strange(project, name)]
        if strange:
            found[path] = tuple(sorted(strange))
    if found:
        own = _of_project(project)
        found = {
            path: tuple(name for name in names if name not in own) for path, names in found.items()
        }
    return {path: names for path, names in found.items() if names}


def _of_project(project: PythonProject) -> frozenset[str]:
    """Return what the project's own modules import, as far as they are looked at."""
    paths = (path for path in project.files.sources(_MODULE) if not _OF_TESTS.search(path))
    texts = map(project.files.text, itertools.islice(paths, _MOST_MODULES))
    return frozenset(name for text in texts for name in _modules(text))


def _modules(text: str) -> Iterator[str]:
    for several, one in _IMPORTS.findall(text):
        for row in several.split(",") if several else (one,):
            first = _NAME.match(row.strip())
            if first:
                yield first[0]


def _is_strange(project: PythonProject, module: str) -> bool:
    if module in sys.stdlib_module_names or module in _WITH_PYTEST or module == "__future__":
        return False
    files = project.files
    if any(files.has(f"{at}{module}.py") or files.has_directory(f"{at}{module}") for at in _HERE):
        return False
    # PyYAML has the module `yaml`, python-dateutil `dateutil`: one name is most often in the other.
    name = _letters(module)
    named = map(_letters, project.dependencies.names)
    return not any(name in known or known in name for known in named)


def _letters(name: str) -> str:
    return normalised(name).replace("-", "")
