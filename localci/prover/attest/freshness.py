"""Is a result still young enough to be worth anything: the tested tree's policy says (design 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import PolicyError

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument
    from localci.git.tree_files import TreeFiles

YOUNG: Final = 600
"""Seconds below which no policy is asked."""
REUSE_MARGIN: Final = 86_400
"""Seconds: what would be stale within a day is not reused."""


def is_fresh(document: ResultDocument, files: TreeFiles, *, now: float, margin: float) -> bool:
    """Tell whether no required check of the document is stale, nor will be within `margin` s.

    Where there is no usable policy there is nothing to be stale by.
    """
    age = now - min(check.finished_at for check in document.checks.values())
    if age + margin < YOUNG:
        return True
    # The look-up of the hook mostly ends above, and is spared these 6 ms.
    from localci.config.read_policy import read_policy  # noqa: PLC0415

    try:
        policy = read_policy(files.read)
    except PolicyError:
        return True
    for requirement in policy.requirements.values():
        check = document.checks.get(requirement.name)
        limit = policy.max_age_of(requirement)
        if check is not None and limit is not None and now - check.finished_at + margin > limit:
            return False
    return True
