"""The checks of a Python project, by what its files say it uses."""

from __future__ import annotations

import os.path
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.dependencies import normalised, read_dependencies
from localci.prover.setup.proposing.proposal import (
    Proposal,
    ProposedCheck,
    in_directory,
    preset_check,
)
from localci.prover.setup.proposing.python_environment import (
    LOCKS,
    VENV,
    PythonPackages,
    find_environment,
    is_compiled,
)
from localci.prover.setup.proposing.python_hatch import read_hatch
from localci.prover.setup.proposing.python_imports import unknown_imports
from localci.prover.setup.proposing.python_metadata import committed_metadata
from localci.prover.setup.proposing.python_tests import coverage_bar, needed_plugins
from localci.prover.setup.proposing.python_tools import (
    PythonProject,
    directory_of_tests,
    formats_by_ruff,
    is_chosen,
    is_left_to_editors,
    tools_in_use,
)
from localci.prover.setup.proposing.python_tox import read_tox
from localci.prover.setup.proposing.python_types import mypy_command, pyright_command

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from localci.config.toml_file import TomlTable
    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.machine import Machine
    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.python_environment import PythonEnvironment
    from localci.prover.setup.proposing.python_tools import PythonTool

_PYPROJECT: Final = "pyproject.toml"
_REQUIREMENTS: Final = (
    "*requirements*.txt", "requirements/*.txt", "test/requirements*.txt", "tests/requirements*.txt",
)  # fmt: skip
_OF_DOCUMENTATION: Final = re.compile(r"(?:^|[-_./])docs?(?:[-_./]|umentation)")
_SETUP_SCRIPT: Final = "setup.py"
_MARKS: Final = (_PYPROJECT, "setup.cfg", _SETUP_SCRIPT)
_TOO_FEW: Final = 2
_BUILDING: Final = "python-package"
"""The preset that writes metadata, as an installation does."""


_LEFT_TO_EDITORS: Final = (
    "advisory, pyright: installed and configured, but tox checks types by mypy only"
)
_PROGRAMS: Final = {
    "build": "pyproject-build",
    "import-linter": "lint-imports",
    "pytest-cov": "pytest",
}
"""Of packages whose program has another name; a plugin is where its program is."""


def python_proposal(
    files: ProjectFiles,
    hints: Hint,
    machine: Machine,
    workspace: ProjectFiles | None = None,
    siblings: Mapping[str, ProjectFiles] | None = None,
) -> Proposal:
    """Return what to run for a Python project; nothing where no tool is recognised.

    `workspace` is the directory whose environment is this one's, too, as uv makes it; `siblings`
    are the packages of the repository by their names. Raises UsageError where pyproject.toml
    cannot be read.
    """
    project = _read_project(files)
    tools = tuple(tools_in_use(project, hints)) if project else ()
    if project is None or not tools:
        return Proposal()
    unknown = unknown_imports(project) if any(map(_is_pytest, tools)) else {}
    if unknown:
        tools = tuple(tool for tool in tools if not _is_pytest(tool))
    notes = tuple(_unknown(files.path(path), unknown[path]) for path in unknown)
    if not tools:
        return Proposal(notes=notes)
    if workspace is not None:
        shared = _checks(project, tools, hints, ())
        return Proposal(checks=tuple(in_directory(check, files.directory) for check in shared))
    found = _with_environment(project, tools, hints, machine, siblings or {})
    return replace(found, notes=(*notes, *found.notes))


def _with_environment(
    project: PythonProject,
    tools: tuple[PythonTool, ...],
    hints: Hint,
    machine: Machine,
    siblings: Mapping[str, ProjectFiles],
) -> Proposal:
    """Return the checks of the tools in use, and the environment that brings the tools."""
    files = project.files
    versions = _versions(hints, machine.pythons)
    wanted = sorted({package for tool in tools for package in tool.packages})
    packages = replace(
        _packages(project, machine),
        siblings=_needed_siblings(project, siblings),
        absent=not machine.programs.issuperset(_PROGRAMS.get(name, name) for name in wanted),
    )
    environment = find_environment(files, packages, wanted, versions)
    checks = tuple(_checks(project, tools, hints, environment.versions))
    unsure = _unsure(project, tools, hints) if environment.setup else frozenset()
    unsure &= {check.uses for check in checks}
    is_left = is_left_to_editors("pyright", project, hints)
    advice = {*unsure, *(["pyright"] if is_left else [])}
    checks = tuple(_as_advice(check) if check.uses in advice else check for check in checks)
    if packages.metadata:
        checks = tuple(_apart(check) if check.uses == _BUILDING else check for check in checks)
    if files.directory and environment.setup:
        checks = tuple(map(_in_own_environment, checks))
    return Proposal(
        checks=tuple(in_directory(check, files.directory) for check in checks),
        setup=(_setup(environment.setup, files.directory),) if environment.setup else (),
        setup_inputs=(
            *map(files.path, environment.setup_inputs),
            *(_of_sibling(files, path) for path in packages.siblings if environment.setup),
        ),
        keep=tuple(map(files.path, environment.keep)),
        is_kept=environment.is_kept,
        path=(f"{VENV}/bin",) if environment.setup and not files.directory else (),
        env=environment.env,
        notes=(
            *([_LEFT_TO_EDITORS] if is_left else []),
            *_notes(project, hints, environment, unsure, packages.metadata),
        ),
    )


