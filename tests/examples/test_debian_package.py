"""The Debian package, whole: built for two architectures, inspected, installed, used, removed.

The roots that it needs take minutes to make and are kept below `.tools`; then it takes 20 seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.errors import FAILED, PASSED
from support.checks import document_of, outcomes_of
from support.emulation import need_emulation, need_mounts, need_network
from support.examples import Example, copy_example
from support.parts import need
from support.tools import TOOLS, need_tool, tools_path

if TYPE_CHECKING:
    from support.localci_command import Done

EVERYWHERE: Final = {
    "tests", "coverage", "security", "secrets", "package", "lintian", "install",
}  # fmt: skip
PARTS: Final = ("dpkg-buildpackage", "mmdebstrap", "lintian", "gcovr", "flawfinder", "make")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Example:
    """The example with its first maintainer, on the remote's `main`."""
    need_tool("gitleaks")
    for part in PARTS:
        need(part)
    for need_it in (need_mounts, need_emulation, need_network):
        need_it()
    variables = {"PATH": tools_path(), "DEBIAN_ROOTS": str(TOOLS / "debian-roots")}
    directory = tmp_path_factory.mktemp("examples")
    package = copy_example("debian-package", directory, environment | variables)
    done = package.localci("trust", "add", "--role", "maintainer")
    assert done.code == PASSED, done.errors
    package.commit({}, "Start")
    package.git("push", "--quiet", "--no-verify", "-u", "origin", "main")
    package.git("remote", "set-head", "origin", "main")
    return package


@pytest.fixture(scope="module")
def run(package: Example) -> Done:
    """A whole run of a commit on `main`."""
    package.commit({"NOTES": "Above 3999 a line is drawn over the letters.\n"})
    return package.localci("run", "--json")


@pytest.fixture(scope="module")
def checks(run: Done) -> dict[str, Any]:
    assert run.code == PASSED, run.errors
    checks: dict[str, Any] = document_of(run)["checks"]
    return checks


def test_every_check_passes_with_figures(run: Done, checks: dict[str, Any]) -> None:
    assert run.code == PASSED, run.errors
    assert outcomes_of(run) == dict.fromkeys(EVERYWHERE | {"production"}, "passed")
    assert (checks["tests"]["total"], checks["tests"]["failed"]) == (14, 0)
    assert checks["coverage"]["percentage"] >= 95
    assert [checks[name]["issues"] for name in ("lintian", "security", "secrets")] == [[], [], []]
    assert checks["package"]["cells"] == checks["install"]["cells"] == ["arch=amd64", "arch=arm64"]


def test_the_packages_of_both_architectures_are_kept_and_named(checks: dict[str, Any]) -> None:
    built = {made["name"]: made for made in checks["package"]["artifacts"]}

    for architecture in ("amd64", "arm64"):
        made = built[f"dist/roman_1.2_{architecture}.deb"]
        assert made["size"] > 0
        # Production takes over just what was built.
        shipped = [
            one for one in checks["production"]["artifacts"]
            if one["name"] == f"dist/apt/pool/roman_1.2_{architecture}.deb"
        ]  # fmt: skip
        assert [one["sha256"] for one in shipped] == [made["sha256"]]


def test_the_program_ran_on_both(package: Example, run: Done) -> None:
    assert run.code == PASSED
    for architecture in ("amd64", "arm64"):
        log = package.localci("logs", f"install@arch={architecture}")
        assert f"roman 2026 says MMXXVI on {architecture}" in log.output


def test_the_policy_of_main_can_be_met_and_is(package: Example, run: Done) -> None:
    assert run.code == PASSED
    assert package.localci("policy", "check").errors == ""
    trusted = package.git("rev-parse", "HEAD~1")

    assert package.localci("push").code == PASSED

    asked = ("verify", "--remote", "origin", "--target", "main", "--trust-ref", trusted)
    verdict = package.localci(*asked)
    assert verdict.code == PASSED, verdict


def test_one_architecture_is_built_by_hand(package: Example, run: Done) -> None:
    assert run.code == PASSED

    done = package.localci("run", "--json", "--profile", "build", "--set", "arch=arm64")

    assert done.code == PASSED, done.errors
    assert outcomes_of(done) == {"package": "passed"}
    names = [made["name"] for made in document_of(done)["checks"]["package"]["artifacts"]]
    assert "dist/roman_1.2_arm64.deb" in names
    assert not [name for name in names if "amd64" in name]


def test_elsewhere_there_is_no_production_and_the_bars_hold(package: Example, run: Done) -> None:
    assert run.code == PASSED
    package.git("switch", "--quiet", "-c", "topic")
    package.change("src/roman.c", '{4, "IV"}', '{4, "IIII"}')
    untested = "int unused(int a)\n{\n" + "    a += 1;\n" * 4 + "    return a;\n}\n"
    text = (package.path / "src" / "roman.c").read_text("utf-8")
    package.commit({"src/roman.c": text + "\n" + untested})

    done = package.localci("run", "--json")

    assert done.code == FAILED, done.errors
    outcomes = outcomes_of(done)
    assert "production" not in outcomes
    assert {name for name, outcome in outcomes.items() if outcome == "failed"} >= {
        "tests", "coverage", "package",
    }  # fmt: skip
