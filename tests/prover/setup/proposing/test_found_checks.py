"""What is found in repositories of every kind, and that what is proposed can be read back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from localci.config.read_policy import read_policy
from localci.prover.setup.proposing.machine import Machine
from localci.prover.setup.proposing.proposal import slug
from localci.prover.setup.proposing.propose import (
    propose_configuration,
    propose_policy,
    read_proposed,
)
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import make_repository, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from localci.config.configuration import Check, Configuration

EVERYTHING = Machine(
    frozenset(
        {
            "actionlint", "cargo-audit", "cargo-nextest", "dpkg-buildpackage", "gitleaks",
            "lintian", "pre-commit", "semgrep", "uv", "zizmor",
        }
    ),
    frozenset({"3.11", "3.12"}),
)  # fmt: skip
NOTHING = Machine()
CARGO = '[package]\nname = "app"\nversion = "0.1.0"\n'
GO = "module example.org/app\n"
PYTHON = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "app"\n'
TESTS = {"tests/test_a.py": ""}


def written(root: Path, files: dict[str, str], machine: Machine = EVERYTHING) -> str:
    # Without tests nothing is proposed that runs them.
    marks = {"pytest": "app_test.py", CARGO: "src/lib.rs", GO: "app_test.go"}
    texts = "".join(files.values())
    files = {**{path: "#[test]\n" for mark, path in marks.items() if mark in texts}, **files}
    write_files(root, files)
    first = propose_configuration(WorkingTree(root), lambda _: machine)
    assert first == propose_configuration(WorkingTree(root), lambda _: machine)
    return first.decode()


def proposed(root: Path, files: dict[str, str], machine: Machine = EVERYTHING) -> Configuration:
    configuration = read_proposed(written(root, files, machine).encode())
    policy = propose_policy("example.org/app", configuration)
    read_policy({".localci/policy.toml": policy}.get)
    return configuration


def checks(configuration: Configuration) -> dict[str, str]:
    """The preset of each check, or its command."""
    tables = configuration.tables["checks"]
    assert isinstance(tables, dict)
    found = {}
    for name, table in tables.items():
        assert isinstance(table, dict)
        found[name] = str(table.get("uses") or table.get("run") or table.get("from"))
    return found


def one(configuration: Configuration, name: str) -> Check:
    found = configuration.check(name)
    assert found is not None
    return found


def workflow(*steps: str, job: str = "") -> dict[str, str]:
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{job}    steps:\n"
    return {".github/workflows/ci.yml": text + "".join(f"      - {step}\n" for step in steps)}


HOOKS = "repos:\n- repo: https://example.org/h\n  rev: v1\n  hooks:\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"Cargo.toml": CARGO, **workflow("run: cargo fmt --check", "run: cargo clippy")},
            {"format": "cargo-fmt", "lint": "clippy", "tests": "cargo-test"},
        ),
        (
            {"Cargo.toml": CARGO, ".config/nextest.toml": "", "audit.toml": ""},
            {
                "format": "cargo-fmt", "lint": "clippy", "tests": "cargo-nextest",
                "audit": "cargo-audit",
            },
        ),
        ({"go.mod": GO}, {"format": "gofmt", "lint": "go-vet", "tests": "go-test"}),
        (
            {
                "package.json": '{"devDependencies": {"eslint": "9", "typescript": "5",'
                ' "vitest": "3"}}',
                "package-lock.json": "{}", "eslint.config.js": "", "tsconfig.json": "{}",
            },
            {"lint": "eslint", "types": "tsc", "tests": "vitest"},
        ),
        (
            {
                "package.json": '{"devDependencies": {"jest": "29", "vitest": "3"},'
                ' "scripts": {"test": "jest --ci"}}',
            },
            {"tests": "jest"},
        ),
        (
            {"package.json": '{"scripts": {"test": "node --test"}}', "yarn.lock": ""},
            {"tests": "npm test"},
        ),
        (
            {"debian/control": "", "debian/rules": ""},
            {"package": "dpkg-buildpackage", "lintian": "lintian"},
        ),
        (
            {"Makefile": "test:\n\ttrue\n", ".gitleaks.toml": "", ".semgrep.yml": "rules: []\n"},
            {"tests": "make test", "secrets": "gitleaks", "sast": "semgrep"},
        ),
        (
            {
                "Makefile": "test:\n",
                **workflow("run: actionlint", "uses: zizmorcore/zizmor-action@v1"),
            },
            {"tests": "make test", "workflows": "zizmor", "actionlint": "actionlint"},
        ),
        (
            {".pre-commit-config.yaml": HOOKS + "  - id: black\n"},
            {"pre-commit": "pre-commit"},
        ),
        (
            {
                "pyproject.toml": '[dependency-groups]\ndev = ["black", "bandit", "pip-audit",'
                ' "import-linter", "build", "twine", "pytest"]\n',
            },
            {
                "format": "black", "imports": "import-linter", "security": "bandit",
                "audit": "pip-audit", "tests": "pytest", "package": "python-package",
            },
        ),
        (
            {
                "pyproject.toml": "[tool.pyright]\n[tool.mypy]\n"
                '[dependency-groups]\nt = ["pyright"]\n',
            },
            {"types": "mypy", "pyright": "pyright"},
        ),
        (
            {"setup.py": "", **TESTS, "Cargo.toml": CARGO},
            {
                "tests": "pytest", "format": "cargo-fmt", "lint": "clippy",
                "tests-rust": "cargo-test",
            },
        ),
    ],
)  # fmt: skip
def test_each_kind_of_repository_gets_its_checks(
    files: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    assert checks(proposed(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"Cargo.toml": CARGO, "audit.toml": ""}, "cargo audit is used and not installed here"),
        ({"Cargo.toml": CARGO, ".config/nextest.toml": ""}, "cargo nextest is used and not"),
        ({"Makefile": "test:\n", ".gitleaks.toml": ""}, "asks for gitleaks, which is not here"),
        ({"Makefile": "test:\n", "debian/control": "", "debian/rules": ""}, "dpkg-buildpackage"),
        ({"Makefile": "test:\n", "Dockerfile": ""}, '# Dockerfile: `uses = "docker-buildx"`'),
        ({"Makefile": "test:\n", **workflow("run: x")}, "# .github/workflows: `uses = "),
        ({"package.json": '{"devDependencies": {"eslint": "9", "jest": "1"}}'}, "no configuration"),
        ({"go.mod": GO, **workflow("run: golangci-lint run")}, "golangci-lint is used in CI"),
    ],
)  # fmt: skip
def test_what_could_not_work_here_is_a_comment_with_its_reason(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    assert said in written(tmp_path, files, NOTHING)


def test_what_pip_can_install_setup_installs(tmp_path: Path) -> None:
    files = {".pre-commit-config.yaml": HOOKS + "  - id: x\n", ".semgrep/a.yml": "rules: []\n"}
    configuration = proposed(tmp_path, files, NOTHING)

    assert checks(configuration) == {"pre-commit": "pre-commit", "sast": "semgrep"}
    assert configuration.run.setup == (
        "python3 -m venv .venv/tools && echo '*' > .venv/tools/.gitignore"
        " && .venv/tools/bin/python -m pip install pre-commit semgrep"
    )
    assert configuration.run.keep == (".venv",)
    assert {check.path for check in configuration.checks} == {(".venv/tools/bin",)}


def test_localcis_own_hook_is_no_check(tmp_path: Path) -> None:
    files = {".pre-commit-config.yaml": HOOKS + "  - id: localci\n", "Makefile": "test:\n"}

    assert checks(proposed(tmp_path, files)) == {"tests": "make test"}


def test_a_tool_that_only_pre_commit_runs_is_left_to_it(tmp_path: Path) -> None:
    files = {
        ".pre-commit-config.yaml": HOOKS + "  - id: ruff-check\n  - id: mypy\n",
        "pyproject.toml": "[tool.ruff]\n[tool.mypy]\n[tool.black]\n",
    }

    assert checks(proposed(tmp_path, files)) == {"format": "black", "pre-commit": "pre-commit"}


def test_rusts_lint_is_advisory_where_nothing_says_that_it_is_used(tmp_path: Path) -> None:
    configuration = proposed(tmp_path, {"Cargo.toml": CARGO, "rustfmt.toml": ""})

    assert one(configuration, "lint").advisory
    assert not one(configuration, "format").advisory
    assert "[require.lint]" not in propose_policy("example.org/a", configuration).decode()


def test_vendored_crates_are_used_offline_and_members_are_the_roots(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
        "crates/a/Cargo.toml": CARGO,
        "crates/a/src/lib.rs": "#[cfg(test)]\n",
        ".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendored-sources"\n',
        "vendor/b/Cargo.toml": CARGO,
        "include/cargo/c/Cargo.toml": CARGO,
        "include/cargo/c/.cargo-checksum.json": "{}",
    }
    configuration = proposed(tmp_path, files)

    assert configuration.run.env == {"CARGO_NET_OFFLINE": "true"}
    assert list(checks(configuration)) == ["format", "lint", "tests"]


@pytest.mark.parametrize(
    "manifest",
    [
        {"pyproject.toml": '[build-system]\nrequires = ["maturin>=1"]\n'},
        {"pyproject.toml": '[build-system]\nrequires = ["setuptools", "setuptools-rust"]\n'},
        {"setup.py": "setup(ext_modules=[Extension('a', ['a.c'])])\n"},
    ],
)
def test_an_environment_with_compiled_modules_is_made_for_every_commit(
    manifest: dict[str, str], tmp_path: Path
) -> None:
    run = proposed(tmp_path, {**manifest, **TESTS}).run

    assert run.setup
    assert (run.keep, run.setup_inputs) == ((), ())


@pytest.mark.parametrize(
    ("lock", "setup"),
    [
        ("package-lock.json", "npm ci --no-audit --no-fund"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
        ("yarn.lock", "yarn install --frozen-lockfile"),
        ("", "npm install --no-audit --no-fund --no-package-lock"),
    ],
)
def test_javascript_is_installed_by_its_lock(lock: str, setup: str, tmp_path: Path) -> None:
    files = {
        "package.json": '{"devDependencies": {"vitest": "3"}}',
        **({lock: "{}"} if lock else {}),
    }
    run = proposed(tmp_path, files).run

    assert (run.setup, run.keep) == (setup, ("node_modules",))
    assert run.setup_inputs == ("package.json", *([lock] if lock else []))


def test_yarn_of_today_knows_another_option(tmp_path: Path) -> None:
    manifest = '{"packageManager": "yarn@4.1.0", "devDependencies": {"jest": "29"}}'

    run = proposed(tmp_path, {"package.json": manifest, "yarn.lock": ""}).run
    assert run.setup == "yarn install --immutable"


def test_directories_with_manifests_get_checks_of_their_own(tmp_path: Path) -> None:
    files = {
        "backend/pyproject.toml": PYTHON + "[tool.ruff]\n",
        "backend/tests/test_a.py": "",
        "services/api/go.mod": GO,
        "services/api/a_test.go": "",
        "web/package.json": '{"devDependencies": {"vitest": "3"}}',
        "web/package-lock.json": "{}",
        "web/node_modules/x/package.json": '{"devDependencies": {"jest": "3"}}',
        "backend/tests/data/Cargo.toml": CARGO,
        "other/.git/HEAD": "", "other/go.mod": GO,
        "env2/pyvenv.cfg": "", "env2/pyproject.toml": PYTHON + "[tool.ruff]\n",
    }  # fmt: skip
    configuration = proposed(tmp_path, files)

    assert checks(configuration) == {
        "lint-backend": "ruff", "tests-backend": "pytest",
        "format-services-api": "gofmt", "lint-services-api": "go-vet",
        "tests-services-api": "go-test", "tests-web": "vitest",
    }  # fmt: skip
    assert one(configuration, "tests-backend").run.startswith("cd backend")
    assert one(configuration, "tests-backend").path == ("backend/.venv/bin",)
    assert configuration.run.path == ()
    assert configuration.run.keep == ("backend/.venv", "web/node_modules")
    backend, web = configuration.run.setup.split(" &&\n")
    assert backend.startswith("(cd backend && ")
    assert web == "(cd web && npm ci --no-audit --no-fund)"
    assert configuration.run.setup_inputs == (
        "backend/pyproject.toml", "web/package.json", "web/package-lock.json",
    )  # fmt: skip


def test_packages_of_a_uv_workspace_share_its_environment(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n[tool.ruff]\n",
        "uv.lock": "",
        "packages/a/pyproject.toml": PYTHON,
        "packages/a/tests/test_a.py": "",
    }
    configuration = proposed(tmp_path, files)

    assert configuration.run.setup.startswith("uv sync --frozen --all-packages")
    assert " &&\n" not in configuration.run.setup
    assert one(configuration, "tests-packages-a").run.startswith("cd packages/a")
    assert configuration.run.path == (".venv/bin",)


MATRIX = (
    "    strategy:\n      matrix:\n        python-version: ['3.9', '3.11', '3.12']\n"
)  # fmt: skip


@pytest.mark.parametrize(
    "tested",
    [workflow("run: pytest", job=MATRIX), {"tox.ini": "[tox]\nenvlist = py{39,311,312}\n"}],
)
def test_versions_of_python_that_are_tested_and_here_are_a_matrix(
    tested: dict[str, str], tmp_path: Path
) -> None:
    text = written(tmp_path, {"pyproject.toml": PYTHON + "[tool.ruff]\n", **TESTS, **tested})
    configuration = read_proposed(text.encode())

    assert one(configuration, "tests").matrix == {"python": ("3.11", "3.12")}
    assert one(configuration, "tests").path == (".venv/{matrix.python}/bin",)
    assert one(configuration, "lint").matrix is None
    assert "python3.12 -m venv .venv/3.12" in configuration.run.setup
    assert "# the project is tested on Python 3.9, 3.11, 3.12;" in text


def test_one_version_of_python_makes_no_matrix(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYTHON, **TESTS, **workflow("run: pytest", job=MATRIX)}
    configuration = proposed(tmp_path, files, Machine(pythons=frozenset({"3.11"})))

    assert one(configuration, "tests").matrix is None


COMPOSE = """\
services:
  db:
    image: postgres:16-alpine
    environment: {POSTGRES_USER: app, POSTGRES_PASSWORD: x, POSTGRES_DB: shop}
  cache:
    image: docker.io/library/redis:7
  search:
    image: elasticsearch:8
  web:
    build: .
    environment:
      - DATABASE_URL=postgres://app:x@db:5432/shop
      - REDIS_HOST=cache
      - REDIS_PORT=6379
