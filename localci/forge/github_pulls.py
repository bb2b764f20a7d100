"""The pull requests of a repository: which are open, and whose change a commit is.

A check belongs to a commit, and so do its authors: everybody who proposes it counts, or a second
pull request with the same head would hide who opened the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.console import harmless, tell
from localci.errors import UsageError
from localci.forge.github_event import read_pull_request
from localci.forge.github_names import is_login, is_repository
from localci.forge.json_path import number_at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.forge.github_api import GitHubApi
    from localci.forge.github_event import ForgeQuestion, Targets
    from localci.forge.json_path import JsonValue

MOST_SOURCES: Final = 4
"""Forks whose notes are read for one question: anybody may propose a commit of somebody else's."""


class PullRequests:
    """The pull requests of one repository; the open ones are listed once, when first needed."""

    def __init__(self, api: GitHubApi, repository: str) -> None:
        self._api = api
        self._path = f"/repos/{repository}"
        self._listed: list[JsonValue] | None = None

    def questions(self, head: str, targets: Targets) -> Iterable[ForgeQuestion]:
        """Return what the open pull requests ask, all or those of one commit. Raises ApiError.

        Several with the same head and target ask the same thing.
        """
        found: dict[tuple[str, str], ForgeQuestion] = {}
        for pull in self._open():
            if head and text_at(pull, "head", "sha") != head:
                continue
            try:
                question = read_pull_request(pull, targets)
            except UsageError as error:
                tell(harmless(f"localci: a pull request is left out: {error}"))
                continue
            if question is not None:
                found.setdefault((question.head, question.target), question)
        return found.values()

    def with_people(self, question: ForgeQuestion) -> ForgeQuestion:
        """Name all the authors and sources of a question's commit. Raises ApiError."""
        # The oldest first: who copies a proposal must not crowd out the one that it is copied from.
        pulls = sorted(self._pulls_of(question), key=lambda pull: number_at(pull, "number"))
        authors = (text_at(pull, "user", "login") for pull in pulls)
        # Who merges a proposal is not the author of what it brings.
        known = () if any(_merged_as(pull, question) for pull in pulls) else question.authors
        sources = (
            text_at(pull, "head", "repo", "full_name")
            for pull in pulls
            if text_at(pull, "base", "ref") == question.target
        )
        return question._replace(
            authors=tuple(dict.fromkeys((*known, *filter(is_login, authors)))),
            sources=tuple(dict.fromkeys((*question.sources, *filter(is_repository, sources))))[
                :MOST_SOURCES
            ],
        )

    def _pulls_of(self, question: ForgeQuestion) -> list[JsonValue]:
        """Return the pull requests that propose a commit, or that it came from.

        GitHub's own answer may lack those of forks, and the list those that are merged by now.
        """
        head = question.head
        pulls = [pull for pull in self._open() if text_at(pull, "head", "sha") == head]
        for pull in self._api.pages(f"{self._path}/commits/{head}/pulls"):
            proposed = text_at(pull, "state") == "open" and text_at(pull, "head", "sha") == head
            if proposed or text_at(pull, "merged_at"):
                pulls.append(pull)
        if question.pull_request:
            # In a merge queue the commit is GitHub's, and only the number says whose change it is.
            pulls.append(self._api.get(f"{self._path}/pulls/{question.pull_request}"))
        return pulls

    def _open(self) -> list[JsonValue]:
        if self._listed is None:
            pulls = self._api.pages(
                f"{self._path}/pulls", state="open", sort="updated", direction="desc"
            )
            self._listed = list(pulls)
        return self._listed


def _merged_as(pull: JsonValue, question: ForgeQuestion) -> bool:
    """Tell whether GitHub says that this pull request became the commit on the target."""
    return (
        bool(text_at(pull, "merged_at"))
        and text_at(pull, "merge_commit_sha") == question.head
        and text_at(pull, "base", "ref") == question.target
    )
