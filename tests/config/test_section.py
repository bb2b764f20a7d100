from __future__ import annotations

import pytest

from localci.config.section import Section
from localci.config.toml_file import read_toml
from localci.errors import UsageError


def section(text: str) -> Section:
    file = read_toml(text.encode(), "x.toml")
    return Section(file, (), file.tables)


def test_what_is_not_written_has_a_default() -> None:
    empty = section("")
    assert empty.text("a") == ""
    assert empty.texts("a", ("b",)) == ("b",)
    assert empty.choice("a", ("b", "c"), "c") == "c"
    assert empty.boolean("a", default=True)
    assert empty.whole_number("a") is None
    assert empty.whole_number("a", 3) == 3
    assert empty.percentage("a") is None
    assert empty.seconds("a", most=1) is None
    assert empty.environment("a", lambda _: "") is None
    assert empty.table("a").values == {}
    assert empty.tables("a") == ()


def test_an_array_of_tables_is_read_table_by_table() -> None:
    first, second = section('[[signer]]\nname = "ada"\n[[signer]]\nname = 1\n').tables("signer")
    assert first.text("name") == "ada"
    with pytest.raises(UsageError) as caught:
        second.text("name")
    assert str(caught.value) == "x.toml:4: `name` in [signer] is not a text in quotes"


@pytest.mark.parametrize("text", ["[signer]", "signer = 1", "signer = [1]"])
def test_what_is_no_array_of_tables_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        section(text).tables("signer")
    assert str(caught.value) == "x.toml:1: `signer` is not an array of tables; write [[signer]]"


def test_the_least_count_is_named() -> None:
    with pytest.raises(UsageError, match="`threshold` is not a whole number of at least 1"):
        section("threshold = 0").whole_number("threshold", least=1)


def test_the_most_is_named() -> None:
    assert section("a = 2").whole_number("a", most=2) == 2
    with pytest.raises(UsageError, match="`a` is more than 2"):
        section("a = 3").whole_number("a", most=2)


def test_nothing_is_a_span_only_where_it_may_be() -> None:
    assert section("a = 0").seconds("a", most=9, least=0) == 0
    with pytest.raises(UsageError, match="`a` has to be longer than nothing"):
        section("a = 0").seconds("a", most=9)
