"""What a forge's CI tells its jobs of the forge, the repository and the pull request. Pure.

It counts only where it speaks of the very host that the remote names: a variable alone leads no
token anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

GITHUB: Final = "github"
GITLAB: Final = "gitlab"
GITEA: Final = "gitea"
BITBUCKET: Final = "bitbucket"

_PULL_REF: Final = re.compile(r"refs/pull/([0-9]{1,9})/(?:merge|head)", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class CiJob(NamedTuple):
    """A job: its forge and that one's host, the API's address (empty: not told), whose job it is.

    `pull` is the pull or merge request of `repository` that it runs for, 0 for none.
    """

    forge: str
    host: str
    api: str = ""
    repository: str = ""
    pull: int = 0


def read_ci_job(environment: Mapping[str, str]) -> CiJob | None:
    """Return the job that this process is a part of, or None."""
    said = environment.get
    if said("GITHUB_ACTIONS") == "true":
        # Gitea and Forgejo speak to their jobs in GitHub's words.
        other = said("GITEA_ACTIONS") == "true" or said("FORGEJO_ACTIONS") == "true"
        pull = _PULL_REF.fullmatch(said("GITHUB_REF", ""))
        return CiJob(
            GITEA if other else GITHUB,
            _host(said("GITHUB_SERVER_URL", "")),
            said("GITHUB_API_URL", ""),
            said("GITHUB_REPOSITORY", ""),
            int(pull[1]) if pull else 0,
        )
    if said("GITLAB_CI") == "true":
        # A merge request is one of the project that it goes to, also in a fork's pipeline.
        merged_into = said("CI_MERGE_REQUEST_PROJECT_PATH", "")
        return CiJob(
            GITLAB,
            said("CI_SERVER_HOST", "").lower(),
            said("CI_API_V4_URL", ""),
            merged_into or said("CI_PROJECT_PATH", ""),
            _number(said("CI_MERGE_REQUEST_IID", "")),
        )
    if said("BITBUCKET_BUILD_NUMBER"):
        return CiJob(
            BITBUCKET,
            "bitbucket.org",
            "",
            said("BITBUCKET_REPO_FULL_NAME", ""),
            _number(said("BITBUCKET_PR_ID", "")),
        )
    return None


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
