"""Our lines among the code owners: they count, and nobody else's go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from localci.errors import UsageError
from localci.forge.settings.code_owners import BEGIN, END, find_unowned, merge_owners

if TYPE_CHECKING:
    from localci.forge.settings.code_owners import OwnersFile

BLOCK: Final = f"{BEGIN}\n/.github/ @acme/ci\n/.localci/ @acme/ci\n{END}\n"


def merged(files: dict[str, str], *owners: str) -> OwnersFile:
    data = {path: text.encode() for path, text in files.items()}
    return merge_owners(data.get, owners or ("@acme/ci",))


def test_the_file_is_made_where_there_is_none() -> None:
    made = merged({})
    assert (made.path, made.after) == (".github/CODEOWNERS", BLOCK)


def test_our_lines_come_last_for_there_they_count() -> None:
    made = merged({".github/CODEOWNERS": "* @acme/dev\n"})
    assert made.after == f"* @acme/dev\n\n{BLOCK}"


def test_twice_changes_nothing() -> None:
    once = merged({".github/CODEOWNERS": "* @acme/dev\n"}).after
    assert merged({".github/CODEOWNERS": once}).after == once


def test_lines_that_came_after_ours_come_before_them_again() -> None:
    made = merged({".github/CODEOWNERS": f"{BLOCK}* @acme/dev\n"})
    assert made.after == f"* @acme/dev\n\n{BLOCK}"


def test_other_owners_of_ours_take_the_place_of_the_old_ones() -> None:
    made = merged({".github/CODEOWNERS": BLOCK}, "@ada", "@grace")
    assert made.after == BLOCK.replace("@acme/ci", "@ada @grace")


@pytest.mark.parametrize("pattern", [".github/", "/.github", "/.github/**", ".github"])
def test_an_entry_of_somebody_else_for_our_path_is_kept(pattern: str) -> None:
    made = merged({".github/CODEOWNERS": f"{pattern} @ops\n"})
    assert made.kept == (f"{pattern} @ops",)
    assert made.after == f"{pattern} @ops\n\n{BEGIN}\n/.localci/ @acme/ci\n{END}\n"


def test_the_file_that_is_there_is_not_hidden_by_a_new_one_and_guards_itself() -> None:
    made = merged({"docs/CODEOWNERS": "* @acme/dev\n"})
    assert made.path == "docs/CODEOWNERS"
    assert "/docs/CODEOWNERS @acme/ci\n" in made.after


def test_line_ends_stay_what_they_are() -> None:
    made = merged({".github/CODEOWNERS": "* @acme/dev\r\n"})
    assert made.after.count("\r\n") == made.after.count("\n") == 6


@pytest.mark.parametrize(
    "text",
    [
        "* @a\n/x @b\r\n",
        "* @a\r\n/x @b\n",
        "* @a \x0b\n",
        "# \u2028 \x85 \x1c\n",
        "# a\rb\n",
        "#\t \n",
    ],
)
def test_not_a_byte_of_anybody_elses_lines_is_changed(text: str) -> None:
    made = merged({".github/CODEOWNERS": text})
    assert made.after.startswith(text)
    assert merged({".github/CODEOWNERS": made.after}).after == made.after


def test_a_last_line_without_an_end_gets_one() -> None:
    assert merged({".github/CODEOWNERS": "* @acme/dev"}).after == f"* @acme/dev\n\n{BLOCK}"


def test_where_nothing_of_ours_is_lacking_no_byte_is_changed() -> None:
    text = "/.github/ @ops\n/.localci/ @ops"
    assert merged({".github/CODEOWNERS": text}).after == text


@pytest.mark.parametrize("owner", ["acme", "@acme/ci @eve", "@acme/ci\n* @eve", "#", ""])
def test_what_is_no_owner_is_refused(owner: str) -> None:
    with pytest.raises(UsageError, match="is no owner"):
        merged({}, owner)


@pytest.mark.parametrize("text", [f"{BEGIN}\n", f"{END}\n{BEGIN}\n", BLOCK + BLOCK])
def test_comments_that_were_meddled_with_are_not_guessed_at(text: str) -> None:
    with pytest.raises(UsageError, match="not what they were"):
        merged({".github/CODEOWNERS": text})


@pytest.mark.parametrize(
    ("files", "unowned"),
    [
        ({}, (".github/", ".localci/")),
        ({"CODEOWNERS": b"* @acme/dev\n"}, (".github/", ".localci/")),
        ({"CODEOWNERS": b"/.localci @acme/ci\n"}, (".github/",)),
        ({"CODEOWNERS": b"/.localci/\n/.github/ # @acme/ci\n"}, (".github/", ".localci/")),
        ({".github/CODEOWNERS": BLOCK.encode(), "CODEOWNERS": b""}, ()),
    ],
)
def test_it_is_known_what_has_no_owner(files: dict[str, bytes], unowned: tuple[str, ...]) -> None:
    assert find_unowned(files.get) == unowned
