"""Which checks and which policy are proposed, by what lies in the working directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.presets import preset_table
from localci.config.read_policy import read_policy
from localci.errors import UsageError
from localci.prover.setup.proposing.machine import Machine
from localci.prover.setup.proposing.propose import (
    existing_configuration,
    propose_configuration,
    propose_policy,
    protected_paths,
    read_proposed,
)
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from localci.config.configuration import Configuration

RUFF = "[tool.ruff]\nline-length = 100\n"
UV = {"uv.lock": "version = 1\n"}


ALL_HERE = Machine(frozenset({"uv", "poetry", "pdm", "ruff", "mypy", "pytest"}))
NO_TOOLS = Machine()


def proposed(tmp_path: Path, files: dict[str, str], machine: Machine = ALL_HERE) -> Configuration:
    # Without a test pytest is not proposed.
    if any("pytest" in text for text in files.values()):
        files = {"app_test.py": "", **files}
    write_files(tmp_path, files)
    return read_proposed(propose_configuration(WorkingTree(tmp_path), lambda _: machine))


def runs(configuration: Configuration) -> dict[str, str]:
    return {check.name: check.run for check in configuration.checks}


@pytest.mark.parametrize(
    ("files", "checks"),
    [
        ({"pyproject.toml": RUFF}, ["lint"]),
        ({"pyproject.toml": RUFF + "[tool.ruff.format]\n"}, ["lint", "format"]),
        ({"setup.py": "", "ruff.toml": ""}, ["lint"]),
        ({"setup.cfg": "", ".ruff.toml": ""}, ["lint"]),
        ({"pyproject.toml": "[tool.mypy]\nstrict = true\n"}, ["types"]),
        ({"setup.py": "", "mypy.ini": ""}, ["types"]),
        ({"setup.cfg": "[metadata]\n[mypy]\n"}, ["types"]),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ["tests"]),
        ({"setup.cfg": "[tool:pytest]\n"}, ["tests"]),
        ({"setup.py": "", "tox.ini": "[pytest]\n"}, ["tests"]),
        ({"setup.py": "", "tests/unit/test_a.py": ""}, ["tests"]),
        (
            {"pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8", "Ruff"]\n'},
            ["lint", "tests"],
        ),
        ({"pyproject.toml": '[project]\noptional-dependencies.t = ["mypy[x]~=1"]\n'}, ["types"]),
        ({"pyproject.toml": '[tool.poetry.group.dev.dependencies]\npytest = "*"\n'}, ["tests"]),
        ({"pyproject.toml": '[tool.uv]\ndev-dependencies = ["pytest"]\n'}, ["tests"]),
        ({"requirements-dev.txt": "# mypy\n-r requirements.txt\nruff==0.9\n"}, ["lint"]),
    ],
)
def test_a_python_project_is_checked_with_what_it_uses(
    files: dict[str, str], checks: list[str], tmp_path: Path
) -> None:
    assert list(runs(proposed(tmp_path, files))) == checks


def test_with_nothing_to_install_tools_come_from_path(tmp_path: Path) -> None:
    configuration = proposed(tmp_path, {"pyproject.toml": RUFF, "tests/test_a.py": ""})

    assert (configuration.run.setup, configuration.run.path) == ("", ())
    assert runs(configuration)["tests"].startswith("pytest --junitxml=")


def test_a_tool_that_is_not_here_is_installed_and_only_advises_where_no_version_is_named(
    tmp_path: Path,
) -> None:
    files = {"pyproject.toml": RUFF, "tests/test_a.py": ""}
    configuration = proposed(tmp_path, files, NO_TOOLS)

    assert configuration.run.setup.endswith("-m pip install pytest ruff")
    assert configuration.run.path == (".venv/bin",)
    assert [check.advisory for check in configuration.checks] == [True, False]


@pytest.mark.parametrize("machine", [ALL_HERE, NO_TOOLS])
def test_a_group_that_names_the_tools_is_installed(tmp_path: Path, machine: Machine) -> None:
    groups = '[dependency-groups]\ndev = ["ruff", "pytest"]\n'
    project = f'[project]\nname = "a"\nversion = "1"\n{groups}'
    files = {"pyproject.toml": project, "tests/test_a.py": ""}
    configuration = proposed(tmp_path, files, machine)

    assert configuration.run.setup.endswith("-m pip install --group dev")
    assert configuration.run.setup_inputs == ("pyproject.toml",)
    assert not any(check.advisory for check in configuration.checks)


def test_a_uv_lock_makes_the_environment_and_every_tool_comes_from_it(tmp_path: Path) -> None:
    dev = '[dependency-groups]\ndev = ["ruff", "pytest", "mypy"]\n'
    configuration = proposed(tmp_path, {**UV, "pyproject.toml": dev, "tests/test_a.py": ""})

    assert configuration.run.setup == "uv sync --frozen"
    assert configuration.run.setup_inputs == ("uv.lock", "pyproject.toml")
    assert configuration.run.keep == (".venv",)
    assert configuration.run.path == (".venv/bin",)


def test_what_the_lock_lacks_is_installed_beside_it(tmp_path: Path) -> None:
    configuration = proposed(tmp_path, {**UV, "pyproject.toml": RUFF, "tests/test_a.py": ""})

    assert configuration.run.setup == "uv sync --frozen && uv pip install pytest ruff"


def test_without_the_locks_program_pip_installs(tmp_path: Path) -> None:
    table = "[dependency-groups]\ndev = ['pytest']\n"
    files = {**UV, "pyproject.toml": BUILD + table, "app_test.py": ""}
    write_files(tmp_path, files)
    written = propose_configuration(WorkingTree(tmp_path))

    assert read_proposed(written).run.setup.endswith("-m pip install -e . --group dev")
    assert b"# uv.lock: uv is not here" in written


@pytest.mark.parametrize(
    ("table", "setup"),
    [
        ('[dependency-groups]\ndev = ["pytest"]\n', "uv sync --frozen"),
        ('[dependency-groups]\ntest = ["pytest"]\n', "uv sync --frozen --all-groups"),
        ('[project.optional-dependencies]\nt = ["pytest"]\n', "uv sync --frozen --all-extras"),
    ],
)
def test_uv_installs_what_brings_the_tools(table: str, setup: str, tmp_path: Path) -> None:
    assert proposed(tmp_path, {**UV, "pyproject.toml": table}).run.setup == setup


def test_uv_installs_what_tests_import_and_whatever_runs_them(tmp_path: Path) -> None:
    table = '[dependency-groups]\ntest = ["trustme"]\n'
    files = {**UV, "pyproject.toml": table, "tests/test_a.py": ""}

    setup = proposed(tmp_path, files).run.setup

    assert setup == "uv sync --frozen --all-groups && uv pip install pytest"


def test_a_poetry_lock_makes_the_environment_inside_the_workspace(tmp_path: Path) -> None:
    table = '[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
    configuration = proposed(tmp_path, {"poetry.lock": "", "pyproject.toml": table})

    assert configuration.run.setup == "poetry install --no-interaction"
    assert configuration.run.env == {"POETRY_VIRTUALENVS_IN_PROJECT": "true"}
    assert configuration.run.path == (".venv/bin",)


def test_requirements_make_an_environment_with_the_tools_they_lack(tmp_path: Path) -> None:
    files = {"requirements.txt": "attrs\n", "requirements dev.txt": "mypy\n", "tests/test_a.py": ""}
    configuration = proposed(tmp_path, files)

    assert configuration.run.setup == (
        "python3 -m venv .venv && echo '*' > .venv/.gitignore && .venv/bin/python -m pip install"
        " -r 'requirements dev.txt' -r requirements.txt pytest"
    )
    assert configuration.run.setup_inputs == ("requirements dev.txt", "requirements.txt")
    assert runs(configuration)["types"].endswith("-summary --config-file= .")
    assert configuration.run.path == (".venv/bin",)


BUILD = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "app"\n'
DEV = '["ruff", "pytest>=8"]'


@pytest.mark.parametrize(
    ("table", "installed"),
    [
        (f"[project.optional-dependencies]\ndev = {DEV}\ndocs = ['sphinx']\n", "-e '.[dev]'"),
        ("[project.optional-dependencies]\nl = ['ruff']\nt = ['pytest']\n", "-e '.[l,t]'"),
        ("[project.optional-dependencies]\nl = ['ruff']\n", "-e '.[l]' pytest"),
        ("[project.optional-dependencies]\n'a;b' = ['ruff']\n", "-e . pytest ruff"),
        ("dependencies = ['pytest', 'ruff']\n", "-e ."),
        ("[tool.poetry.group.dev.dependencies]\nruff = '*'\n", "-e . pytest ruff"),
        ("[dependency-groups]\ncov = ['pytest-cov']\nx = ['y']\n", "-e . --group cov pytest ruff"),
        (f"[dependency-groups]\ndev = {DEV}\n", "-e . --group dev"),
        ("", "-e . pytest ruff"),
    ],
)
def test_with_a_build_system_pip_installs_project_and_tools(
    table: str, installed: str, tmp_path: Path
) -> None:
    files = {"pyproject.toml": BUILD + table, "ruff.toml": "", "tests/test_a.py": ""}
    configuration = proposed(tmp_path, files)

    first, ignored, *middle, last = configuration.run.setup.split(" && ")
    assert first == "python3 -m venv .venv"
    assert ignored == "echo '*' > .venv/.gitignore"
    assert last == f".venv/bin/python -m pip install {installed}"
    upgrade = [".venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'"]
    assert middle == (upgrade if "--group" in installed else [])
    assert configuration.run.setup_inputs == ("pyproject.toml",)
    assert configuration.run.keep == (".venv",)
    assert configuration.run.path == (".venv/bin",)


def test_requirements_of_a_project_with_a_build_system_come_with_the_project(
    tmp_path: Path,
) -> None:
    files = {"setup.py": "", "requirements.txt": "pytest\n", "tests/test_a.py": ""}
    configuration = proposed(tmp_path, files)

    assert configuration.run.setup.endswith("pip install -r requirements.txt --use-pep517 -e .")
    assert configuration.run.setup_inputs == ("requirements.txt", "setup.py")


def test_an_extra_is_installed_even_where_no_build_system_is_named(tmp_path: Path) -> None:
    table = f'[project]\nname = "app"\n[project.optional-dependencies]\ndev = {DEV}\n'

    assert proposed(tmp_path, {"pyproject.toml": table}).run.setup.endswith("-e '.[dev]'")


def test_mypy_is_told_what_to_check_unless_its_configuration_does(tmp_path: Path) -> None:
    table = '[tool.mypy]\nfiles = ["src", "noxfile.py"]\n'
    source = {"src/app/__init__.py": ""}
    own = proposed(tmp_path / "a", {"pyproject.toml": table, "noxfile.py": "", **source})
    lacking = proposed(tmp_path / "b", {"pyproject.toml": table, **source})
    bare = {"pyproject.toml": "[tool.mypy]\nstrict = true\n"}
    package = proposed(tmp_path / "c", {**bare, "app/__init__.py": "", "tests/__init__.py": ""})
    none = proposed(tmp_path / "d", bare)

    assert runs(own)["types"] == (preset_table("mypy") or {})["run"]
    assert runs(lacking)["types"].endswith("-summary src")
    assert runs(package)["types"].endswith("-summary app")
    assert runs(none)["types"].endswith("-summary .")


def test_a_bar_for_coverage_that_the_project_set_itself_is_kept(tmp_path: Path) -> None:
    table = '[dependency-groups]\ndev = ["pytest-cov"]\n[tool.coverage.report]\nfail_under = 87.5\n'
    configuration = proposed(tmp_path, {"pyproject.toml": table, "tests/test_a.py": ""})

    coverage = configuration.check("coverage")
    assert coverage is not None
    assert (coverage.source, coverage.threshold) == ("tests", 87.5)
    assert "--cov-report=json:{reports}/coverage.json" in runs(configuration)["tests"]
    assert "[require.coverage]\nmin_percentage = 87.5\n" in policy_text(configuration)


@pytest.mark.parametrize("name", ["Makefile", "GNUmakefile"])
@pytest.mark.parametrize("target", ["test", "check"])
def test_other_projects_are_checked_by_their_makefile(
    name: str, target: str, tmp_path: Path
) -> None:
    files = {name: f"PYTHON := x\n{target}: all\n\tsh run\n"}

    assert runs(proposed(tmp_path, files)) == {"tests": f"make {target}"}


@pytest.mark.parametrize(
    "files",
    [{}, {"README.md": "x"}, {"Makefile": "test := 1\nall:\n"}, {"pyproject.toml": "[project]\n"}],
)
def test_where_nothing_is_recognised_it_says_what_to_write(
    files: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"nothing is recognised.*\[checks.tests\]"):
        proposed(tmp_path, files)


def test_a_broken_pyproject_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"pyproject.toml:2: not TOML"):
        proposed(tmp_path, {"pyproject.toml": "[tool.ruff]\nx = \n"})


def policy_text(configuration: Configuration) -> str:
    return propose_policy("example.org/app", configuration).decode()


def test_the_policy_requires_what_each_check_can_show(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "localci.toml": """\
version = 1
[checks.tests]
run = "t"
report = "junit:j.xml"
[checks.lint]
uses = "ruff"
max_issues = 3
["checks"."py3.11"]
run = "x"
[checks.advice]
run = "y"
advisory = true
"""
        },
    )
    configuration = existing_configuration(WorkingTree(tmp_path))
    assert configuration is not None

    policy = read_policy({".localci/policy.toml": policy_text(configuration).encode()}.get)

    assert [item.name for item in policy.requirements] == ["tests", "lint", "py3.11"]
    tests, lint, plain = policy.requirements
    assert (tests.max_failed, tests.min_total, lint.max_issues) == (0, 1, 3)
    assert (plain.max_failed, plain.max_issues) == (None, None)
    assert policy.repositories == ("example.org/app",)
    assert policy.max_age == 30 * 86_400


@pytest.mark.parametrize(
    ("files", "more"),
    [
        ({}, []),
        ({".gitlab-ci.yml": "", "sub/Jenkinsfile": ""}, [".gitlab-ci.yml"]),
        ({"Jenkinsfile": "", ".forgejo/workflows/ci.yml": ""}, ["Jenkinsfile", ".forgejo/**"]),
        ({".gitea/workflows/ci.yml": ""}, [".gitea/**"]),
    ],
)
def test_the_policy_protects_what_decides(
    files: dict[str, str], more: list[str], tmp_path: Path
) -> None:
    configuration = proposed(tmp_path, {"Makefile": "test:\n", **files})
    written = propose_policy(
        "example.org/app", configuration, protected_paths(WorkingTree(tmp_path))
    )

    policy = read_policy({".localci/policy.toml": written}.get)

    assert [rule.pattern for rule in policy.path_rules] == [".localci/**", ".github/**", *more]
    assert {rule.roles for rule in policy.path_rules} == {frozenset({"maintainer"})}
    assert b"types `localci approve`" in written


def test_an_existing_configuration_is_found_in_either_file(tmp_path: Path) -> None:
    files = WorkingTree(tmp_path)
    assert existing_configuration(files) is None
    table = '[tool.localci]\nversion = 1\n[tool.localci.checks.a]\nrun = "x"\n'
    write_files(tmp_path, {"pyproject.toml": table})
    found = existing_configuration(files)
    assert found is not None
    assert found.file == "pyproject.toml"


def test_what_does_not_always_apply_is_not_required(tmp_path: Path) -> None:
    checks = (
        "version = 1\n[checks.always]\nrun = 'true'\n"
        "[checks.some]\nrun = 'true'\nwhen.branches = ['main']\n"
        "[checks.after]\nrun = 'true'\nneeds = ['some']\n"
    )
    write_files(tmp_path, {"localci.toml": checks})
    configuration = existing_configuration(WorkingTree(tmp_path))
    assert configuration is not None
    policy = propose_policy("github.com/acme/app", configuration).decode()
    assert "[require.always]" in policy
    assert policy.count("[require.") == 1


@pytest.mark.parametrize("key", ["advisory = true", "when.branches = ['main']"])
def test_a_policy_that_could_require_nothing_is_not_proposed(key: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"localci.toml": f"version = 1\n[checks.a]\nrun = 'true'\n{key}\n"})
    configuration = existing_configuration(WorkingTree(tmp_path))
    assert configuration is not None
    with pytest.raises(UsageError, match=r"no check of localci.toml counts for every commit"):
        propose_policy("github.com/acme/app", configuration)
