"""Which branch a commit is meant for: by the caller's word, or by the ref that is trusted. Pure.

A target that is taken for another loses the rules of its own (design 3.2, `[branch]`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.branch_patterns import short_branch
from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADS: Final = "refs/heads/"
_REMOTES: Final = "refs/remotes/"
_NO_REF: Final = frozenset("~^: \\*?[")
_NO_BRANCH: Final = frozenset({"refs", "heads", "remotes", "tags"})


def named_target(named: str, refs: Mapping[str, str]) -> str:
    """Return the branch that the caller names. Raises UsageError for what is none.

    A rule for `main` must not be lost over `origin/main`. A whole ref is taken at its word.
    """
    if named.startswith(_HEADS):
        return short_branch(named)
    first, slash, _ = named.partition("/")
    remote = slash and any(name.startswith(f"{_REMOTES}{first}/") for name in refs)
    no_branch = named == "HEAD" or first in _NO_BRANCH or _leads_elsewhere(named)
    if remote or no_branch:
        raise UsageError(
            f"--target {named} is not the name of a branch",
            then="name it as on the forge, `main`, or whole, `refs/heads/main`",
        )
    return named


def branch_of(ref: str, symrefs: Mapping[str, str]) -> str:
    """Return the branch that a ref is of, here or of a remote, empty where that is not sure.

    A remote's name may have slashes, as a branch's may: what has a HEAD is known to be a remote.
    """
    if _leads_elsewhere(ref):
        return ""
    if ref.startswith(_HEADS):
        return short_branch(ref)
    if not ref.startswith(_REMOTES) or ref.endswith("/HEAD"):
        return ""
    remotes = [name.removesuffix("HEAD") for name in symrefs if name.endswith("/HEAD")]
    known = [name for name in remotes if name.startswith(_REMOTES) and ref.startswith(name)]
    if known:
        return ref.removeprefix(max(known, key=len))
    remote, _, branch = ref.removeprefix(_REMOTES).partition("/")
    return branch if remote and "/" not in branch else ""


def _leads_elsewhere(name: str) -> bool:
    """Tell whether a name has what none of a ref has (git-check-ref-format(1))."""
    return "@{" in name or not _NO_REF.isdisjoint(name)
