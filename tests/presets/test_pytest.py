"""The presets `pytest` and `pytest-coverage`, with the real tools on real projects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from localci.config.read_configuration import read_configuration
from localci.formats.result import CoverageFigures, TestFigures
from localci.prover.run.run_outcome import Ran
from support.isolation import PROJECT
from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.runs import request, run_request
from support.tools import tools_path

if TYPE_CHECKING:
    from localci.prover.run.run_outcome import RunOutcome

GOOD: Final = """\
import pytest

def test_one(): pass
def test_two(): pass

@pytest.mark.skip
def test_three(): pass
"""
# One of everything that pytest counts.
BAD: Final = f"""\
import pytest

def test_passes(): pass
def test_fails(): assert "{SECRET}" == ""
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.mark.xfail
def test_fails_as_expected(): assert False
@pytest.mark.xfail
def test_passes_unexpectedly(): pass
@pytest.fixture
def broken(): raise ValueError
def test_has_an_error(broken): pass
"""
PRESETS: Final = ("pytest", "pytest-coverage")


def counts(output: str) -> dict[str, int]:
    """Return what pytest's own last line counts."""
    last = output.strip().splitlines()[-1]
    return {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("good") / "r", {"test_it.py": GOOD})


@pytest.mark.parametrize("preset", PRESETS)
def test_a_good_project_passes_with_pytests_own_counts(good: Path, preset: str) -> None:
    run = run_check(good, f'uses = "{preset}"')
    own = counts(run_tool(good, "pytest", "-p", "no:cacheprovider").stdout)

    assert run.answer == "passed"
    assert run.result.figures == TestFigures(3, 0, 1)
    assert own == {"passed": 2, "skipped": 1}
    assert "2 passed" in run.log


def test_a_bad_project_fails_with_pytests_own_counts(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"test_it.py": BAD})

    run = run_check(repository, 'uses = "pytest"')
    own = counts(run_tool(repository, "pytest", "-p", "no:cacheprovider").stdout)

    assert run.answer == "failed"
    assert run.reason == "2 of 6 tests failed"
    assert run.result.figures == TestFigures(
        total=sum(own.values()),
        failed=own["failed"] + own["error"],
        skipped=own["skipped"] + own["xfailed"],
    )
    assert own["xpassed"] == 1
    assert_not_told(run)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("import nothing_here", "1 of 1 tests failed", id="not importable"),
        pytest.param("def test(:", "1 of 1 tests failed", id="not Python"),
        pytest.param("", "no test ran", id="no tests"),
    ],
)
def test_tests_that_cannot_run_are_a_failure_of_the_code(
    tmp_path: Path, source: str, reason: str
) -> None:
    repository = make_repository(tmp_path / "r", {"test_it.py": source})

    run = run_check(repository, 'uses = "pytest"')

    assert (run.answer, run.reason) == ("failed", reason)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("raise KeyboardInterrupt", "exit code 3", id="interrupted"),
        pytest.param("import os; os._exit(0)", "was not written", id="ended early"),
    ],
)
def test_tests_that_do_not_end_are_no_verdict(tmp_path: Path, source: str, reason: str) -> None:
    files = {"test_it.py": f"def test_one(): pass\ndef test_two():\n    {source}\n"}

    assert_no_verdict(run_check(make_repository(tmp_path / "r", files), 'uses = "pytest"'), reason)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_wrong_configuration_is_no_verdict(tmp_path: Path, preset: str) -> None:
    files = {"test_it.py": GOOD, "pytest.ini": "[pytest]\naddopts = --no-such-option\n"}
    repository = make_repository(tmp_path / "r", files)

    assert_no_verdict(run_check(repository, f'uses = "{preset}"'), "exit code 4")


def test_where_the_tool_is_missing_the_reason_says_how_to_install_it(
    good: Path, tmp_path: Path
) -> None:
    path = path_without(tmp_path / "bin", "pytest")
    plain, covering = (run_check(good, f'uses = "{p}"', path=path) for p in PRESETS)

    assert_no_verdict(plain, "pytest", "install it: pip install pytest")
    assert_no_verdict(covering, "install it: pip install pytest pytest-cov")


