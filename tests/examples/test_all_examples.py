"""Every worked example is whole: what it configures can be read, met, and found."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from localci.config.policy_faults import policy_faults
from localci.config.policy_rules import requirement_tables
from localci.config.read_configuration import read_configuration
from localci.config.read_policy import read_policy
from support.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/localci.toml"))
LINK = re.compile(r"\]\(([^)#:]+)\)")
SIGNER = """
[[signer]]
name = "ada@example.org"
fingerprint = "{key.fingerprint}"
key = "keys/ada@example.org.asc"
roles = ["maintainer"]
"""


def files_of(example: str, key: Key) -> dict[str, bytes]:
    """Return an example's files as they are after `localci trust add --role maintainer`."""
    place = EXAMPLES / example
    read = {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }
    read[".localci/policy.toml"] += SIGNER.format(key=key).encode("ascii")
    read[".localci/keys/ada@example.org.asc"] = key.certificate.encode("ascii")
    return read


@pytest.mark.parametrize("example", NAMES)
def test_its_policy_can_be_met_by_its_checks(example: str, ada: Key) -> None:
    files = files_of(example, ada)
    configuration = read_configuration(files.get)
    policy = read_policy(files.get)

    assert list(policy_faults(policy, "", configuration, time.time())) == []
    required = {item.name for _, item in requirement_tables(policy, "main")}
    profiles = {check.name for check in configuration.checks if check.when and check.when.profiles}
    assert required == {check.name for check in configuration.checks} - profiles


@pytest.mark.parametrize(
    "text", sorted(EXAMPLES.rglob("README.md")), ids=lambda path: path.parent.name
)
def test_what_its_text_leads_to_is_there(text: Path) -> None:
    for link in LINK.findall(text.read_text("utf-8")):
        assert (text.parent / link).exists(), link


@pytest.mark.parametrize("example", NAMES)
def test_every_file_that_its_text_names_is_there(example: str) -> None:
    text = (EXAMPLES / example / "README.md").read_text("utf-8")
    names = re.findall(r"`((?:\.?[\w-]+/)+[\w.-]+|[\w-]+\.(?:txt|in|toml))`", text)

    assert names
    for name in names:
        assert (EXAMPLES / example / name).exists(), name


def test_all_examples_are_told_of() -> None:
    text = (EXAMPLES / "README.md").read_text("utf-8")

    assert sorted(re.findall(r"^\| \[([\w-]+)\]", text, re.MULTILINE)) == NAMES
