from __future__ import annotations

from typing import Final

import pytest

from localci.git.refs import NOTES_REF, SHARDS, is_notes_ref, notes_ref, notes_refs

COMMIT: Final = "a3" + "0" * 38


@pytest.mark.parametrize(
    ("shards", "ref"),
    [(1, NOTES_REF), (16, "refs/notes/ci-shards/a0"), (256, "refs/notes/ci-shards/a3")],
)
def test_new_notes_go_by_the_first_digits(shards: int, ref: str) -> None:
    assert notes_ref(COMMIT, shards) == ref
    assert is_notes_ref(ref)


@pytest.mark.parametrize("object_id", [COMMIT, "a0" + "f" * 62, "0" * 40])
def test_whatever_the_number_of_shards_was_every_note_is_found(object_id: str) -> None:
    found = notes_refs(object_id)
    assert {notes_ref(object_id, shards) for shards in SHARDS} == set(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "ref",
    [
        "refs/notes/commits",
        "refs/notes/ci2",
        "refs/notes/ci-shards",
        "refs/notes/ci-shards/",
        "refs/notes/ci-shards/a",
        "refs/notes/ci-shards/A0",
        "refs/notes/ci-shards/a0/b",
        "refs/notes/ci-shards/zz",
        "a0",
    ],
)
def test_other_refs_hold_no_notes(ref: str) -> None:
    assert not is_notes_ref(ref)