def python_packages(directories: Iterable[ProjectFiles]) -> dict[str, ProjectFiles]:
    """Return the directories that hold a package, by its name."""
    found = {}
    for files in directories:
        name = _name(files.toml(_PYPROJECT))
        if name:
            found[name] = files
    return found


def _name(pyproject: TomlTable) -> str:
    table = pyproject.get("project")
    name = table.get("name") if isinstance(table, dict) else None
    return normalised(name) if isinstance(name, str) else ""


def _needed_siblings(
    project: PythonProject, siblings: Mapping[str, ProjectFiles]
) -> tuple[str, ...]:
    """Return the ways to the siblings that a project needs, and those that they need."""
    needed: dict[str, ProjectFiles] = {}
    waiting = [project.dependencies.names]
    while waiting:
        for name in sorted(waiting.pop() & siblings.keys()):
            files = siblings[name]
            if name not in needed and files.directory != project.files.directory:
                needed[name] = files
                waiting.append(read_dependencies(files.toml(_PYPROJECT), ()).project)
    start = project.files.directory or "."
    return tuple(os.path.relpath(files.directory or ".", start) for files in needed.values())


def _of_sibling(files: ProjectFiles, path: str) -> str:
    return os.path.normpath(f"{files.path(path)}/{_PYPROJECT}")


def is_uv_workspace(files: ProjectFiles, machine: Machine) -> bool:
    """Tell whether the packages below share one environment that uv makes."""
    tools = files.toml(_PYPROJECT).get("tool")
    uv = tools.get("uv") if isinstance(tools, dict) else None
    is_one = isinstance(uv, dict) and "workspace" in uv and files.has("uv.lock")
    return is_one and "uv" in machine.programs


def _in_own_environment(check: ProposedCheck) -> ProposedCheck:
    if "from" in check.table:
        return check
    return replace(check, table={"path": [f"{VENV}/bin"], **check.table})


def _read_project(files: ProjectFiles) -> PythonProject | None:
    found = [path for pattern in _REQUIREMENTS for path in files.matching(pattern)]
    requirements = tuple(path for path in found if not _OF_DOCUMENTATION.search(path))
    if not requirements and not files.has(*_MARKS):
        return None
    pyproject = files.toml(_PYPROJECT)
    # A directory of requirements has one file a purpose; the tests' is the one wanted.
    inner = [path for path in requirements if path.startswith("requirements/")]
    requirements = tuple(path for path in requirements if path not in inner or _is_for_tests(path))
    tox, hatch = read_tox(files), read_hatch(files)
    dependencies = read_dependencies(
        pyproject,
        [files.text(path) for path in requirements],
        files.ini("setup.cfg"),
        (*tox.deps, *hatch.tests),
        hatch.others,
    )
    return PythonProject(files, pyproject, requirements, dependencies, tox.commands)


def _is_for_tests(path: str) -> bool:
    return path.rpartition("/")[2].partition(".")[0] in {"test", "tests", "testing", "dev", "ci"}


def _packages(project: PythonProject, machine: Machine) -> PythonPackages:
    build = project.pyproject.get("build-system")
    table: TomlTable = build if isinstance(build, dict) else {}
    requires = table.get("requires")
    listed = [str(row) for row in requires] if isinstance(requires, list) else []
    return PythonPackages(
        project.requirements,
        project.dependencies,
        "build-system" in project.pyproject or project.files.has(_SETUP_SCRIPT),
        is_compiled(project.files, listed, str(table.get("build-backend", ""))),
        needed_plugins(project),
        next((lock for lock in LOCKS if _is_usable(project, lock, machine)), ""),
        is_uv_workspace(project.files, machine),
        metadata=committed_metadata(project.files),
        name=_name(project.pyproject),
    )


