from __future__ import annotations

import pytest

from localci.config.configuration import Check
from localci.config.reached import comes_after, find_cycle, reached


def graph(**needs: str) -> dict[str, Check]:
    return {name: Check(name, run="x", needs=tuple(others)) for name, others in needs.items()}


def test_a_check_comes_after_its_source_and_what_it_needs() -> None:
    assert comes_after(Check("a", source="b")) == ("b",)
    assert comes_after(Check("a", run="x", needs=("c", "b"))) == ("c", "b")
    assert comes_after(Check("a", run="x")) == ()


def test_all_that_is_behind_is_reached() -> None:
    checks = graph(a="bc", b="d", c="d", d="", e="a")
    assert reached(checks, ["b"]) == {"b", "d"}
    assert reached(checks, ["a"]) == {"a", "b", "c", "d"}
    assert reached(checks, ["b", "c"]) == {"b", "c", "d"}
    assert reached(checks, []) == frozenset()


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": "b", "b": ""}, ""),
        ({"a": "bc", "b": "c", "c": ""}, ""),
        ({"a": "a"}, "aa"),
        ({"a": "b", "b": "a"}, "aba"),
        ({"x": "a", "a": "b", "b": "c", "c": "a"}, "abca"),
        ({"a": "db", "b": "a", "d": ""}, "aba"),
    ],
)
def test_a_circle_is_named_from_end_to_end(needs: dict[str, str], circle: str) -> None:
    assert find_cycle(graph(**needs)) == tuple(circle)
