"""The suite against its catalogue, and the table in `docs/security.md` against the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.attack_table import DOCUMENT, collect, in_document, table
from support.attacks import ACCEPT, attack
from support.catalogue import CATALOGUE, REASON_CODES

if TYPE_CHECKING:
    from support.attack_table import Attack


@pytest.fixture(scope="module")
def attacks() -> tuple[Attack, ...]:
    """What the whole suite tries, whichever tests run just now."""
    return collect()


def test_every_input_of_the_catalogue_is_tried(attacks: tuple[Attack, ...]) -> None:
    assert CATALOGUE.keys() - {found.id for found in attacks} == set()


def test_every_reason_is_reached(attacks: tuple[Attack, ...]) -> None:
    assert REASON_CODES - {found.expect for found in attacks} == set()


def test_something_is_accepted_too(attacks: tuple[Attack, ...]) -> None:
    assert [found for found in attacks if found.expect == ACCEPT]


def test_the_documents_table_is_what_the_suite_tries(attacks: tuple[Attack, ...]) -> None:
    _, written, _ = in_document(DOCUMENT.read_text("utf-8"))
    assert written == table(attacks), "`make attack-table` writes it anew"


@pytest.mark.parametrize(
    ("what", "expect"),
    [(("Z99",), "malformed"), ((), "malformed"), (("G25", "a", "b"), "malformed"),
     (("G25",), "bad"), (("G25",), "")],
)  # fmt: skip
def test_a_mark_outside_the_catalogue_is_a_mistake(what: tuple[str, ...], expect: str) -> None:
    with pytest.raises(ValueError, match=r"catalogue|expected"):
        attack(*what, expect=expect)