"""


def test_containers_of_the_compose_file_are_servers_of_this_machine(tmp_path: Path) -> None:
    text = written(tmp_path, {"setup.py": "", **TESTS, "docker-compose.yml": COMPOSE})
    configuration = read_proposed(text.encode())
    postgres, redis = configuration.services

    assert one(configuration, "tests").services == ("postgres", "redis")
    assert postgres.env == {"DATABASE_URL": "postgres://app@127.0.0.1:{port}/shop"}
    assert redis.env == {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "{port}"}
    assert "CREATE DATABASE shop" in postgres.run
    assert "docker-compose.yml:7: service search (elasticsearch:8) is not translated" in text


def test_what_nobody_says_of_a_service_is_what_libraries_look_for(tmp_path: Path) -> None:
    services = "    services:\n      redis:\n        image: redis\n"
    files = {"Makefile": "test:\n", **workflow("run: x", job=services)}

    (redis,) = proposed(tmp_path, files).services
    assert redis.env == {"REDIS_URL": "redis://127.0.0.1:{port}/0"}


def test_a_result_that_depends_on_advisories_is_a_day_old_at_most(tmp_path: Path) -> None:
    files = {"pyproject.toml": '[dependency-groups]\ndev = ["pip-audit", "pytest"]\n'}
    policy = propose_policy("example.org/app", proposed(tmp_path, files)).decode()

    assert '[require.audit]\nmax_issues = 0\nmax_age = "1d"\n' in policy
    assert policy.count("max_age") == 2


def test_coverage_is_measured_where_the_project_has_a_bar_for_it(tmp_path: Path) -> None:
    files = {
        "setup.cfg": "[tool:pytest]\naddopts = --cov=app --cov-fail-under=91 -n auto\n",
        "setup.py": "", **TESTS,
    }  # fmt: skip
    configuration = proposed(tmp_path, files)

    assert checks(configuration) == {"tests": "pytest-coverage", "coverage": "tests"}
    assert one(configuration, "coverage").threshold == 91
    assert "pytest-cov pytest-xdist" in configuration.run.setup


def test_groups_of_dependencies_are_followed_and_those_of_other_work_left(tmp_path: Path) -> None:
    table = """\
