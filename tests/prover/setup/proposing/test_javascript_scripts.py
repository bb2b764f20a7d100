"""What the scripts of a package.json say of how its tools are run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.prover.setup.proposing.javascript_project import javascript_proposal
from localci.prover.setup.proposing.javascript_scripts import eslint_arguments
from localci.prover.setup.proposing.project_files import ProjectFiles
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.setup.proposing.proposal import Proposal, ProposedCheck

TREE = {"index.js": "", "lib/a.js": "", "src/a.ts": "", "tests/a.test.js": ""}


@pytest.mark.parametrize(
    ("scripts", "arguments"),
    [
        ({"lint": "eslint ."}, ("", False)),
        ({"lint": 'eslint index.js "lib/*.js" gone.js gone/*.js'}, ("index.js lib/*.js", False)),
        ({"a": "eslint lib", "b": "eslint --fix lib tests/", "c": "jest"}, ("lib tests/", False)),
        ({"lint": "tsc && eslint src --ext .ts,.js --max-warnings 0"}, ("--ext .ts,.js src", True)),
        ({"lint": "eslint --ext=.ts --max-warnings=3 ."}, ("--ext .ts .", False)),
        ({"lint": "eslint 'src/**/*.{ts,js}' -f unix"}, ("src/**/*.{ts,js}", False)),
        ({"lint": "eslint gone/**/*.{ts,js}"}, ("", False)),
        ({"lint": "eslint --rulesdir rules lib"}, ("", False)),
        ({"lint": "eslint $FILES"}, ("", False)),
        ({"lint": 'eslint "lib'}, ("", False)),
        ({"lint": "npm run eslint"}, ("", False)),
    ],
)
def test_eslint_looks_at_what_the_scripts_have_it_look_at(
    scripts: dict[str, str], arguments: tuple[str, bool], tmp_path: Path
) -> None:
    write_files(tmp_path, TREE)

    assert eslint_arguments(ProjectFiles(WorkingTree(tmp_path)), scripts) == arguments


def found_in(root: Path, scripts: dict[str, str]) -> Proposal:
    manifest = {"devDependencies": {"jest": "1", "eslint": "9"}, "scripts": scripts}
    write_files(root, {**TREE, "package.json": json.dumps(manifest), "eslint.config.js": ""})
    return javascript_proposal(ProjectFiles(WorkingTree(root)))


def proposed(root: Path, scripts: dict[str, str]) -> dict[str, ProposedCheck]:
    return {check.name: check for check in found_in(root, scripts).checks}


def test_what_is_no_script_is_told(tmp_path: Path) -> None:
    notes = found_in(tmp_path, {"test": "eslint . && node build.js && jest && npm run x"}).notes

    assert "package.json: the script `test` also runs `node build.js`, which no check does" in notes


def test_what_the_script_does_beside_its_runner_is_done(tmp_path: Path) -> None:
    scripts = {
        "test": "npm run lint && npm run build && jest && yarn test:types && npm run types",
        "lint": "eslint lib", "build": "rollup", "test:types": "tsd", "types": "attw",
    }  # fmt: skip

    found = proposed(tmp_path, scripts)

    assert [*found] == ["lint", "tests", "test-types", "types-2"]
    assert found["lint"].table["env"] == {"ESLINT_ARGUMENTS": "lib"}
    assert str(found["tests"].table["run"]).startswith("npm run build || exit\nPATH=")
    assert found["test-types"].table == {"run": "npm run test:types"}


def test_warnings_count_where_the_project_allows_none(tmp_path: Path) -> None:
    found = proposed(tmp_path, {"lint": "eslint --max-warnings 0 .", "test": "jest"})

    assert found["lint"].table == {"uses": "eslint", "fail_on": "low"}
    assert found["tests"].table == {"uses": "jest"}
