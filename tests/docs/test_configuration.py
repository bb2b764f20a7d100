"""What `docs/configuration.md` shows is what the code reads, and it leaves no key out."""

from __future__ import annotations

import re
from typing import Any

from localci.config.configuration import REPORT_KINDS
from localci.config.presets import preset_names
from localci.config.read_configuration import read_configuration
from localci.schemas import load_schema
from support.isolation import PROJECT

TEXT = (PROJECT / "docs" / "configuration.md").read_text("utf-8")
(SHOWN,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
CHECKS = (PROJECT / "docs" / "checks" / "README.md").read_text("utf-8")
SCHEMA: Any = load_schema("localci-1")


def keys(definition: str) -> set[str]:
    return set(SCHEMA["$defs"][definition]["properties"])


def test_the_configuration_can_be_read() -> None:
    found = read_configuration({"localci.toml": SHOWN.encode()}.get)

    assert [check.name for check in found.checks[:3]] == ["lint", "tests", "coverage"]
    assert found.profile("nightly") is not None


def test_every_key_is_shown() -> None:
    tables: Any = read_configuration({"localci.toml": SHOWN.encode()}.get).tables

    assert set(tables) == set(SCHEMA["properties"])
    assert set(tables["run"]) == keys("run")
    assert {key for check in tables["checks"].values() for key in check} == keys("check")
    assert {key for service in tables["services"].values() for key in service} == keys("service")
    assert {key for profile in tables["profiles"].values() for key in profile} == keys("profile")
    for table in ("hook", "publish", "notes"):
        assert set(tables[table]) == set(SCHEMA["properties"][table]["properties"])


def test_every_group_of_when_is_named() -> None:
    for name in keys("when"):
        assert f"`{name}`" in TEXT


def test_every_preset_and_every_format_has_its_row() -> None:
    named = re.findall(r"^\| `([a-z0-9-]+)` \|", CHECKS, re.MULTILINE)

    assert sorted(named) == sorted([*preset_names(), *REPORT_KINDS])
