"""Read `when` of a check: the branches, tags, remotes, paths and profiles that it applies to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.configuration import When
from localci.config.faults import profile_name_fault, ref_pattern_fault, remote_fault
from localci.config.paths import pattern_fault

if TYPE_CHECKING:
    from localci.config.section import Section

_KEYS: Final = ("branches", "tags", "remotes", "paths", "profiles")


def read_when(check: Section) -> When | None:
    """Return where a check applies, None where that is everywhere."""
    if "when" not in check.values:
        return None
    table = check.table("when")
    table.refuse_unknown(_KEYS)
    if not table.values:
        raise check.error("when", f"says nothing; it takes {', '.join(_KEYS)}")
    when = When(
        branches=table.texts("branches", fault=ref_pattern_fault),
        tags=table.texts("tags", fault=ref_pattern_fault),
        remotes=table.texts("remotes", fault=remote_fault),
        paths=table.texts("paths", fault=pattern_fault),
        profiles=table.texts("profiles", fault=profile_name_fault),
    )
    for key, value in table.values.items():
        if value == []:
            raise table.error(key, "is empty; leave it out, or the check applies nowhere")
    return when
