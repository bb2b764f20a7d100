from __future__ import annotations

import pytest

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.config.policy import Requirement
from localci.errors import GitError, PolicyError, UsageError
from localci.verifier.trusted_checks import trusted_checks
from support.cases import policy

CONFIGURATION = b"""
version = 1
[checks.tests]
run = "pytest"
[checks.secrets]
run = "gitleaks"
reads = "history"
[checks.summary]
from = "secrets"
report = "sarif:x.sarif"
"""
BY = policy(*(Requirement(name) for name in ("tests", "secrets", "summary", "missing")))


def test_the_required_checks_are_those_of_the_trust_commit() -> None:
    read = {"localci.toml": CONFIGURATION}.get
    found = trusted_checks(read, BY)
    tables = find_configuration(read).tables
    assert {name: check.definition for name, check in found.items()} == {
        name: definition(tables, name) for name in ("tests", "secrets", "summary")
    }
    assert {name for name, check in found.items() if check.reads_history} == {"secrets", "summary"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"localci.toml": b"version = "},
        {"localci.toml": CONFIGURATION, "pyproject.toml": b"[tool.localci]\nversion = 1\n"},
    ],
    ids=["none", "broken", "two"],
)
def test_without_definitions_to_compare_with_the_policy_cannot_be_used(
    files: dict[str, bytes],
) -> None:
    with pytest.raises(PolicyError, match="at the trust commit: ") as caught:
        trusted_checks(files.get, BY)
    assert caught.value.code == "policy-invalid"
    assert trusted_checks(files.get, policy(checks_from_base=False)) == {}


def test_a_link_in_its_place_cannot_be_used() -> None:
    def read(path: str) -> bytes | None:
        raise UsageError(f"{path} is not a regular file in this commit")

    with pytest.raises(PolicyError, match="not a regular file"):
        trusted_checks(read, BY)


def test_what_cannot_be_read_is_no_fault_of_the_policy() -> None:
    def read(path: str) -> bytes | None:
        raise GitError(f"the object of {path} is missing here")

    with pytest.raises(GitError):
        trusted_checks(read, BY)