[dependency-groups]
base = ["pytest", "hypothesis"]
tests = [{ include-group = "base" }]
benchmark = [{ include-group = "tests" }, "pytest-codspeed"]
docs = ["sphinx", "pytest"]
"""
    setup = proposed(tmp_path, {"pyproject.toml": PYTHON + table, **TESTS}).run.setup

    assert setup.endswith("-m pip install -e . --group tests")


def test_what_tox_installs_for_the_tests_is_installed(tmp_path: Path) -> None:
    tox = "[testenv]\ndeps =\n    hypothesis>=6\n    -r x.txt\n    py311: no\n    {[a]deps}\n"
    files = {"setup.py": "", **TESTS, "tox.ini": tox}

    assert proposed(tmp_path, files).run.setup.endswith(" --use-pep517 -e . hypothesis pytest")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pyproject.toml": PYTHON + "[tool.ruff]\n[tool.pytest]\n"}, ""),
        ({"Cargo.toml": CARGO, "src/lib.rs": "pub fn a() {}\n"}, "no tests for `cargo test`"),
        ({"Cargo.toml": f"{CARGO}[dependencies]\npyo3 = '1'\n"}, "a module of Python"),
        ({"go.mod": GO, "app_test.go": "", "a.go": ""}, None),
    ],
)
def test_tests_that_are_not_there_are_not_run(
    files: dict[str, str], said: str | None, tmp_path: Path
) -> None:
    write_files(tmp_path, files)
    text = propose_configuration(WorkingTree(tmp_path), lambda _: EVERYTHING).decode()

    assert ("[checks.tests]" in text) == (said is None)
    assert (said or "") in text


def test_a_tool_that_is_only_configured_gives_advice(tmp_path: Path) -> None:
    """Setup can install the newest only, which may find what the project's own does not."""
    table = '[tool.ruff.format]\n[tool.mypy]\n[dependency-groups]\ndev = ["mypy", "pytest"]\n'
    text = written(tmp_path, {"pyproject.toml": PYTHON + table})
    configuration = read_proposed(text.encode())

    advisory = {check.name: check.advisory for check in configuration.checks}
    assert advisory == {"lint": True, "format": True, "types": False, "tests": False}
    assert "# advisory, ruff and ruff-format: configured, but nothing here says" in text


