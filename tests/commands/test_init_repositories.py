"""`localci init` where a repository says what it uses, and `init --from` its GitHub workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.policy import POLICY_FILE
from localci.errors import FAILED, PASSED, USAGE
from support.localci_command import run_localci
from support.parts import need
from support.repositories import commit, git, make_bare, make_repository, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes

WORKFLOW = """\
name: CI
on: [push, pull_request]
env: {GREETING: hello}
jobs:
  test:
    runs-on: ubuntu-latest
    strategy: {matrix: {flavour: [plain, sweet]}}
    steps:
      - uses: actions/checkout@v4
      - name: Build
        run: |
          echo "$GREETING ${{ matrix.flavour }}" > built-${{ matrix.flavour }}
          test -s built-${{ matrix.flavour }}
      - name: Check
        run: test -f good && test -s built-${{ matrix.flavour }}
  deploy:
    needs: test
    runs-on: ubuntu-latest
    steps:
      - name: Ship
        run: ./ship.sh
        env: {TOKEN: "${{ secrets.TOKEN }}"}
"""
PLACE = ".github/workflows/ci.yml"
SHIPPED = f'{PLACE}:20: job deploy, step "Ship" uses the secret TOKEN'


def make_app(directory: Path, files: dict[str, str]) -> Path:
    remote = make_bare(directory / "srv" / "app.git")
    path = make_repository(directory / "app", files)
    git(path, "remote", "add", "origin", str(remote))
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_app(tmp_path, {PLACE: WORKFLOW, "good": ""})


@pytest.mark.usefixtures("ada")
def test_workflows_become_checks_that_run(repository: Path) -> None:
    done = run_localci(repository, "init", "--yes", "--from", ".github/workflows")

    assert done.code == PASSED, done.errors
    assert SHIPPED in done.output
    assert SHIPPED in (repository / "localci.toml").read_text("utf-8")
    assert "[require.test-check]" in (repository / POLICY_FILE).read_text("utf-8")
    commit(repository, {}, "Check with localci")
    good = run_localci(repository, "run")
    (repository / "good").unlink()
    commit(repository, {}, "Break")
    bad = run_localci(repository, "run")

    assert good.code == PASSED, good.errors
    assert bad.code == FAILED
    assert "test-check" in bad.errors


MAKES = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo made > made
      - run: test -s made && test -f "$HOME/now"
"""


@pytest.mark.usefixtures("ada")
def test_a_step_that_runs_again_has_what_the_one_before_it_makes(
    tmp_path: Path, homes: Homes
) -> None:
    repository = make_app(tmp_path, {PLACE: MAKES, ".gitignore": "made\n"})
    assert run_localci(repository, "init", "--yes", "--from", PLACE).code == PASSED
    commit(repository, {}, "Check")
    assert run_localci(repository, "run").code == FAILED
    (homes.home / "now").touch()

    assert run_localci(repository, "run").code == PASSED


@pytest.mark.usefixtures("ada")
def test_a_second_time_changes_nothing(repository: Path) -> None:
    assert run_localci(repository, "init", "--yes", "--from", PLACE).code == PASSED
    before = (repository / "localci.toml").read_bytes()

    done = run_localci(repository, "init", "--yes", "--from", PLACE)

    assert done.code == PASSED
    assert "kept: localci.toml" in done.output
    assert "nothing to do" in done.output
    assert (repository / "localci.toml").read_bytes() == before


@pytest.mark.usefixtures("ada")
def test_the_path_is_taken_from_where_one_stands(repository: Path) -> None:
    done = run_localci(repository / ".github", "init", "--yes", "--from", "workflows/ci.yml")

    assert done.code == PASSED, done.errors
    assert "[checks.test-build]" in done.output


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("../elsewhere", "is not in this working directory"),
        ("nowhere", "is not in this working directory"),
        (".github", ".github has no workflow"),
        ("", ". has no workflow"),
        ("w/broken.yml", "w/broken.yml:3: not YAML: "),
        (
            "w/release.yml",
            "nothing in w/release.yml could be translated; the first: w/release.yml:1",
        ),
    ],
)
@pytest.mark.usefixtures("ada")
def test_what_cannot_be_translated_is_one_clear_line(
    source: str, said: str, repository: Path
) -> None:
    write_files(
        repository,
        {"w/broken.yml": "on: push\njobs: {\n", "w/release.yml": "on: release\njobs: {}\n"},
    )

    done = run_localci(repository, "init", "--yes", "--from", source)

    assert done.code == USAGE
    assert said in done.errors
    assert done.errors.count("\n") == 1
    assert not (repository / "localci.toml").exists()


@pytest.mark.usefixtures("ada")
def test_yaml_that_is_none_is_told_with_its_line(repository: Path) -> None:
    write_files(repository, {"docker-compose.yml": "services:\n\tdb: 1\n", "Makefile": "test:\n"})

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert "docker-compose.yml:2: not YAML: " in done.errors
    assert done.errors.count("\n") == 1


COMPOSE = """\
services:
  db:
    image: postgres:16
    environment: {POSTGRES_USER: app, POSTGRES_DB: shop}
  cache:
    image: redis:7
"""
ASKS = """\
test:
	test "$$(psql -At "$$DATABASE_URL" -c 'select current_database()')" = shop
	test "$$(redis-cli -u $$REDIS_URL ping)" = PONG
"""


@pytest.mark.usefixtures("ada")
def test_the_servers_that_a_compose_file_names_are_started(tmp_path: Path) -> None:
    """A real PostgreSQL and a real Redis."""
    need("redis-server")
    need("psql")
    repository = make_app(tmp_path, {"Makefile": ASKS, "docker-compose.yml": COMPOSE})
    assert run_localci(repository, "init", "--yes").code == PASSED
    commit(repository, {}, "Check")

    ran = run_localci(repository, "run")

    assert ran.code == PASSED, ran.errors