def test_where_only_pytest_cov_is_missing_the_reason_says_how_to_install_it(
    good: Path, tmp_path: Path
) -> None:
    path = path_with(
        tmp_path / "bin", "pytest", f'PATH="{tools_path()}" exec pytest -p no:pytest_cov "$@"'
    )

    run = run_check(good, 'uses = "pytest-coverage"', path=path)

    assert_no_verdict(run, "pytest-cov: not found", "pip install pytest pytest-cov")


@pytest.mark.parametrize("preset", PRESETS)
def test_half_a_report_is_no_verdict(good: Path, tmp_path: Path, preset: str) -> None:
    half = '<testsuites><testsuite name="pytest" tests="2"><testcase name="test_one"/>'
    path = path_with_writer(tmp_path / "bin", "pytest", half, "--junitxml")

    assert_no_verdict(run_check(good, f'uses = "{preset}"', path=path), "not well-formed")


def test_a_tool_that_is_killed_or_crashes_is_no_verdict(good: Path, tmp_path: Path) -> None:
    killed = path_with_killed(tmp_path / "killed", "pytest")
    crashed = path_with(tmp_path / "crashed", "pytest", "echo INTERNALERROR; exit 3")

    assert_no_verdict(run_check(good, 'uses = "pytest"', path=killed), "SIGKILL")
    assert_no_verdict(run_check(good, 'uses = "pytest"', path=crashed), "INTERNALERROR")


# Coverage

COVERED: Final = {
    "code_it.py": "def f(x):\n  if x:\n    return 1\n  return 2\n\ndef g():\n  return 3\n",
    "test_it.py": "import code_it\n\ndef test_it():\n    assert code_it.f(1) == 1\n",
}


def run_with_coverage(repository: Path, threshold: float) -> RunOutcome:
    """Run the two checks as the documentation says."""
    text = (
        'version = 1\n[checks.tests]\nuses = "pytest-coverage"\n'
        '[checks.coverage]\nfrom = "tests"\nreport = "coverage:coverage.json"\n'
        f"threshold = {threshold}\n"
    )
    configuration = read_configuration({"localci.toml": text.encode()}.get)
    return run_request(
        request(
            repository,
            *configuration.checks,
            settings=configuration.run,
            environ={"PATH": tools_path(), "HOME": str(repository.parent)},
        )
    )


@pytest.mark.parametrize("branch", [False, True])
def test_coverage_is_what_coverage_itself_reports(tmp_path: Path, *, branch: bool) -> None:
    files = {**COVERED, ".coveragerc": f"[run]\nbranch = {branch}\nsource = .\n"}
    repository = make_repository(tmp_path / "r", files)

    outcome = run_with_coverage(repository, 50)
    run_tool(repository, "coverage", "run", "-m", "pytest", "-p", "no:cacheprovider")
    total = run_tool(
        repository, "coverage", "report", "--format=total", "--precision=9"
    ).stdout.strip()

    tests, coverage = outcome.checks
    assert isinstance(tests, Ran)
    assert isinstance(coverage, Ran)
    assert tests.result.figures == TestFigures(1, 0, 0)
    floor = float(Decimal(total).quantize(Decimal("0.01"), rounding=ROUND_DOWN))
    assert coverage.result.figures == CoverageFigures(floor, 50.0)
    assert coverage.result.passed
    measured = coverage.result.measures
    assert (measured["coverage.lines_total"], measured["coverage.lines_covered"]) == (9, 7)
    assert ("coverage.branches_total" in measured) is branch


def test_coverage_below_its_threshold_fails_the_coverage_alone(tmp_path: Path) -> None:
    outcome = run_with_coverage(make_repository(tmp_path / "r", COVERED), 90)

    assert outcome.results["tests"].passed
    assert not outcome.results["coverage"].passed


# Several interpreters, as docs/checks/python-tests.md says

DOCUMENT: Final = PROJECT / "docs" / "checks" / "python-tests.md"

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14", "3.10")


def test_what_the_documentation_shows_can_be_read() -> None:
    shown = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)

    assert len(shown) == 3
    for text in shown:
        checks = read_configuration({"localci.toml": text.encode()}.get).checks
        assert checks[0].name == "tests"