def _is_usable(project: PythonProject, lock: str, machine: Machine) -> bool:
    return project.files.has(lock) and LOCKS[lock] in machine.programs


def _versions(hints: Hint, interpreters: Collection[str]) -> tuple[str, ...]:
    """Return the versions that the project tests and this machine has, if there are several."""
    here = tuple(version for version in hints.pythons if version in interpreters)
    return here if len(here) >= _TOO_FEW else ()


def _apart(check: ProposedCheck) -> ProposedCheck:
    """Return a check that changes what is committed, where no other sees it."""
    return replace(check, table={**check.table, "own_workspace": True})


def _is_pytest(tool: PythonTool) -> bool:
    return tool.preset == "pytest"


def _unknown(path: str, modules: Sequence[str]) -> str:
    return (
        f"tests: {path} imports {', '.join(modules)}, and no file here names the packages; name"
        ' them and pytest in a dependency group, then `uses = "pytest"`'
    )


def _notes(
    project: PythonProject,
    hints: Hint,
    environment: PythonEnvironment,
    unsure: Collection[str],
    metadata: Sequence[str],
) -> Iterator[str]:
    if metadata and environment.setup:
        yield (
            f"{', '.join(map(project.files.path, metadata))}: committed, and written anew by every"
            " installation, so setup puts it back; better not to commit it"
        )
    if unsure:
        yield (
            f"advisory, {' and '.join(sorted(unsure))}: configured, but nothing here says which"
            " version; name it among the dependencies"
        )
    absent = [version for version in hints.pythons if version not in environment.versions]
    if len(hints.pythons) >= _TOO_FEW and absent:
        yield (
            f"the project is tested on Python {', '.join(hints.pythons)};"
            f" not checked here, or not by its own name: {', '.join(absent)}"
        )
    for lock, tool in LOCKS.items():
        if project.files.has(lock) and not environment.setup.startswith(tool):
            yield f"{project.files.path(lock)}: {tool} is not here, so pip installs without it"
    if environment.setup and not environment.is_kept:
        yield "setup builds compiled modules of the commit, so it is done for every run"


def _setup(command: str, directory: str) -> str:
    if not directory:
        return command
    check = in_directory(ProposedCheck("setup", {"run": command}), directory)
    return f"({check.table['run']})"


def _checks(
    project: PythonProject, tools: Sequence[PythonTool], hints: Hint, versions: Sequence[str]
) -> Iterator[ProposedCheck]:
    taken: set[str] = set()
    for tool in tools:
        name = tool.check if tool.check not in taken else tool.preset
        taken.add(name)
        if tool.preset == "pytest":
            yield from _pytest_checks(project, versions)
        elif tool.preset == "mypy":
            run = mypy_command(project, hints.commands)
            yield preset_check(name, "mypy", "python", **({"run": run} if run else {}))
        elif tool.preset == "pyright" and (run := pyright_command(project)):
            yield ProposedCheck(name, {"run": run, "failed_codes": [1]}, "python")
        else:
            yield preset_check(name, tool.preset, "python")
        if tool.preset == "ruff" and formats_by_ruff(project, hints):
            taken.add("format")
            yield preset_check("format", "ruff-format", "python")


def _unsure(project: PythonProject, tools: Sequence[PythonTool], hints: Hint) -> frozenset[str]:
    """Return the presets of tools that are configured and come from nowhere.

    Setup installs the newest, which may find what the project's own version does not.
    """
    unsure = {
        tool.preset
        for tool in tools
        if tool.preset != "pytest" and not is_chosen(project, tool, hints)
    }
    return frozenset(unsure | ({"ruff-format"} if "ruff" in unsure else set()))


def _as_advice(check: ProposedCheck) -> ProposedCheck:
    return replace(check, table={**check.table, "advisory": True})


def _pytest_checks(project: PythonProject, versions: Sequence[str]) -> Iterator[ProposedCheck]:
    bar = coverage_bar(project)
    preset = "pytest" if bar is None else "pytest-coverage"
    of_versions: dict[str, JsonValue] = {"uses": preset}
    if versions:
        of_versions["path"] = [f"{VENV}/{{matrix.python}}/bin"]
        of_versions["matrix"] = {"python": [*versions]}
    if directory := directory_of_tests(project):
        of_versions["env"] = {"PYTEST_ADDOPTS": directory}
    yield ProposedCheck("tests", of_versions, "python")
    if bar is not None:
        table: dict[str, JsonValue] = {
            "from": "tests",
            "report": "coverage:coverage.json",
            "threshold": int(bar) if bar == int(bar) else bar,
        }
        yield ProposedCheck("coverage", table, "python")
