"""Protected paths: which patterns have other entries at the tree under test than at the trust's.

Only the two trees are compared: no merge base decides, no history (design 8, item 9). What a
pattern stands for is `localci.config.protected_paths`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.protected_paths import leads_in, on_the_way_to, protects
from localci.formats.object_ids import sha256_hex
from localci.git.objects import GITLINK, SYMBOLIC_LINK
from localci.git.tree_difference import differences, entries_below
from localci.verifier.evidence import PathChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.config.policy import PathRule
    from localci.git.objects import ObjectReader

_LEAD_AWAY: Final = frozenset({SYMBOLIC_LINK, GITLINK})


def path_changes(
    objects: ObjectReader, tree: str, trusted_tree: str, rules: Sequence[PathRule]
) -> tuple[PathChange, ...]:
    """Return the rules whose entries differ between the two trees. Raises GitError."""
    if not rules or tree == trusted_tree:
        return ()
    matchers = [(rule, protects(rule.pattern), leads_in(rule.pattern)) for rule in rules]
    found: dict[PathRule, list[str]] = {}
    for path, mode in differences(objects, tree, trusted_tree):
        leads_away = mode in _LEAD_AWAY
        for rule, matches, could_hold in matchers:
            if matches(path) or (leads_away and could_hold(path)):
                found.setdefault(rule, []).append(path)
    return tuple(
        PathChange(rule, tuple(sorted(paths)), entries_digest(objects, trusted_tree, rule.pattern))
        for rule, paths in found.items()
    )


def with_side(change: PathChange, objects: ObjectReader, tree: str, base_tree: str) -> PathChange:
    """Return the change with the side that made it, by what stands at the merge base's tree.

    That is for the message only: what is compared are the tested and the trusted tree.
    """
    at_base = entries_digest(objects, base_tree, change.rule.pattern)
    if at_base == change.base_digest:
        return change._replace(moved="changed by this commit")
    if at_base == entries_digest(objects, tree, change.rule.pattern):
        return change._replace(moved="changed by the trusted branch since; rebase on it")
    return change._replace(moved="changed by both sides")


def entries_digest(objects: ObjectReader, tree: str, pattern: str) -> str:
    """Return the SHA-256 over the entries of a tree that a pattern matches. Raises GitError.

    Digested are rows of `MODE ID PATH NUL` (mode in octal), sorted by their bytes.
    """
    matches, on_the_way = protects(pattern), on_the_way_to(pattern)
    rows = sorted(
        f"{entry.mode:o} {entry.id} {entry.path}\0".encode("utf-8", "surrogateescape")
        for entry in entries_below(objects, tree, on_the_way)
        if matches(entry.path)
    )
    return sha256_hex(b"".join(rows))