def _interpreters() -> dict[str, str]:
    """Return the interpreters that start, by version; a shim that only looks like one does not."""
    places = [Path(found).resolve() for v in PYTHONS if (found := shutil.which(f"python{v}"))]
    below = Path.home().glob(".pyenv/versions/*/bin/python3.*")
    working: dict[str, str] = {}
    for program in (*places, *sorted(below)):
        if not re.fullmatch(r"python3\.\d+", program.name):
            continue
        done = subprocess.run([program, "-c", "import ssl"], capture_output=True, check=False)
        if done.returncode == 0:
            working.setdefault(program.name.removeprefix("python"), str(program))
    return {version: working[version] for version in PYTHONS if version in working}


@pytest.fixture(scope="module")
def two_pythons() -> dict[str, str]:
    found = dict(list(_interpreters().items())[:2])
    if len(found) < 2:
        pytest.skip("there are no two versions of Python on this machine")
    return found


# How an environment of one version is made: by venv, or from a lock file by uv.
MAKERS: Final = {
    "venv": '"{program}" -m venv --without-pip .venv-{version}',
    "uv": "UV_PROJECT_ENVIRONMENT=.venv-{version} uv sync --quiet --frozen --python {program}",
}
LOCKED: Final = {
    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\n',
    "uv.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n'
    '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n',
}


def _matrix(pythons: dict[str, str], maker: str = "venv") -> tuple[str, str]:
    """Return a check's table and the lines of [run]: an environment for each version.

    Only pytest is not installed, which would need an index, but taken from the tools' environment.
    """
    site = tools_path().split(":")[0].removesuffix("/bin")
    packages = next(Path(site).glob("lib/python3*/site-packages"))
    make = [
        MAKERS[maker].format(program=program, version=version)
        + f" && echo '{packages}' > .venv-{version}/lib/python{version}/site-packages/tools.pth"
        for version, program in pythons.items()
    ]
    versions = json.dumps(list(pythons))
    kept = json.dumps([f".venv-{version}" for version in pythons])
    table = (
        'uses = "pytest"\n'
        'run = ".venv-{matrix.python}/bin/python -m pytest --junitxml={reports}/junit.xml"\n'
        f"matrix.python = {versions}\n"
        'install = "install this Python, and run `localci run` again"\n'
    )
    return table, f"setup = '''{' && '.join(make)}'''\nkeep = {kept}\n"


def _tests_of(version: str) -> dict[str, str]:
    """Return tests of which one fails on this version of Python, or on none."""
    number = tuple(map(int, version.split("."))) if version else ()
    return {
        **LOCKED,
        "test_it.py": f"import sys\ndef test_one(): pass\n"
        f"def test_two(): assert sys.version_info[:2] != {number}\n",
        ".gitignore": ".venv-*/\n",
    }


@pytest.mark.parametrize("maker", MAKERS)
def test_the_cells_of_a_matrix_of_interpreters_add_up(
    tmp_path: Path, two_pythons: dict[str, str], maker: str
) -> None:
    table, settings = _matrix(two_pythons, maker)

    run = run_check(make_repository(tmp_path / "r", _tests_of("")), table, run=settings)

    assert run.answer == "passed", run.reason
    assert run.result.figures == TestFigures(4, 0, 0)
    assert run.result.cells == tuple(f"python={version}" for version in two_pythons)


def test_one_interpreter_on_which_a_test_fails_fails_the_check(
    tmp_path: Path, two_pythons: dict[str, str]
) -> None:
    table, settings = _matrix(two_pythons)
    last = list(two_pythons)[-1]

    run = run_check(make_repository(tmp_path / "r", _tests_of(last)), table, run=settings)

    assert run.answer == "failed"
    assert run.reason == f"python={last}: 1 of 2 tests failed"
    assert run.result.figures == TestFigures(4, 1, 0)


def test_a_missing_interpreter_is_no_verdict(tmp_path: Path, two_pythons: dict[str, str]) -> None:
    repository = make_repository(tmp_path / "r", _tests_of(""))
    table, settings = _matrix(two_pythons)
    more = table.replace("matrix.python = [", 'matrix.python = ["3.99", ')

    assert_no_verdict(
        run_check(repository, more, run=settings), "python=3.99", "install it: install this Python"
    )
    _, settings = _matrix({"3.99": "python3.99"})
    assert_no_verdict(run_check(repository, table, run=settings), "setup", "python3.99")
