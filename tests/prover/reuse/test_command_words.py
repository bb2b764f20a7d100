from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.prover.reuse.command_words import command_words, is_python, module_words


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ruff check .", {"ruff"}),
        ("ruff check . && mypy src; pytest -q | tee log", {"ruff", "mypy", "pytest", "tee"}),
        ("ruff check &\nmypy", {"ruff", "mypy"}),
        ("A=1 B='x y' pytest", {"pytest"}),
        ("env -u HOME A=1 pytest -q", {"env", "pytest"}),
        ("timeout -k 5 10m nice pytest", {"timeout", "nice", "pytest"}),
        ("uv run --frozen pytest -q", {"uv", "pytest"}),
        ("sh -c 'ruff check; mypy src'", {"sh", "ruff", "mypy"}),
        ("bash -euc \"sh -c 'ruff check .'\"", {"bash", "sh", "ruff"}),
        ("if test -f x; then ruff check; else ! mypy; fi", {"test", "ruff", "mypy"}),
        ("for f in *.sh; do shellcheck $f; done", {"shellcheck"}),
        ("( cd sub && ruff check )", {"cd", "ruff"}),
        ("{ ruff check; }", {"ruff"}),
        ('test "$(ruff --version)" = x', {"test", "ruff"}),
        ("echo `mypy --version`", {"echo", "mypy"}),
        ("echo $(mypy --version)", {"echo", "mypy"}),
        ("cat <<X | mypy\nX", {"cat", "mypy"}),
        ("ruff \\\n  check && mypy", {"ruff", "mypy"}),
        ("ruff check # it's a comment\nmypy src", {"ruff", "mypy"}),
        ("command -v mypy >/dev/null || exit 127", {"mypy"}),
        ("/usr/bin/ruff check", {"/usr/bin/ruff"}),
        ("xargs -0 shellcheck < list", {"xargs", "shellcheck"}),
        ("", set()),
    ],
)
def test_programs_that_a_line_starts_are_named(line: str, wanted: set[str]) -> None:
    assert wanted <= set(command_words(line))


@pytest.mark.parametrize(
    ("line", "unwanted"),
    [("ruff check src", "check"), ("pytest -k env", "env"), ("A=ruff mypy", "A=ruff")],
)
def test_other_words_are_not(line: str, unwanted: str) -> None:
    assert unwanted not in command_words(line)


def test_modules_are_named() -> None:
    assert module_words("python -m mypy src && sh -c 'python3 -X dev -m pytest -q'") == (
        "mypy",
        "pytest",
    )


@pytest.mark.parametrize(
    "name", ["python", "python3", "python3.12", "/usr/bin/pypy3", "python3.14t"]
)
def test_interpreters_are_known_by_name(name: str) -> None:
    assert is_python(name)
    assert not is_python(f"{name}-config")


@given(st.text(st.sampled_from("ab '\"`$(){};|&<>\\\n=#-"), max_size=40))
def test_no_line_is_too_odd(line: str) -> None:
    command_words(line)
    module_words(line)
