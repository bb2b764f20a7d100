"""Which tools of Python a project uses: what it installs, configures, or runs in its CI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.toml_file import TomlTable
    from localci.prover.setup.dependencies import Dependencies
    from localci.prover.setup.hints import Hint
    from localci.prover.setup.project_files import ProjectFiles


_TEST: Final = re.compile(r"^(?:test_.*|.*_test|tests)\.py$|^test.*\.(?:txt|rst)$")


@dataclass(frozen=True)
class PythonTool:
    """A tool, the preset that runs it, the check's name, and what tells that it is used.

    `files` and `sections` configure it beside the `tables` of pyproject.toml. `hooks` are those of
    pre-commit which run it. `asked` tools have to be installed or run by the project: such a table
    alone is often there for an editor. `configured` ones have to have settings as well, since
    without them they look at everything there is.
    """

    preset: str
    check: str
    packages: tuple[str, ...]
    tables: tuple[tuple[str, ...], ...] = ()
    files: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    hooks: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    asked: bool = False
    configured: bool = False


TOOLS: Final = (
    PythonTool(
        "ruff", "lint", ("ruff",), (("ruff",),), ("ruff.toml", ".ruff.toml"),
        hooks=("ruff", "ruff-check"), programs=("ruff",),
    ),
    PythonTool("ruff-format", "format", ("ruff",), (("ruff", "format"),), hooks=("ruff-format",)),
    PythonTool("black", "format", ("black",), (("black",),), hooks=("black",), programs=("black",)),
    PythonTool(
        "mypy", "types", ("mypy",), (("mypy",),), ("mypy.ini", ".mypy.ini"),
        (("setup.cfg", "mypy"),), ("mypy",), ("mypy",),
    ),
    PythonTool(
        "pyright", "types", ("pyright",), (("pyright",),), ("pyrightconfig.json",),
        hooks=("pyright",), programs=("pyright",), asked=True, configured=True,
    ),
    PythonTool(
        "import-linter", "imports", ("import-linter",), (("importlinter",),), (".importlinter",),
        (("setup.cfg", "importlinter"),), ("import-linter",), ("lint-imports",),
    ),
    PythonTool(
        "bandit", "security", ("bandit",), (("bandit",),), (".bandit",), (), ("bandit",),
        ("bandit", "bandit-action"), asked=True,
    ),
    PythonTool(
        "pip-audit", "audit", ("pip-audit",), hooks=("pip-audit",),
        programs=("pip-audit", "gh-action-pip-audit"), asked=True,
    ),
    PythonTool(
        "pytest", "tests", ("pytest",), (("pytest",),), ("pytest.ini",),
        (("setup.cfg", "tool:pytest"), ("tox.ini", "pytest")),
    ),
    PythonTool("python-package", "package", ("build", "twine"), programs=("twine",), asked=True),
)  # fmt: skip


@dataclass(frozen=True)
class PythonProject:
    """What is known of a project: its files, pyproject's tables, and the packages it names."""

    files: ProjectFiles
    pyproject: TomlTable
    requirements: tuple[str, ...]
    dependencies: Dependencies

    def tool(self, *keys: str) -> TomlTable | None:
        """Return the table `[tool.…]` of pyproject.toml, or None."""
        table = self.pyproject
        for key in ("tool", *keys):
            inner = table.get(key)
            if not isinstance(inner, dict):
                return None
            table = inner
        return table


def tools_in_use(project: PythonProject, hints: Hint) -> Iterator[PythonTool]:
    """Yield the tools that a project uses, and for which there is a preset.

    What only pre-commit runs, in the version that its configuration names, is left to it.
    """
    for tool in TOOLS:
        if preset_table(tool.preset) is None or tool.preset == "ruff-format":
            continue
        if tool.preset == "pytest" and not has_tests(project):
            continue
        if tool.configured and not _is_configured(project, tool):
            continue
        if is_chosen(project, tool, hints):
            yield tool
        elif not hints.hooks.isdisjoint(tool.hooks):
            continue
        elif (not tool.asked and _is_configured(project, tool)) or _has_own_tests(project, tool):
            yield tool


def formats_by_ruff(project: PythonProject, hints: Hint) -> bool:
    """Tell whether `ruff format` is used, and not by pre-commit alone."""
    by_command = any("ruff format" in line for line in hints.commands)
    return by_command or (
        project.tool("ruff", "format") is not None and "ruff-format" not in hints.hooks
    )


def is_chosen(project: PythonProject, tool: PythonTool, hints: Hint) -> bool:
    """Tell whether the project installs a tool or runs it in CI, and does not only configure it."""
    return set(tool.packages) <= project.dependencies.names or hints.runs(*tool.programs)


def _is_configured(project: PythonProject, tool: PythonTool) -> bool:
    files = project.files
    return (
        any(project.tool(*keys) is not None for keys in tool.tables)
        or any(map(files.has, tool.files))
        or any(files.ini(name).has_section(section) for name, section in tool.sections)
    )


def has_tests(project: PythonProject) -> bool:
    """Tell whether pytest would find tests; unittest's it finds, too."""
    return any(project.files.sources(_TEST))


def _has_own_tests(project: PythonProject, tool: PythonTool) -> bool:
    """Tell whether tests lie where they are looked for, and not in a project below."""
    places = ("tests", "test")
    return tool.preset == "pytest" and any(
        project.files.matching(f"{place}/**/test*.py") for place in places
    )
