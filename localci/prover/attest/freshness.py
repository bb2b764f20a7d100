"""Until when and for what a result is worth anything: the tested tree's policy says (design 6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from localci.prover.reuse.terms import REUSE_MARGIN, reuse_terms

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument
    from localci.git.tree_files import TreeFiles

__all__ = ["REUSE_MARGIN", "allows_reuse", "fresh_until"]


def fresh_until(document: ResultDocument, files: TreeFiles) -> float:
    """Return when, in seconds since 1970, the first required check of a result will be stale.

    Infinite where no usable policy of the tested tree sets a limit.
    """
    terms = reuse_terms(files)
    return min(
        (terms.fresh_until(name, check.finished_at) for name, check in document.checks.items()),
        default=math.inf,
    )


def allows_reuse(files: TreeFiles) -> bool:
    """Tell whether the tested tree's policy counts a result of another commit of the same tree."""
    terms = reuse_terms(files)
    return terms.reuse != "never" and not terms.all_bound and not terms.bound