def test_packages_of_the_repository_that_one_needs_are_installed_from_it(tmp_path: Path) -> None:
    def manifest(name: str, *needs: str) -> str:
        return f'[build-system]\n[project]\nname = "{name}"\ndependencies = {list(needs)}\n'

    files = {
        "packages/app/pyproject.toml": manifest("app", "Acme_Core>=1", "attrs"),
        "packages/app/tests/test_a.py": "",
        "packages/core/pyproject.toml": manifest("acme-core", "base"),
        "libs/base/pyproject.toml": manifest("base", "acme-core"),
    }
    setup = proposed(tmp_path, files).run.setup

    assert setup.startswith("(cd packages/app && ")
    assert setup.endswith("-m pip install -e ../core -e ../../libs/base -e . pytest)")


def test_packages_below_that_the_root_needs_are_installed_with_it(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": f'{PYTHON}dependencies = ["app-core"]\n',
        "tests/test_a.py": "",
        "core/pyproject.toml": '[build-system]\n[project]\nname = "app-core"\n',
    }
    run = proposed(tmp_path, files).run

    assert run.setup.endswith("-m pip install -e core -e . pytest")
    assert run.setup_inputs == ("pyproject.toml", "core/pyproject.toml")


LEGACY_TOX = """[tool.tox]
legacy_tox_ini = \"\"\"
[core]
deps =
    pytest
    codecov
[testenv]
deps =
    {[core]deps}
    numpy
    tf: tensorflow
\"\"\"
"""


