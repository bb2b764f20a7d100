"""Until when and for what a result is worth anything: the tested tree's policy says (design 6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from localci.config.read_policy import read_policy
from localci.errors import PolicyError

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument
    from localci.git.tree_files import TreeFiles

REUSE_MARGIN: Final = 86_400
"""Seconds: what would be stale within a day is not reused."""


def fresh_until(document: ResultDocument, files: TreeFiles) -> float:
    """Return when, in seconds since 1970, the first required check of a result will be stale.

    Infinite where no usable policy of the tested tree sets a limit.
    """
    try:
        policy = read_policy(files.read)
    except PolicyError:
        return math.inf
    return min(
        (
            document.checks[requirement.name].finished_at + limit
            for requirement in policy.all_requirements
            if requirement.name in document.checks
            and (limit := policy.max_age_of(requirement)) is not None
        ),
        default=math.inf,
    )


def allows_reuse(files: TreeFiles) -> bool:
    """Tell whether the tested tree's policy counts a result of another commit of the same tree."""
    try:
        policy = read_policy(files.read)
    except PolicyError:
        return True
    bound = policy.commit_binding or any(r.commit_binding for r in policy.all_requirements)
    return policy.reuse != "never" and not bound
