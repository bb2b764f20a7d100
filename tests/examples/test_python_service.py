"""The Python service, with the tools that its lock file names, in an environment of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.errors import FAILED, PASSED
from support.checks import document_of, outcomes_of
from support.examples import Example, copy_example
from support.pythons import python_directory

if TYPE_CHECKING:
    from support.localci_command import Done

CHECKS: Final = {"lint", "format", "types", "tests", "coverage", "security"}
UNTESTED: Final = '''\
"""Refunds, which nobody has tested."""

from __future__ import annotations


def refund(cents: int, days: int) -> int:
    """Return what is paid back."""
    if days < 0:
        return 0
    if days == 0:
        return cents
    if days <= 14:
        return cents - cents // 10
    if days <= 30:
        return cents // 2
    return 0
'''


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Example:
    """The example as its README has it: signed by the first maintainer and pushed."""
    # Debian's /usr/bin does; elsewhere `python3` may be older, or without venv.
    path = {"PATH": f"{python_directory()}:{environment['PATH']}"}
    directory = tmp_path_factory.mktemp("examples")
    service = copy_example("python-service", directory, environment | path)
    done = service.localci("trust", "add", "--role", "maintainer")
    assert done.code == PASSED, done.errors
    service.commit({}, "Start")
    done = service.localci("push", "--quiet", "-u", "origin", "main")
    assert done.code == PASSED, done.errors
    service.git("remote", "set-head", "origin", "main")
    return service


@pytest.fixture(scope="module")
def run(service: Example) -> Done:
    """A run of what was pushed; nothing is left to do in it."""
    return service.localci("run", "--json")


def test_every_check_passes_with_figures(run: Done) -> None:
    assert run.code == PASSED, run.errors
    assert outcomes_of(run) == dict.fromkeys(CHECKS, "passed")
    checks: dict[str, Any] = document_of(run)["checks"]
    assert (checks["tests"]["total"], checks["tests"]["failed"]) == (14, 0)
    assert checks["coverage"]["percentage"] >= checks["coverage"]["threshold"] == 85
    for name in ("lint", "format", "types", "security"):
        assert checks[name]["issues"] == []


def test_the_policy_can_be_met(service: Example) -> None:
    done = service.localci("policy", "check")

    assert (done.code, done.errors) == (PASSED, "")


@pytest.mark.parametrize(
    ("broken", "file", "before", "after"),
    [
        ("types", "src/quotes/prices.py", "(parcel: Parcel) -> int:", "(parcel: Parcel) -> str:"),
        ("coverage", "src/quotes/refunds.py", "", UNTESTED),
    ],
)
def test_just_the_check_that_is_broken_fails(
    service: Example, broken: str, file: str, before: str, after: str
) -> None:
    service.git("reset", "--quiet", "--hard", "origin/main")
    if before:
        service.change(file, before, after)
    service.commit({file: after} if not before else {}, f"Break {broken}")

    done = service.localci("run", "--json")

    assert done.code == FAILED, done.errors
    assert outcomes_of(done) == {**dict.fromkeys(CHECKS, "passed"), broken: "failed"}
    if broken == "coverage":
        assert 0 < document_of(done)["checks"]["coverage"]["percentage"] < 85


def test_a_change_is_pushed_and_accepted_by_the_policy_before_it(service: Example) -> None:
    service.git("reset", "--quiet", "--hard", "origin/main")
    trusted = service.head
    changed = service.commit({"NOTES.md": "Prices of 2027 are to come.\n"})

    assert service.localci("push").code == PASSED

    assert service.git("ls-remote", "origin", "refs/heads/main").split()[0] == changed
    verdict = service.localci("verify", changed, "--remote", "origin", "--trust-ref", trusted)
    assert verdict.code == PASSED, verdict
    assert "self" not in verdict.output