def test_tox_is_read_in_all_its_forms(tmp_path: Path) -> None:
    table = '[tool.tox.env_run_base]\ndeps = ["pytest", "trustme>=1"]\n'

    of_table = proposed(tmp_path / "a", {"pyproject.toml": PYTHON + table, **TESTS})
    of_text = proposed(tmp_path / "b", {"pyproject.toml": PYTHON + LEGACY_TOX, **TESTS})

    assert of_table.run.setup.endswith("-m pip install -e . pytest trustme")
    assert of_text.run.setup.endswith("-m pip install -e . numpy pytest")


@pytest.mark.parametrize(
    ("commands", "run"),
    [
        ('[["pytest"], ["pyright", "--ignoreexternal", "--verifytypes", "app"]]',
         "pyright --ignoreexternal --verifytypes app"),
        ('[["pyright", "--verifytypes", "app; touch x"]]', "pyright"),
        ('[["pyright", "--verifytypes", "app"], ["pyright"]]', "pyright"),
    ],
)  # fmt: skip
def test_pyright_does_what_the_project_has_it_do(commands: str, run: str, tmp_path: Path) -> None:
    table = f"[tool.pyright]\n[tool.tox.env.typing]\ncommands = {commands}\n"

    assert checks(proposed(tmp_path, {"pyproject.toml": PYTHON + table}))["types"] == run


