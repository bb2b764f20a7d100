from __future__ import annotations

import pytest

from localci.config.configuration_file import find_configuration
from localci.errors import UsageError


def test_localci_toml_is_found() -> None:
    found = find_configuration({"localci.toml": b"version = 1"}.get)
    assert found.name == "localci.toml"
    assert found.tables == {"version": 1}


def test_the_table_in_pyproject_is_found() -> None:
    found = find_configuration({"pyproject.toml": b"[tool.localci]\nversion = 1"}.get)
    assert found.name == "pyproject.toml"
    assert found.tables == {"version": 1}


@pytest.mark.parametrize(
    "pyproject",
    [b"[tool.ruff]\n", b"tool = 1 # localci", b"[tool.other]\nlocalci = 1", b"{{ template }}"],
)
def test_a_pyproject_without_the_table_does_not_matter(pyproject: bytes) -> None:
    files = {"localci.toml": b"version = 1", "pyproject.toml": pyproject}
    assert find_configuration(files.get).tables == {"version": 1}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no localci.toml in this commit; run `localci init`"),
        ({"pyproject.toml": b"[tool.ruff]"}, "no localci.toml in this commit; run `localci init`"),
        (
            {"localci.toml": b"version = 1", "pyproject.toml": b"\n[tool.localci]\nversion = 1"},
            "pyproject.toml:2: [tool.localci] beside localci.toml; keep one of the two",
        ),
        (
            {"pyproject.toml": b"[tool]\nlocalci = 1"},
            "pyproject.toml:2: `localci` in [tool] is not",
        ),
        ({"pyproject.toml": b"\n[tool.localci"}, "pyproject.toml:2: not TOML"),
        ({"localci.toml": b"\na = [1, 2026-01-01]"}, "localci.toml:2: a date or time has no place"),
        ({"localci.toml": b"a.b = inf"}, "localci.toml:1: infinity and NaN have no place"),
        ({"localci.toml": b"a = -nan"}, "localci.toml:1: infinity and NaN have no place"),
        ({"localci.toml": b"a = 0x8000000000000000"}, "localci.toml:1: a whole number beyond 64"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused(
    files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        find_configuration(files.get)
    assert str(caught.value).startswith(message)


def test_the_largest_whole_number_is_read() -> None:
    assert find_configuration({"localci.toml": b"a = 0x7fffffffffffffff"}.get).tables == {
        "a": 2**63 - 1
    }
