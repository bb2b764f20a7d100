"""Which tools of Python a project uses: what it installs, configures, or runs in its CI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.prover.setup.proposing.python_tests import named_test_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localci.config.toml_file import TomlTable
    from localci.prover.setup.proposing.dependencies import Dependencies
    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.project_files import ProjectFiles


_TEST: Final = re.compile(r"^(?:test_.*|.*_test|tests)\.py$|^test.*\.(?:txt|rst)$")
_OF_TESTS: Final = ("tests", "test")
_OF_PACKAGE: Final = re.compile(r"^(?:src/)?[A-Za-z0-9_]+/tests?/test_[^/]*\.py$")
"""Tests that are installed with the package: `package/tests/test_a.py`."""


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
    """What is known of a project: its files, pyproject's tables, and the packages it names.

    `commands` are the lines that tox runs for it.
    """

    files: ProjectFiles
    pyproject: TomlTable
    requirements: tuple[str, ...]
    dependencies: Dependencies
    commands: tuple[str, ...] = ()

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
    return (
        set(tool.packages) <= project.dependencies.names
        or hints.runs(*tool.programs)
        or any(arguments_of(program, project.commands) for program in tool.programs)
    )


def is_left_to_editors(program: str, project: PythonProject, hints: Hint) -> bool:
    """Tell whether tox checks types by mypy and nothing runs this other type checker, though used.

    What is configured for it is for who works on the files then.
    """
    tool = next(tool for tool in TOOLS if tool.preset == program)
    return (
        bool(arguments_of("mypy", project.commands))
        and tool in tools_in_use(project, hints)
        and not arguments_of(program, project.commands)
        and not hints.runs(program)
    )


def arguments_of(program: str, lines: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the words after a program in each line that is a plain command of it, in order."""
    found = [tuple(line.split()) for line in lines]
    return [words[1:] for words in dict.fromkeys(found) if words[:1] == (program,)]


def _is_configured(project: PythonProject, tool: PythonTool) -> bool:
    files = project.files
    return (
        any(project.tool(*keys) is not None for keys in tool.tables)
        or any(map(files.has, tool.files))
        or any(files.ini(name).has_section(section) for name, section in tool.sections)
    )


def has_tests(project: PythonProject) -> bool:
    """Tell whether pytest would find tests; unittest's it finds, too."""
    own = named_test_files(project)
    return any(project.files.sources(_TEST)) or (
        own is not None and any(project.files.sources(own))
    )


def directory_of_tests(project: PythonProject) -> str:
    """Return where tests are that nothing says pytest runs, "" where it is told, or all are there.

    It would look everywhere, at what the project's own runner of tests may leave alone.
    """
    tool = next(tool for tool in TOOLS if tool.preset == "pytest")
    if "pytest" in project.dependencies.names or _is_configured(project, tool):
        return ""
    found = [path.rpartition("/")[0].split("/")[0] for path in project.files.sources(_TEST)]
    place = next((name for name in _OF_TESTS if name in found), "")
    return place if "" not in found and set(found) - {place} else ""


def _has_own_tests(project: PythonProject, tool: PythonTool) -> bool:
    """Tell whether tests lie where they are looked for, and not in a project below."""
    if tool.preset != "pytest":
        return False
    beside = any(project.files.matching(f"{place}/**/test*.py") for place in _OF_TESTS)
    return beside or any(
        _OF_PACKAGE.match(path) and project.files.has(f"{path.split('/test')[0]}/__init__.py")
        for path in project.files.sources(_TEST)
    )
