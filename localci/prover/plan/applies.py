"""Whether a check applies here: what `when` and `runs_on` ask for, and why it is left out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.branch_patterns import branch_matches
from localci.config.paths import path_matcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.config.configuration import Check, When
    from localci.prover.plan.plan import Circumstances


def why_not(check: Check, circumstances: Circumstances, profile: str) -> str:
    """Return why a check does not apply under these circumstances and the chosen profile, or ""."""
    if check.when is not None and (reason := _why_not_when(check.when, circumstances, profile)):
        return reason
    if check.runs_on and circumstances.labels.isdisjoint(check.runs_on):
        return f"runs on {_listed(check.runs_on)}"
    return ""


def _why_not_when(when: When, circumstances: Circumstances, profile: str) -> str:
    if when.profiles and profile not in when.profiles:
        return f"applies under {_named('profile', when.profiles)}; {_chosen(profile)}"
    if (when.branches or when.tags) and not _fits_ref(when, circumstances):
        return f"applies to {_refs(when)}; {_this_ref(circumstances)}"
    remote = circumstances.remote
    if when.remotes and not _any_matches(when.remotes, remote):
        there = f"this is for {remote}" if remote else "nothing is pushed now"
        return f"applies to {_named('remote', when.remotes)}; {there}"
    if when.paths and circumstances.changed is not None:
        matches = path_matcher(when.paths)
        if not any(map(matches, circumstances.changed)):
            return f"applies to changes of {_listed(when.paths)}; none of these changed"
    return ""


def _fits_ref(when: When, circumstances: Circumstances) -> bool:
    return _any_matches(when.branches, circumstances.branch) or _any_matches(
        when.tags, circumstances.tag
    )


def _any_matches(patterns: Sequence[str], name: str) -> bool:
    return bool(name) and any(branch_matches(pattern, name) for pattern in patterns)


def _refs(when: When) -> str:
    groups = (("branch", when.branches), ("tag", when.tags))
    return " and ".join(_named(what, patterns) for what, patterns in groups if patterns)


def _this_ref(circumstances: Circumstances) -> str:
    if circumstances.tag:
        return f"this is tag {circumstances.tag}"
    return f"this is {circumstances.branch}" if circumstances.branch else "this is no branch"


def _chosen(profile: str) -> str:
    return f"this is {profile}" if profile else "none is chosen"


def _named(what: str, names: Sequence[str]) -> str:
    ending = "" if len(names) == 1 else "es" if what == "branch" else "s"
    return f"{what}{ending} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
