from __future__ import annotations

import pytest

from localci.config.paths import directory_matcher, path_fault, path_matcher, pattern_fault


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("pyproject.toml", ["pyproject.toml"], ["sub/pyproject.toml", "pyproject.toml2"]),
        ("src/**", ["src/a", "src/a/b.py"], ["src", "src2/a", "a/src/b"]),
        ("src", ["src", "src/a/b.py"], ["srcs", "a/src"]),
        ("src/", ["src/a"], ["srca"]),
        ("**/*.py", ["a.py", "a/b/c.py", "a/.py"], ["a.pyi", "py"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az", "a/bz", "b/a/z"]),
        ("a/**/**/z", ["a/z", "a/b/z"], ["az"]),
        ("*.lock", ["uv.lock", ".lock"], ["a/uv.lock"]),
        ("a?c", ["abc", "aéc"], ["ac", "a/c", "abbc"]),
        ("a**b", ["ab", "axxb"], ["a/b"]),
        ("**", ["a", "a/b"], []),
        ("a.b+c", ["a.b+c"], ["axbc"]),
        ("*", ["new\nline", "dir/new\nline"], []),
    ],
)
def test_a_pattern_matches(pattern: str, matched: list[str], not_matched: list[str]) -> None:
    assert pattern_fault(pattern) == ""
    matches = path_matcher([pattern])
    assert [path for path in matched + not_matched if matches(path)] == matched


@pytest.mark.parametrize(
    ("pattern", "above", "not_above"),
    [
        ("src/a/*.py", ["src", "src/a"], ["src/b", "src/a/b", "s", "srca"]),
        ("src/**", ["src"], ["lib"]),
        ("src/**/x", ["src", "src/a", "src/a/b"], ["lib", "srca"]),
        ("**/*.py", ["a", "a/b"], []),
        ("s?c/", [], ["src"]),
        ("*/x", ["a", "b"], ["a/b"]),
        ("x", [], ["x", "a"]),
    ],
)
def test_a_pattern_may_match_in_a_directory(
    pattern: str, above: list[str], not_above: list[str]
) -> None:
    matches = directory_matcher(["no/such", pattern])
    assert [path for path in above + not_above if matches(path)] == above


def test_one_of_several_patterns_is_enough() -> None:
    matches = path_matcher(["src/**", "*.toml"])
    assert matches("src/a")
    assert matches("b.toml")
    assert not matches("b.py")


@pytest.mark.parametrize(
    "pattern",
    [
        *["", "/", "/src", "!src", "../x", "a/../b", "a//b", "./a", ".", "..", "a/.", "a//"],
        *["*.[ch]", "{a,b}", "a\\b", "a\nb", "a\0", "a/../"],
    ],
)
def test_a_pattern_that_leaves_the_tree_or_is_read_differently_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


@pytest.mark.parametrize("path", [".venv", "a/b c/é", "[id].tsx", "..."])
def test_a_path_is_accepted(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize("path", ["", "/a", "a/", "a/../b", "..", "*.xml", "a?", "a\\b", "a\x7f"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    assert path_fault(path)