def test_mypy_checks_what_the_project_has_it_check(tmp_path: Path) -> None:
    tox = "[testenv]\ncommands =\n  typing: mypy examples\n  mypy src/app/a.pyi\n"
    files = {
        "pyproject.toml": PYTHON, "tox.ini": tox, "examples/a.py": "", "src/app/a.pyi": "",
        "src/app/__init__.py": "",
    }  # fmt: skip
    check = one(proposed(tmp_path, files), "types")

    assert check.run.endswith(" examples src/app/a.pyi")
    assert not check.advisory


def test_tests_are_found_where_the_project_says_what_they_are_called(tmp_path: Path) -> None:
    table = '[tool.pytest.ini_options]\npython_files = ["spec_*.py"]\ntimeout = 30\n'
    files = {"pyproject.toml": PYTHON + table, "spec/spec_a.py": ""}
    configuration = proposed(tmp_path, files)

    assert checks(configuration) == {"tests": "pytest"}
    assert configuration.run.setup.endswith("-e . pytest pytest-timeout")


def test_tests_within_the_package_are_found(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYTHON, "app/__init__.py": "", "app/tests/test_a.py": ""}

    assert checks(proposed(tmp_path, files)) == {"tests": "pytest"}


def test_metadata_that_is_committed_is_put_back_by_setup(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYTHON, "src/app.egg-info/PKG-INFO": "", **TESTS}
    make_repository(tmp_path / "known", files)
    write_files(tmp_path / "unknown", files)

    known = written(tmp_path / "known", files)
    assert "git checkout-index" in read_proposed(known.encode()).run.setup
    assert "# src/app.egg-info: committed" in known
    twine = {**files, "requirements.txt": "build\ntwine\n"}
    make_repository(tmp_path / "built", twine)
    assert one(proposed(tmp_path / "built", twine), "package").own_workspace
    assert "git checkout-index" not in proposed(tmp_path / "unknown", files).run.setup


def test_what_tests_import_and_nothing_names_is_told_and_not_run(tmp_path: Path) -> None:
    """By the name of a module alone nothing is installed."""
    files = {
        "pyproject.toml": f'{PYTHON}dependencies = ["PyYAML", "web"]\n[tool.ruff]\n',
        "app/__init__.py": "import webparts.routes\n",
        "tests/test_a.py": "",
    }
    known = "import os, yaml\nimport webparts\nfrom tests.b import c\nfrom app import d\n"
    conftest = {"tests/conftest.py": f"{known}import trustme as t\nfrom uvicorn.x import y\n"}

    text = written(tmp_path / "a", {**files, **conftest})
    assert "[checks.tests]" not in text
    assert "# tests: tests/conftest.py imports trustme, uvicorn, and no file here" in text
    assert "tests" in checks(proposed(tmp_path / "b", {**files, "tests/conftest.py": known}))
    group = {"pyproject.toml": f'{files["pyproject.toml"]}[dependency-groups]\nt = ["pytest"]\n'}
    assert "tests" in checks(proposed(tmp_path / "c", {**files, **conftest, **group}))


