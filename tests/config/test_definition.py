from __future__ import annotations

import hashlib
from typing import Any

import pytest

from localci.config.definition import definition, reads_history

TABLES: dict[str, Any] = {
    "version": 1,
    "run": {"jobs": 2, "setup": "make", "env": {"A": "1"}},
    "checks": {
        "tests": {"run": "pytest", "services": ["redis"], "needs": ["build"]},
        "coverage": {"from": "tests", "report": "coverage:c.json", "threshold": 85.0},
        "build": {"run": "make", "needs": ["tests"]},
        "lint": {"uses": "ruff"},
    },
    "services": {"redis": {"run": "redis-server"}, "other": {"run": "x"}},
}


def test_a_definition_is_the_digest_of_canonical_json() -> None:
    text = (
        '{"checks":{"lint":{"uses":"ruff"}},"name":"lint",'
        '"run":{"env":{"A":"1"},"setup":"make"},"services":{},"v":1}'
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert definition(TABLES, "lint") == f"1:{digest}"


def test_what_is_reached_by_from_and_needs_belongs_to_it_even_in_a_circle() -> None:
    text = (
        '{"checks":{"build":{"needs":["tests"],"run":"make"},'
        '"coverage":{"from":"tests","report":"coverage:c.json","threshold":85.0},'
        '"tests":{"needs":["build"],"run":"pytest","services":["redis"]}},"name":"coverage",'
        '"run":{"env":{"A":"1"},"setup":"make"},"services":{"redis":{"run":"redis-server"}},"v":1}'
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert definition(TABLES, "coverage") == f"1:{digest}"


@pytest.mark.parametrize(
    ("table", "key", "value", "changed"),
    [
        ("run", "jobs", 8, []),
        ("run", "setup", "other", ["build", "coverage", "lint", "tests"]),
        ("run", "keep", [".venv"], ["build", "coverage", "lint", "tests"]),
        ("publish", "remotes", ["origin"], []),
        ("services", "redis", {"run": "valkey"}, ["build", "coverage", "tests"]),
        ("services", "other", {"run": "valkey"}, []),
        ("checks", "lint", {"uses": "ruff", "max_issues": 1}, ["lint"]),
        ("checks", "tests", {"run": "true"}, ["build", "coverage", "tests"]),
        ("checks", "coverage", {"from": "tests"}, ["coverage"]),
        ("checks", "new", {"run": "true"}, []),
    ],
)
def test_a_change_changes_the_definitions_that_rest_on_it(
    table: str, key: str, value: object, changed: list[str]
) -> None:
    other = {**TABLES, table: {**TABLES.get(table, {}), key: value}}
    names = TABLES["checks"]
    assert sorted(n for n in names if definition(other, n) != definition(TABLES, n)) == changed


def test_a_definition_names_its_check() -> None:
    tables: Any = {"checks": {"a": {"run": "true"}, "b": {"run": "true"}}}
    assert definition(tables, "a") != definition(tables, "b")


@pytest.mark.parametrize("tables", [{}, {"checks": {}}, {"checks": 1}, {"checks": []}])
def test_a_check_that_is_not_written_has_no_definition(tables: Any) -> None:
    assert definition(tables, "tests") is None


@pytest.mark.parametrize(
    "check", [1, [], {"from": 1, "needs": {"a": 1}, "services": [1, "none"]}, {"from": "none"}]
)
def test_tables_of_the_wrong_shape_still_have_a_definition(check: Any) -> None:
    tables = {"checks": {"odd": check}, "services": 1, "run": "x"}
    assert definition(tables, "odd") is not None
    assert not reads_history(tables, "odd")


def test_reading_history_is_inherited_from_what_is_reached() -> None:
    tables: Any = {
        "checks": {
            "secrets": {"run": "scan", "reads": "history"},
            "count": {"from": "secrets", "report": "sarif:s.json"},
            "lint": {"uses": "ruff"},
            "odd": {"uses": "no-such-preset"},
        }
    }
    names = ["secrets", "count", "lint", "odd", "missing"]
    assert [name for name in names if reads_history(tables, name)] == ["secrets", "count"]
