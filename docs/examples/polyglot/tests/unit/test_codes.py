from __future__ import annotations

import pytest

from depot.codes import Shelf, read_code


@pytest.mark.parametrize("text", ["A-07-3", " a-07-3 "])
def test_a_code_names_a_shelf(text: str) -> None:
    assert read_code(text) == Shelf("A", 7, 3)


@pytest.mark.parametrize("text", ["", "A-7-3", "A-07-0", "AB-07-3", "A-07-3-1"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no shelf"):
        read_code(text)


def test_a_shelf_is_written_as_it_is_read() -> None:
    assert str(read_code("B-11-2")) == "B-11-2"


def test_shelves_are_in_the_order_of_a_walk() -> None:
    shelves = [read_code(code) for code in ("B-01-1", "A-10-2", "A-02-9")]

    assert [str(shelf) for shelf in sorted(shelves)] == ["A-02-9", "A-10-2", "B-01-1"]