def test_where_all_is_advice_the_first_counts(tmp_path: Path) -> None:
    """A policy that requires nothing is refused."""
    text = written(tmp_path, {"pyproject.toml": f"{PYTHON}[tool.ruff]\n[tool.mypy]\n"})
    configuration = read_proposed(text.encode())

    advisory = {check.name: check.advisory for check in configuration.checks}
    assert advisory == {"lint": False, "types": True}
    assert "# lint counts all the same" in text


def test_a_type_checker_that_tox_passes_over_gives_advice(tmp_path: Path) -> None:
    table = (
        '[dependency-groups]\ntyping = ["mypy", "pyright"]\n[tool.pyright]\n'
        '[tool.tox.env.typing]\ncommands = [["mypy"]]\n'
    )
    text = written(tmp_path, {"pyproject.toml": PYTHON + table})
    configuration = read_proposed(text.encode())

    advisory = {check.name: check.advisory for check in configuration.checks}
    assert advisory == {"types": False, "pyright": True}
    assert "# advisory, pyright: installed and configured" in text


def test_uv_builds_compiled_modules_of_the_commit_anew(tmp_path: Path) -> None:
    """Its cache tells builds apart by their place, and all clones of localci lie at one."""
    files = {
        "pyproject.toml": '[build-system]\nrequires = ["Cython"]\n[project]\nname = "A_b"\n'
        '[dependency-groups]\ndev = ["pytest"]\n',
        "uv.lock": "",
        **TESTS,
    }

    assert proposed(tmp_path, files).run.setup == "uv sync --frozen --reinstall-package a-b"


def test_links_are_followed_within_the_tree_only(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Makefile").symlink_to("inner/Makefile")
    (tmp_path / "app" / "package.json").symlink_to("/dev/zero")
    (tmp_path / "outside").write_text('[package]\nname = "x"\n', "utf-8")
    (tmp_path / "app" / "Cargo.toml").symlink_to("../outside")

    found = proposed(tmp_path / "app", {"inner/Makefile": "test:\n"})
    assert checks(found) == {"tests": "make test"}


@pytest.mark.parametrize("name", ["{commit}", "{matrix.x}", "a*", "a[b]", "-rf"])
def test_a_directory_that_no_configuration_can_name_is_told(name: str, tmp_path: Path) -> None:
    text = written(tmp_path, {f"{name}/go.mod": "module x\n", "Makefile": "test:\n"})

    assert tuple(checks(read_proposed(text.encode()))) == ("tests",)
    assert f"# {name} with manifests: not looked at\n" in text


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a b; x", "$(x)", "a#b"])
def test_a_name_that_a_shell_would_read_is_quoted(name: str, tmp_path: Path) -> None:
    found = proposed(tmp_path, {f"{name}/package.json": '{"scripts": {"test": "x"}}'})

    (check,) = found.checks
    assert shlex.split(check.run) == ["cd", name, "&&", "npm", "test"]


def test_of_very_many_directories_it_is_said_how_many_are_left_out(tmp_path: Path) -> None:
    files = {f"p{number:02}/Cargo.toml": CARGO for number in range(30)}

    assert "# p24 and 5 more with manifests: not looked at\n" in written(tmp_path, files)


def test_a_large_source_file_stops_nothing(tmp_path: Path) -> None:
    large = "// " + "x" * 1_100_000
    found = proposed(tmp_path, {"Cargo.toml": CARGO, "src/a.rs": large, "src/b.rs": "#[test]\n"})

    assert checks(found)["tests"] == "cargo-test"


def test_names_stay_within_their_length_however_many_are_alike() -> None:
    taken: set[str] = set()
    for _ in range(1_200):
        taken.add(slug("a" * 80, taken))

    assert len(taken) == 1_200
    assert max(map(len, taken)) == 64
    assert "a" * 59 + "-1200" in taken
