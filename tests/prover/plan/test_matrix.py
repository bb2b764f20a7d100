from __future__ import annotations

from localci.prover.plan.matrix import cell_name, combinations


def test_every_combination_is_a_cell_and_the_last_axis_changes_first() -> None:
    cells = list(combinations({"a": ("1", "2"), "b": ("x", "y")}))
    assert [cell_name(cell) for cell in cells] == ["a=1,b=x", "a=1,b=y", "a=2,b=x", "a=2,b=y"]
    assert cells[2] == {"a": "2", "b": "x"}
