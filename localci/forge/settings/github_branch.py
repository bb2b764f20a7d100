"""What GitHub has in force for a branch: read, not judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from localci.errors import LocalciError, UsageError
from localci.forge.api_answer import ApiError, is_not_found
from localci.forge.json_path import at, number_at, text_at

if TYPE_CHECKING:
    from localci.forge.json_path import JsonValue
    from localci.forge.rest_api import RestApi

_FORBIDDEN: Final = 403
_PERMISSION: Final = (
    "a token with the repository permission `Administration: write`, or an administrator's with "
    "the scope `repo`; the token of a job cannot have it"
)


@dataclass(frozen=True)
class BranchRules:
    """What holds for a branch of a repository (`owner/name`), as GitHub answers it.

    `in_force` are the rules of all active rulesets that cover it, an organisation's too.
    `rulesets` are the repository's own of these, whole; `names` are all its rulesets with their
    enforcement. `protection` is the rule of required checks of the older branch protection, None
    where there is none, and `pattern` what branches that protection is for.
    """

    repository: str
    branch: str
    is_default: bool
    in_force: tuple[JsonValue, ...] = ()
    rulesets: tuple[JsonValue, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    protection: JsonValue = None
    pattern: str = ""

    @property
    def protection_path(self) -> str:
        """Where the required checks of the branch protection are, below the API's address."""
        branch = quote(self.branch, safe="")
        return f"/repos/{self.repository}/branches/{branch}/protection/required_status_checks"


def find_default_branch(api: RestApi, repository: str) -> str:
    """Return the default branch. Raises LocalciError, also where the account cannot administer."""
    answer = api.get(f"/repos/{repository}")
    if at(answer, "permissions", "admin") is False:
        raise LocalciError(
            f"this account does not administer {repository}", then=f"it takes {_PERMISSION}"
        )
    return text_at(answer, "default_branch")


def read_branch(api: RestApi, repository: str, branch: str, default: str) -> BranchRules:
    """Return what is in force for a branch. Raises LocalciError."""
    base, quoted = f"/repos/{repository}", quote(branch, safe="")
    try:
        in_force = tuple(api.pages(f"{base}/rules/branches/{quoted}"))
        own = {
            number_at(rule, "ruleset_id")
            for rule in in_force
            if text_at(rule, "ruleset_source_type") == "Repository"
        }
        rulesets = tuple(api.get(f"{base}/rulesets/{number}") for number in sorted(own))
        listed = tuple(api.pages(f"{base}/rulesets", includes_parents="false"))
        known = api.get(f"{base}/branches/{quoted}")
    except ApiError as error:
        raise explained(error, repository, branch) from None
    if any(at(ruleset, "bypass_actors") is None for ruleset in rulesets):
        # To write back what was not shown would take it away.
        raise LocalciError(
            f"GitHub does not show all of the rulesets of {repository} to this token",
            then=f"it takes {_PERMISSION}",
        )
    found = BranchRules(
        repository,
        branch,
        branch == default,
        in_force,
        rulesets,
        tuple((text_at(one, "name"), text_at(one, "enforcement")) for one in listed),
        pattern=text_at(known, "pattern") or branch,
    )
    return _with_protection(api, found)


def has_file(api: RestApi, repository: str, branch: str, path: str) -> bool:
    """Tell whether a branch has a file, as far as this token may see. Raises ApiError."""
    try:
        answer = api.get(f"/repos/{repository}/contents/{quote(path)}", ref=branch)
    except ApiError as error:
        if is_not_found(error):
            return False
        raise
    return text_at(answer, "type") == "file"


def explained(error: ApiError, repository: str, branch: str = "") -> LocalciError:
    """Return what GitHub's refusal means for who wanted to read or write settings."""
    if is_not_found(error) and branch:
        return UsageError(f"{repository} has no branch {branch}, or this token may not see it")
    if error.status == _FORBIDDEN or is_not_found(error):
        return LocalciError(
            f"GitHub does not let this token change the rules of {repository}",
            then=f"it takes {_PERMISSION}",
        )
    return error


def _with_protection(api: RestApi, found: BranchRules) -> BranchRules:
    try:
        return replace(found, protection=api.get(found.protection_path))
    except ApiError as error:
        # "Branch not protected", "Required status checks not enabled".
        if is_not_found(error):
            return found
        raise explained(error, found.repository) from None
