"""`isolation = "none"` of one check: the result says so of the whole run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localci.config.configuration import Check
from localci.config.read_configuration import read_configuration
from localci.errors import PASSED, UsageError
from localci.prover.isolation.isolation import NAMESPACES, NONE
from support.localci_command import run_localci
from support.repositories import make_repository
from support.runs import request, run_request

NAMESPACE = "readlink /proc/self/ns/pid"
APART = Check("apart", run=NAMESPACE)
OPEN = Check("open", run=NAMESPACE, isolated=False)


def test_only_the_check_that_asks_for_it_is_not_held_apart(tmp_path: Path) -> None:
    outcome = run_request(request(make_repository(tmp_path / "r", {"a": "1"}), APART, OPEN))

    ours = str(Path("/proc/self/ns/pid").readlink())
    logs = {check.name: check.log.read_text().strip() for check in outcome.checks if check.log}
    assert logs["open"] == ours
    assert logs["apart"] != ours
    assert outcome.environment["isolation"] == NONE


def test_without_such_a_check_the_result_says_namespaces(tmp_path: Path) -> None:
    outcome = run_request(request(make_repository(tmp_path / "r", {"a": "1"}), APART))

    assert outcome.environment["isolation"] == NAMESPACES


BOTH = b"""\
version = 1
[checks.apart]
run = "true"
[checks.open]
run = "true"
isolation = "none"
[profiles.apart]
checks = ["apart"]
"""


def test_what_ran_beside_such_a_check_stands_in_no_result_that_says_namespaces(
    tmp_path: Path,
) -> None:
    repository = make_repository(tmp_path / "r", {"localci.toml": BOTH.decode()})

    def isolation(*options: str) -> tuple[str, bool]:
        run = run_localci(repository, "run", "--json", *options)
        assert run.code == PASSED, run.errors
        events = [json.loads(line) for line in run.output.splitlines()]
        finished = next(e for e in events if e.get("name") == "apart" and "outcome" in e)
        said: str = events[-1]["result"]["environment"]["isolation"]
        return said, bool(finished["reused"])

    assert isolation() == (NONE, False)
    said = run_localci(repository, "explain", "apart").output
    assert "of a run with a check that was not held apart" in said
    assert isolation("--profile", "apart") == (NAMESPACES, False)
    assert isolation("--profile", "apart") == (NAMESPACES, True)
    assert isolation() == (NONE, True)


def test_where_isolation_is_required_no_check_goes_without() -> None:
    text = b"""\
version = 1
[run]
isolation = "require"
[checks.images]
run = "true"
isolation = "none"
"""
    with pytest.raises(UsageError, match=r"`isolation` in .checks.images. is .none., and .run."):
        read_configuration({"localci.toml": text}.get)
