"""Read what a policy requires: of every target, of some branches, and of protected paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config import policy_fields as fields
from localci.config.paths import pattern_fault
from localci.config.policy import BranchRule, PathRule, Requirement
from localci.formats.result import CHECK_NAME

if TYPE_CHECKING:
    from localci.config.section import Section

_FIELDS: Final = frozenset(Requirement._fields) - {"name", "commit_binding"} | {"binding"}


def read_requirements(root: Section) -> tuple[Requirement, ...]:
    """Return what `[require.NAME]` asks for. Raises the file's error where nothing does."""
    tables = root.table("require")
    if not tables.values:
        raise root.error("require", "is missing, so anything would pass; write [require.NAME]")
    return _requirements(tables, {})


def read_branch_rules(
    root: Section, requirements: tuple[Requirement, ...]
) -> tuple[BranchRule, ...]:
    """Return what `[branch."PATTERN".require.NAME]` asks for.

    What such a table does not write is as in the `[require.NAME]` of the same check.
    """
    tables = root.table("branch")
    known = {requirement.name: requirement for requirement in requirements}
    rules = []
    for pattern in tables.values:
        table = tables.table(pattern)
        table.refuse_unknown({"require"})
        if not pattern or pattern.startswith("refs/"):
            raise tables.error(pattern, 'is no pattern of branches like "main" or "release/*"')
        rules.append(BranchRule(pattern, _requirements(table.table("require"), known)))
    return tuple(rules)


def read_path_rules(root: Section) -> tuple[PathRule, ...]:
    """Return what `[paths."PATTERN"]` protects."""
    tables = root.table("paths")
    rules = []
    for pattern in tables.values:
        table = tables.table(pattern)
        table.refuse_unknown({"roles"})
        if fault := pattern_fault(pattern):
            raise tables.error(pattern, fault)
        roles = fields.roles(table)
        if roles is None:
            raise table.error("roles", 'is missing: who may approve, like ["maintainer"]')
        rules.append(PathRule(pattern, roles))
    return tuple(rules)


def _requirements(tables: Section, known: dict[str, Requirement]) -> tuple[Requirement, ...]:
    for name in tables.values:
        if CHECK_NAME.fullmatch(name) is None:
            raise tables.error(name, "is not the name of a check")
    return tuple(
        _requirement(tables.table(name), known.get(name, Requirement(name)))
        for name in tables.values
    )


def _requirement(table: Section, base: Requirement) -> Requirement:
    table.refuse_unknown(_FIELDS)
    return Requirement(
        name=base.name,
        max_failed=table.whole_number("max_failed", base.max_failed),
        min_total=table.whole_number("min_total", base.min_total),
        max_skipped=table.whole_number("max_skipped", base.max_skipped),
        min_percentage=table.percentage("min_percentage", base.min_percentage),
        max_drop=table.percentage("max_drop", base.max_drop),
        max_issues=table.whole_number("max_issues", base.max_issues),
        max_age=table.seconds("max_age", base.max_age, most=fields.MAX_AGE),
        threshold=table.whole_number("threshold", base.threshold, least=1),
        roles=fields.roles(table, base.roles),
        commit_binding=fields.binds_to_commit(table, default=base.commit_binding),
    )
