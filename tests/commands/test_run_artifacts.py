"""What checks make, and a matrix of which only some is run: through to the verdict and `show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from support.project import make_project

if TYPE_CHECKING:
    from support.keys import Key
    from support.project import Project

CONFIGURATION = """\
version = 1
[checks.build]
run = "mkdir -p dist && echo {matrix.arch} > dist/app-{matrix.arch}.txt"
matrix.arch = ["amd64", "arm64"]
artifacts = ["dist/app-{matrix.arch}.txt"]
[checks.tests]
run = "sh run-tests {reports}/junit.xml"
report = "junit:junit.xml"
"""


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    made = make_project(tmp_path, ada)
    made.commit({"localci.toml": CONFIGURATION})
    return made


def test_what_was_made_is_kept_signed_and_shown(project: Project) -> None:
    done = project.localci("run", "--sign")

    assert done.code == PASSED, done.errors
    assert any("build " in line and "2 files made" in line for line in done.errors.splitlines())
    (said,) = (line for line in done.errors.splitlines() if line.startswith("made by build: "))
    shown = project.localci("show").output.splitlines()
    assert [line.split("  sha256")[0].strip() for line in shown if " made " in line] == [
        "made     dist/app-amd64.txt  6 bytes",
        "made     dist/app-arm64.txt  6 bytes",
    ]
    encoded = json.loads(project.localci("show", "--json").output)["results"][0]["checks"]["build"]
    assert encoded["measures"] == {"artifacts.bytes": 12}
    directory = said.removeprefix("made by build: ")
    assert Path(directory, "arch=arm64/dist/app-arm64.txt").read_text() == "arm64\n"
    assert project.localci("verify").code == PASSED


def test_only_some_cells_run_and_speak_for_nobody_else(project: Project) -> None:
    done = project.localci("run", "--set", "arch=arm64", "--json")

    assert done.code == PASSED, done.errors
    events = [json.loads(line) for line in done.output.splitlines()]
    started = [event["cell"] for event in events if event["event"] == "check-started"]
    assert sorted(started) == ["", "arch=arm64"]
    assert [event["cells"] for event in events[0]["checks"]] == [["arch=arm64"], [""]]
    # The whole run afterwards cannot live on the part.
    whole = project.localci("run", "--json")
    again = [json.loads(line) for line in whole.output.splitlines()]
    assert sorted(event["cell"] for event in again if event["event"] == "check-started") == [
        "arch=amd64",
        "arch=arm64",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["arch"], "--set arch is not like AXIS=VALUE"),
        (["arch=mips"], "check `build` has no arch `mips` in localci.toml"),
        (["os=linux"], "no check that would run has an axis `os` in localci.toml"),
        (["arch=amd64", "--set", "arch=arm64"], "--set gives arch two values, amd64 and arm64"),
        (["arch=amd64", "--sign"], "a partial run is never signed"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(project: Project, words: list[str], said: str) -> None:
    done = project.localci("run", "--set", *words)

    assert done.code == USAGE
    assert done.errors.startswith(f"localci: {said}")


def test_what_was_not_made_is_no_verdict(project: Project) -> None:
    project.commit({"localci.toml": CONFIGURATION.replace('dist/app-{matrix.arch}.txt"]', 'x"]')})

    done = project.localci("run")

    assert done.code == NO_VERDICT
    assert "no file matches the artifacts x" in done.errors


NEEDED = """\
version = 1
[checks.build]
run = "mkdir -p dist && echo app > dist/app"
artifacts = ["dist/app"]
inputs = ["source"]
[checks.install]
run = "cat dist/app installed"
needs = ["build"]
[checks.other]
run = "cat source"
inputs = ["source"]
"""


def test_what_a_check_needs_is_made_again_for_it(project: Project) -> None:
    project.commit({"localci.toml": NEEDED, "source": "1", "installed": "1"})
    assert project.localci("run").code == PASSED
    project.commit({"installed": "2"})

    done = project.localci("run", "--json")

    assert done.code == PASSED, done.errors
    events = [json.loads(line) for line in done.output.splitlines()]
    started = [event["name"] for event in events if event["event"] == "check-started"]
    assert sorted(started) == ["build", "install"]
