"""The checks of a Python project, by what its files say it uses: ruff, mypy, pytest, coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.config.toml_file import read_toml
from localci.prover.setup.dependencies import read_dependencies
from localci.prover.setup.python_environment import PythonPackages, find_environment
from localci.prover.setup.toml_text import toml_string, toml_strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.config.toml_file import TomlTable
    from localci.prover.setup.dependencies import Dependencies
    from localci.prover.setup.python_environment import PythonEnvironment
    from localci.prover.setup.working_tree import WorkingTree

_PYPROJECT: Final = "pyproject.toml"
_REQUIREMENTS: Final = "*requirements*.txt"
_SETUP_SCRIPT: Final = "setup.py"
_MARKS: Final = (_PYPROJECT, "setup.cfg", _SETUP_SCRIPT)
_ALL: Final = 100
_COVERAGE_RUN: Final = (
    "pytest --junitxml={reports}/junit.xml --cov --cov-report=json:{reports}/coverage.json"
)
_SETTINGS: Final = {
    "ruff": (("ruff.toml", ".ruff.toml"), ()),
    "mypy": (("mypy.ini", ".mypy.ini"), (("setup.cfg", "mypy"),)),
    "pytest": (("pytest.ini",), (("setup.cfg", "tool:pytest"), ("tox.ini", "pytest"))),
}
"""Beside pyproject.toml: the files that configure a tool, and the sections of shared ones."""


@dataclass(frozen=True)
class _Project:
    """What is known of the project: its files, pyproject's tables, and the packages it names."""

    files: WorkingTree
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

    def has_section(self, path: str, section: str) -> bool:
        """Tell whether an INI file has a section."""
        data = self.files.read(path) or b""
        return f"[{section}]" in data.decode("utf-8", "replace").split("\n")


def python_configuration(files: WorkingTree) -> tuple[str, ...]:
    """Return the lines of `[run]` and `[checks]`; none where no Python tool is recognised.

    Raises UsageError where pyproject.toml cannot be read.
    """
    requirements = files.matching(_REQUIREMENTS)
    if not requirements and not any(map(files.has_file, _MARKS)):
        return ()
    data = files.read(_PYPROJECT)
    pyproject = read_toml(data, _PYPROJECT).tables if data is not None else {}
    texts = [(files.read(path) or b"").decode("utf-8", "replace") for path in requirements]
    project = _Project(files, pyproject, requirements, read_dependencies(pyproject, texts))
    tools = tuple(_tools(project))
    if not tools:
        return ()
    packages = PythonPackages(
        requirements,
        project.dependencies,
        "build-system" in pyproject or files.has_file(_SETUP_SCRIPT),
    )
    environment = find_environment(files, packages, tools)
    return (*_run_lines(environment), *_check_lines(project, tools, environment))


def _tools(project: _Project) -> Iterator[str]:
    for tool, (own_files, sections) in _SETTINGS.items():
        if (
            tool in project.dependencies.names
            or project.tool(tool) is not None
            or any(map(project.files.has_file, own_files))
            or any(project.has_section(*section) for section in sections)
            or (tool == "pytest" and _has_tests(project.files))
        ):
            yield tool


def _has_tests(files: WorkingTree) -> bool:
    return any(files.matching(f"{place}/**/test*.py") for place in ("tests", "test"))


def _run_lines(environment: PythonEnvironment) -> Iterator[str]:
    if not environment.setup:
        return
    yield "[run]"
    yield f"setup = {toml_string(environment.setup)}"
    yield f"setup_inputs = {toml_strings(environment.setup_inputs)}"
    yield f"keep = {toml_strings(environment.keep)}"
    if environment.env:
        rows = ", ".join(f"{name} = {toml_string(value)}" for name, value in environment.env)
        yield f"env = {{ {rows} }}"
    yield ""


def _check_lines(
    project: _Project, tools: Sequence[str], environment: PythonEnvironment
) -> Iterator[str]:
    if "ruff" in tools:
        yield from _preset_lines("lint", "ruff", environment)
        if project.tool("ruff", "format") is not None:
            yield from _preset_lines("format", "ruff-format", environment)
    if "mypy" in tools:
        yield from _mypy_lines(project, environment)
    if "pytest" in tools:
        yield from _pytest_lines(project, environment)


def _preset_lines(check: str, preset: str, environment: PythonEnvironment) -> Iterator[str]:
    yield f"[checks.{check}]"
    yield f"uses = {toml_string(preset)}"
    if environment.prefix:
        run = str((preset_table(preset) or {})["run"])
        tool = run.partition(" ")[0]
        yield f"run = {toml_string(environment.command(run, tool))}"
    yield ""


def _mypy_lines(project: _Project, environment: PythonEnvironment) -> Iterator[str]:
    """Without files in its configuration mypy must be told what to check."""
    settings = project.tool("mypy")
    listed = {"files", "packages", "modules"}.intersection(settings or {})
    if listed:
        yield from _preset_lines("types", "mypy", environment)
        return
    yield "[checks.types]"
    yield 'uses = "mypy"'
    yield f"run = {toml_string(environment.command('mypy .', 'mypy'))}"
    yield ""


def _pytest_lines(project: _Project, environment: PythonEnvironment) -> Iterator[str]:
    bar = _coverage_bar(project)
    if bar is None:
        yield from _preset_lines("tests", "pytest", environment)
        return
    yield "[checks.tests]"
    yield 'uses = "pytest"'
    yield f"run = {toml_string(environment.command(_COVERAGE_RUN, 'pytest'))}"
    yield ""
    yield "[checks.coverage]"
    yield 'from = "tests"'
    yield 'report = "coverage:coverage.json"'
    yield f"threshold = {bar:g}"
    yield ""


def _coverage_bar(project: _Project) -> float | None:
    """Return the bar that the project has set itself, if pytest can measure against it."""
    if "pytest-cov" not in project.dependencies.names:
        return None
    bar = (project.tool("coverage", "report") or {}).get("fail_under")
    if isinstance(bar, bool) or not isinstance(bar, (int, float)):
        return None
    return float(bar) if 0 <= bar <= _ALL else None
