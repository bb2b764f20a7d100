"""`isolation = "none"` of one check: the result says so of the whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from localci.config.configuration import Check
from localci.config.read_configuration import read_configuration
from localci.errors import UsageError
from localci.prover.isolation.isolation import NAMESPACES, NONE
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
