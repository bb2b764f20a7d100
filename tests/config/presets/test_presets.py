"""What holds for all presets; tests/presets runs each with its tool."""

from __future__ import annotations

import pytest

from localci.config.presets import preset_names, preset_table
from localci.config.read_configuration import read_configuration
from support.isolation import PROJECT

TESTS = [path.read_text("utf-8") for path in (PROJECT / "tests" / "presets").glob("test_*.py")]


@pytest.mark.parametrize("name", preset_names())
class TestEach:
    def test_is_a_whole_check_that_says_how_its_tool_is_had(self, name: str) -> None:
        text = f'version = 1\n[checks.a]\nuses = "{name}"\n'
        check = read_configuration({"localci.toml": text.encode()}.get).checks[0]
        assert check.run
        assert check.install

    def test_tells_an_answer_of_its_tool_from_a_crash(self, name: str) -> None:
        table = preset_table(name) or {}
        assert "failed_codes" in table or "report_codes" in table

    def test_is_run_by_a_test(self, name: str) -> None:
        assert any(f'"{name}"' in text for text in TESTS)


@pytest.mark.parametrize("name", ["", "ruff_format", "RUFF", "../ruff", "presets"])
def test_what_is_no_preset_has_no_table(name: str) -> None:
    assert preset_table(name) is None
