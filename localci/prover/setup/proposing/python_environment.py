"""How a Python project's tools are had for a run: from its lock file, by pip, or from PATH."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.python_metadata import RESTORE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from localci.prover.setup.proposing.dependencies import Dependencies
    from localci.prover.setup.proposing.project_files import ProjectFiles

VENV: Final = ".venv"
LOCKS: Final = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm"}
"""Lock files, and the program that each is for."""
_PROJECT_FILES: Final = ("pyproject.toml", "setup.cfg", "setup.py")
_INSTALLED_BY_UV: Final = "dev"
"""The dependency group that uv installs without being asked."""
_PIP_WITH_GROUPS: Final = "pip>=25.1"
_PLUGINS: Final = {"pytest": "pytest-", "mypy": "types-"}
"""What the names of packages begin with that a tool needs beside it."""
_FOR_TESTS: Final = ("test", "tests", "testing")
"""Extras and groups that hold what the tests import, whether or not they name pytest."""
_FOR_WORK: Final = (*_FOR_TESTS, "dev", "develop", "development", "ci", "lint", "typing", "all")
_WITH_PLUGINS: Final = (*_FOR_WORK, "cov", "coverage")
_OF_OTHER_WORK: Final = re.compile(r"bench|doc|random|release|perf|fuzz|debug", re.IGNORECASE)
_COMPILERS: Final = re.compile(
    r"maturin|setuptools-rust|cython|meson|scikit-build|pybind11|nanobind|cffi|mypyc", re.IGNORECASE
)
_EXTENSIONS: Final = re.compile(r"\b(?:ext_modules|rust_extensions|cffi_modules|Extension\()")


@dataclass(frozen=True)
class PythonEnvironment:
    """The keys of `[run]` that make the environment.

    `is_kept` is False where it holds a build of the commit. `versions` of Python have one of their
    own each, below it.
    """

    setup: str = ""
    setup_inputs: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    is_kept: bool = True
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonPackages:
    """What there is to install: requirements files, named packages, and the project itself.

    `has_build_system` tells whether the project says how it is built, `is_compiled` whether its
    modules have to be built from other languages, and `missing` what its tests need and nothing
    installs. `lock` is the lock file that decides, "" for none, and `is_workspace` whether it is
    that of several packages. `siblings` are the paths to other packages of the repository that
    this one needs, which are on no index in the state of the commit. `metadata` are directories
    of the commit that an installation of the project writes into. `name` is the project's own.
    `absent` tells whether a tool is not on this machine, so that an environment has to bring it.
    """

    requirements: Sequence[str]
    dependencies: Dependencies
    has_build_system: bool
    is_compiled: bool = False
    missing: tuple[str, ...] = ()
    lock: str = ""
    is_workspace: bool = False
    siblings: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    name: str = ""
    absent: bool = False


def find_environment(
    files: ProjectFiles,
    packages: PythonPackages,
    tools: Collection[str],
    versions: Sequence[str] = (),
) -> PythonEnvironment:
    """Return the environment with these packages; with nothing to install it is PATH's.

    `versions` are further versions of Python to have one for.
    """
    found = _find_environment(files, packages, tools, versions)
    if found.setup and packages.metadata:
        return replace(found, setup=f"{found.setup} && {RESTORE}")
    return found


def _find_environment(
    files: ProjectFiles,
    packages: PythonPackages,
    tools: Collection[str],
    versions: Sequence[str],
) -> PythonEnvironment:
    dependencies = packages.dependencies
    inputs = tuple(path for path in _PROJECT_FILES if files.has(path))
    extras = " --all-extras" if _naming(dependencies.extras, tools) else ""
    is_kept = not packages.is_compiled
    if packages.lock == "uv.lock":
        asked = set(_chosen(dependencies.groups, tools, tools)) - {_INSTALLED_BY_UV}
        whole = " --all-packages" if packages.is_workspace else ""
        lock = f"uv sync --frozen{whole}{extras}{' --all-groups' if asked else ''}"
        if packages.is_compiled and packages.name:
            # Else uv takes what it once built at this path, whatever the sources are by now.
            lock += f" --reinstall-package {shlex.quote(packages.name)}"
        more = _absent(dependencies, tools)
        setup = " && ".join([lock, *([f"uv pip install {' '.join(more)}"] if more else [])])
        again = [_uv_for(version, lock, more) for version in versions]
        return _environment([setup, *again], ("uv.lock", *inputs), (), versions, is_kept=is_kept)
    if packages.lock == "poetry.lock":
        setup = f"poetry install --no-interaction{extras}"
        more = _absent(dependencies, tools)
        if more:
            setup += f" && poetry run python -m pip install {' '.join(more)}"
        inside = (("POETRY_VIRTUALENVS_IN_PROJECT", "true"),)
        return _environment([setup], ("poetry.lock", *inputs), inside, (), is_kept=is_kept)
    if packages.lock == "pdm.lock":
        setup = "pdm install --frozen-lockfile"
        return _environment([setup], ("pdm.lock", *inputs), (), (), is_kept=is_kept)
    # pip has a build system for a project that names none, and no other way to an extra.
    installs_project = packages.has_build_system or bool(extras)
    groups = _chosen(dependencies.groups, tools, tools)
    if not (installs_project or packages.requirements or groups or packages.absent):
        return PythonEnvironment()
    install = _pip_arguments(files, packages, tools, installs_project=installs_project)
    steps = [_new(VENV, "python3", install)]
    steps += [_new(f"{VENV}/{version}", f"python{version}", install) for version in versions]
    read = (*packages.requirements, *(inputs if installs_project or groups else ()))
    return _environment(steps, read, (), versions, is_kept=is_kept)


def is_compiled(files: ProjectFiles, build_requires: Sequence[str], backend: str) -> bool:
    """Tell whether modules of the project have to be compiled: a kept build would be stale."""
    return _COMPILERS.search(" ".join([*build_requires, backend])) is not None or (
        _EXTENSIONS.search(files.text("setup.py")) is not None
    )


def tools_environment(place: str, packages: Sequence[str]) -> str:
    """Return the command that makes a virtual environment with nothing but these packages."""
    return _new(place, "python3", " ".join(packages))


def _environment(
    steps: Sequence[str],
    inputs: tuple[str, ...],
    env: tuple[tuple[str, str], ...],
    versions: Sequence[str],
    *,
    is_kept: bool,
) -> PythonEnvironment:
    return PythonEnvironment(" && ".join(steps), inputs, (VENV,), env, is_kept, tuple(versions))


def _uv_for(version: str, lock: str, more: Sequence[str]) -> str:
    place = f"UV_PROJECT_ENVIRONMENT={VENV}/{version}"
    install = f" && VIRTUAL_ENV={VENV}/{version} uv pip install {' '.join(more)}" if more else ""
    return f"{place} {lock} --python {version}{install}"


def _absent(dependencies: Dependencies, tools: Collection[str]) -> list[str]:
    """Return the tools that a lock file does not hold."""
    return sorted(set(tools) - dependencies.names)


def _pip_arguments(
    files: ProjectFiles,
    packages: PythonPackages,
    tools: Collection[str],
    *,
    installs_project: bool,
) -> str:
    """Return what `pip install` installs: the project, the tools and their plugins.

    The project is installed as editable: the environment outlives the commit, and a copy of the
    project in there would be tested in place of the next commit.
    """
    dependencies = packages.dependencies
    wanted = frozenset(_with_plugins(dependencies, tools))
    installed = set(dependencies.requirements)
    arguments = [f"-r {shlex.quote(path)}" for path in packages.requirements]
    extras = _chosen(dependencies.extras, wanted, tools) if installs_project else ()
    left = wanted.difference(*(dependencies.extras[name] for name in extras))
    groups = _chosen(dependencies.groups, left, tools)
    installed.update(*(dependencies.extras[name] for name in extras))
    installed.update(*(dependencies.groups[name] for name in groups))
    if installs_project:
        installed.update(dependencies.project)
        with_extras = shlex.quote(f".[{','.join(extras)}]")
        # Without a build system old pip would write into the tree, where nothing is kept.
        if not files.has("pyproject.toml"):
            arguments.append("--use-pep517")
        arguments += [f"-e {shlex.quote(path)}" for path in packages.siblings]
        arguments.append(f"-e {with_extras if extras else '.'}")
    arguments += [f"--group {shlex.quote(name)}" for name in groups]
    arguments += sorted((wanted | set(packages.missing)) - installed)
    return " ".join(arguments)


def _new(place: str, python: str, arguments: str) -> str:
    """Return the command that makes an environment; tools that walk the tree pass over it."""
    pip = f"{place}/bin/python -m pip install"
    steps = [f"{python} -m venv {place}", f"echo '*' > {place}/.gitignore"]
    if " --group " in arguments:
        steps.append(f"{pip} --quiet --upgrade {shlex.quote(_PIP_WITH_GROUPS)}")
    return " && ".join([*steps, f"{pip} {arguments}"])


def _with_plugins(dependencies: Dependencies, tools: Collection[str]) -> Iterator[str]:
    yield from tools
    beginnings = tuple(_PLUGINS[tool] for tool in tools if tool in _PLUGINS)
    named = (*dependencies.extras.items(), *dependencies.groups.items())
    # Those of a group for something else, like one for mypy's own tests, may break the rest.
    elsewhere = (names for key, names in named if key.lower() in _WITH_PLUGINS)
    always = (dependencies.project, dependencies.requirements, dependencies.managed)
    names = frozenset().union(*always, *elsewhere)
    yield from (name for name in names if name.startswith(beginnings))
    if "pytest" in tools:
        yield from dependencies.tox


def _naming(named: Mapping[str, frozenset[str]], packages: Collection[str]) -> tuple[str, ...]:
    """Return the keys of the extras or groups that name one of the packages."""
    return tuple(key for key, names in named.items() if names.intersection(packages))


def _chosen(
    named: Mapping[str, frozenset[str]], packages: Collection[str], tools: Collection[str]
) -> tuple[str, ...]:
    """Return the extras or groups to install: those for work, and what else names a package.

    Those for benchmarks, documentation and releases are left out, unless a tool is only there.
    """
    naming = _naming(named, packages)
    usual = [key for key in named if key.lower() in _FOR_TESTS and "pytest" in packages]
    usual += [key for key in naming if key.lower() in _FOR_WORK]
    left = set(packages).difference(*(named[key] for key in usual))
    more = [key for key in naming if named[key] & left and not _OF_OTHER_WORK.search(key)]
    left = left.intersection(tools).difference(*(named[key] for key in more))
    last = [key for key in naming if named[key] & left]
    chosen = {*usual, *more, *last}
    return tuple(key for key in named if key in chosen)
