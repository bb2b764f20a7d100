"""Read the tables `[profiles.NAME]`: choices of checks with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.configuration import Profile
from localci.config.faults import check_name_fault, profile_name_fault
from localci.config.toml_file import nearest_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from localci.config.section import Section

_KEYS: Final = ("checks", "jobs", "fail_fast", "fresh")


def read_profiles(root: Section, checks: Collection[str]) -> tuple[Profile, ...]:
    """Return the profiles in the order in which they are written; `checks` are those there are.

    Raises UsageError.
    """
    tables = root.table("profiles")
    return tuple(_read_profile(name, tables, checks) for name in tables.values)


def _read_profile(name: str, tables: Section, known: Collection[str]) -> Profile:
    if problem := profile_name_fault(name):
        raise tables.error(name, problem)
    table = tables.table(name)
    table.refuse_unknown(_KEYS)
    checks = table.texts("checks", fault=check_name_fault)
    if "checks" in table.values and not checks:
        raise table.error("checks", "is empty; leave it out for all checks")
    for check in checks:
        if check not in known:
            raise table.error("checks", f"names no check `{check}`; {nearest_name(check, known)}")
    return Profile(
        name=name,
        checks=tuple(dict.fromkeys(checks)),
        jobs=table.whole_number("jobs"),
        fail_fast=table.boolean("fail_fast") if "fail_fast" in table.values else None,
        fresh=table.boolean("fresh"),
    )
