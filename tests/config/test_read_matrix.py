from __future__ import annotations

import pytest

from localci.config.read_configuration import read_configuration
from localci.errors import UsageError


def matrix(lines: str) -> object:
    text = f'version = 1\n[checks.a]\nrun = "true"\n{lines}\n'
    return read_configuration({"localci.toml": text.encode()}.get).checks[0].matrix


def test_axes_and_values_stay_in_their_order() -> None:
    found = matrix('matrix.python = ["3.12", "3.11"]\nmatrix.db = ["x", 16]')
    assert isinstance(found, type(matrix('matrix.x = ["1"]')))
    assert list(found.items()) == [("python", ("3.12", "3.11")), ("db", ("x", "16"))]  # type: ignore[attr-defined]
    assert matrix("") is None


def test_as_many_cells_as_there_may_be() -> None:
    values = [str(value) for value in range(8)]
    assert matrix(f"matrix = {{ a = {values}, b = {values} }}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("matrix = {}", "`matrix` in [checks.a] has no axis; leave it out"),
        ("matrix.x = []", "`x` in [checks.a.matrix] is not a list of values like"),
        ('matrix.x = "1"', "`x` in [checks.a.matrix] is not a list of values like"),
        ('matrix.X = ["1"]', "`X` in [checks.a.matrix] is no name for an axis"),
        ("matrix.x = [3.10]", "`x` in [checks.a.matrix] has a number without quotes; 3.10 would"),
        ("matrix.x = [true]", "`x` in [checks.a.matrix] has a value that is not a text in quotes"),
        ('matrix.x = ["../a"]', "`x` in [checks.a.matrix] has a value that is not like [A-Za-z"),
        ("matrix.x = [-1]", "`x` in [checks.a.matrix] has a value that is not like [A-Za-z"),
        ('matrix.x = ["a", "A"]', "`x` in [checks.a.matrix] has a value twice; capitals do not"),
        ('matrix.x = ["1", 1]', "`x` in [checks.a.matrix] has a value twice; capitals do not"),
        (
            f"matrix = {{ a = {list(range(5))}, b = {list(range(13))} }}",
            "`matrix` in [checks.a] has 65 cells; 64 are the most",
        ),
        (
            f'matrix = {{ a = ["{"x" * 62}"], b = ["1", "{"x" * 62}"] }}',
            "`matrix` in [checks.a] has cells with names of over 128 characters",
        ),
    ],
)
def test_a_matrix_that_cannot_be_used_is_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        matrix(line)
    assert str(caught.value).startswith(f"localci.toml:4: {message}")


def test_the_longest_name_of_a_cell_is_what_it_is_called() -> None:
    long, longer = "x" * 61, "x" * 62
    assert matrix(f'matrix = {{ a = ["{longer}"], b = ["1", "{long}"] }}') is not None
    assert len(f"a={longer},b={long}") == 128


@pytest.mark.parametrize("run", ["x ${matrix.y}", "x {matrix.x}", "x {matrix}", "awk '{print}'"])
def test_other_braces_are_nobodys_business(run: str) -> None:
    text = f'version = 1\n[checks.a]\nrun = "{run}"\nmatrix.x = ["1"]\n'
    assert read_configuration({"localci.toml": text.encode()}.get).checks[0].run == run


def test_an_axis_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        matrix('matrix.python = ["3.11"]\nenv = { A = "{matrix.pyhton}" }')
    assert str(caught.value) == (
        "localci.toml:5: `env` in [checks.a] has {matrix.pyhton}, which is no axis of it; did you"
        " mean `python`?"
    )
