"""The preset `import-linter`, by the real lint-imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import Row
from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with_writer,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

LINT = 'uses = "import-linter"'
LONG: Final = f"Layers are kept, and {'this is a name that no terminal shows in a line, ' * 3}is it"
SECOND: Final = "High does not know mid"
CONTRACTS: Final = f"""\
[importlinter]
root_package = app

[importlinter:contract:layers]
name = {LONG}
type = layers
layers =
    app.high
    app.mid
    app.low

[importlinter:contract:second]
name = {SECOND}
type = forbidden
source_modules = app.high
forbidden_modules = app.mid
"""
GOOD = {
    ".importlinter": CONTRACTS,
    "app/__init__.py": "",
    "app/high.py": "import app.low\n",
    "app/mid.py": "",
    "app/low.py": "",
}
BAD = GOOD | {"app/low.py": f"TOKEN = '{SECRET}'; import app.high\n"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("lint-imports")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


def test_kept_contracts_pass(good: Path) -> None:
    run = run_check(good, LINT)
    assert run.answer == "passed", run.log
    assert run.result.rows == (Row(LONG, "passed"), Row(SECOND, "passed"))
    assert run.result.measures == {"issues.total": 0, "files.checked": 4}


def test_broken_contracts_are_those_of_lint_imports_itself(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", BAD)
    run = run_check(repository, LINT)
    assert run.answer == "failed"
    assert run.reason == "1 issue, 0 are allowed"
    assert run.issues == {(LONG, "", None)}
    assert run.result.rows == (Row(LONG, "failed"), Row(SECOND, "passed"))
    said = run_tool(repository, "lint-imports").stdout
    assert "Contracts: 1 kept, 1 broken." in said
    assert "Contracts: 1 kept, 1 broken." in run.log
    assert "app.low -> app.high" in run.log
    assert_not_told(run)


def test_a_module_that_is_no_python_fails(tmp_path: Path) -> None:
    files = GOOD | {"app/low.py": f"def {SECRET}(:\n"}
    run = run_check(make_repository(tmp_path / "app", files), LINT)
    assert run.answer == "failed", run.log
    assert run.issues == {("syntax-error", "app/low.py", 1)}
    assert_not_told(run)


def test_the_list_is_capped(tmp_path: Path) -> None:
    contracts = "".join(
        f"[importlinter:contract:c{number}]\nname = Contract {number}\ntype = forbidden\n"
        "source_modules = app.low\nforbidden_modules = app.high\n"
        for number in range(60)
    )
    files = BAD | {".importlinter": f"[importlinter]\nroot_package = app\n{contracts}"}
    assert_capped(run_check(make_repository(tmp_path / "app", files), LINT), 60)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "Could not read any configuration"),
        ("[importlinter]\nroot_package = app\n", "No contracts found"),
        (
            CONTRACTS.replace("root_package = app", "root_package = nowhere"),
            "Could not find package",
        ),
    ],
)
def test_without_contracts_there_is_no_verdict(tmp_path: Path, config: str, said: str) -> None:
    repository = make_repository(tmp_path / "app", GOOD | {".importlinter": config})
    run = run_check(repository, LINT)
    assert_no_verdict(run, "lint-imports")
    assert said in run.log


def test_lint_imports_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, LINT, "lint-imports", "pip install import-linter", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Analyzed 4 files, 1 dependencies.\nOne KEPT\n", "did not come to its end"),
        ("Analyzed 4 files, 1 dependencies.\nContracts: 1 kept, 0 broken.\n", "other contracts"),
        ("One KEPT\nContracts: 1 kept, 0 broken.\n", "looked at no file"),
        (
            "Analyzed 4 files, 1 dependencies.\nOne KEPT\nContracts: 1 kept, 0 broken.\nTwo KEPT\n",
            "did not come to its end",
        ),
    ],
)
def test_half_an_output_is_no_verdict(good: Path, tmp_path: Path, text: str, said: str) -> None:
    path = path_with_writer(tmp_path, "lint-imports", text)
    assert_no_verdict(run_check(good, LINT, path=path), said)
