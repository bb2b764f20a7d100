"""One comment of ours, whoever else writes and whenever; GitLab's notes stand for all forges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.forge.posting.gitlab import DIALECT, post
from localci.forge.posting.posting import Place
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.gitlab_server import GitLab
from support.postings import posting
from support.rest_server import Fault, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from localci.forge.posting.posting import Posted
    from support.rest_server import Request

MARKED = "<!-- localci report -->\n### localci: accepted"
STRANGER = 666


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    service = GitLab()
    with serving(service):
        yield service


def put(gitlab: GitLab, title: str = "accepted") -> Posted:
    address = f"{gitlab.url}/api/v4"
    api = RestApi(DIALECT, address, Token("glpat-token"), lambda _: None)
    return post(api, Place("gitlab", address, "acme/tools/app", 7), posting(title=title))


def ours(gitlab: GitLab) -> list[str]:
    return [note["body"] for note in gitlab.notes.values() if note["author"]["id"] == 1]


def test_a_strangers_comment_with_our_marker_stays_as_it_is(gitlab: GitLab) -> None:
    gitlab.add_note(MARKED, STRANGER)
    put(gitlab)
    put(gitlab, "again")
    assert gitlab.notes[300]["body"] == MARKED
    assert len(ours(gitlab)) == 1


def test_a_strangers_marker_is_no_match_where_the_forge_does_not_say_who_we_are(
    gitlab: GitLab,
) -> None:
    gitlab.knows_me = False
    gitlab.add_note(MARKED, STRANGER)
    put(gitlab)
    put(gitlab, "again")
    assert gitlab.notes[300]["body"] == MARKED
    assert len(ours(gitlab)) == 1
    assert "again" in ours(gitlab)[0]


def test_what_a_person_wrote_with_the_same_token_stays(gitlab: GitLab) -> None:
    gitlab.add_note("Looks good to me. <!-- localci report -->")
    put(gitlab)
    assert sorted(body[:5] for body in ours(gitlab)) == ["<!-- ", "Looks"]


def test_what_the_forge_itself_wrote_is_nobodys(gitlab: GitLab) -> None:
    gitlab.add_note(MARKED, system=True)
    put(gitlab)
    assert gitlab.notes[300]["body"] == MARKED


def test_it_is_found_behind_hundreds_of_others(gitlab: GitLab) -> None:
    for _ in range(250):
        gitlab.add_note("hm", STRANGER)
    put(gitlab)
    put(gitlab, "again")
    assert len(ours(gitlab)) == 1


class Crowded(GitLab):
    """Another process posts the same between our look and our comment."""

    crowd: bool = True

    def answer(self, request: Request) -> tuple[int, Any]:
        if self.crowd and request.method == "POST" and request.path.endswith("/notes"):
            self.crowd = False
            self.add_note(MARKED)
        return super().answer(request)


def test_two_at_once_keep_the_older_one() -> None:
    service = Crowded()
    with serving(service):
        posted = put(service)
    (body,) = ours(service)
    assert list(service.notes) == [300]
    assert body != MARKED
    assert posted.lines[1] == "comment on !7: brought up to date"


def test_older_doubles_of_ours_are_removed(gitlab: GitLab) -> None:
    for _ in range(3):
        gitlab.add_note(MARKED)
    put(gitlab)
    assert list(gitlab.notes) == [300]


def test_a_double_that_is_gone_meanwhile_is_fine(gitlab: GitLab) -> None:
    for _ in range(2):
        gitlab.add_note(MARKED)
    gitlab.fail("DELETE", Fault(404, retry_after=""))
    assert put(gitlab).problems == ()


def test_ends_of_lines_that_the_forge_changed_make_no_difference(gitlab: GitLab) -> None:
    put(gitlab)
    note = gitlab.notes[300]
    note["body"] = note["body"].replace("\n", "\r\n").rstrip()
    assert put(gitlab).lines[1] == "comment on !7: there already"
