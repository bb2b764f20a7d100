"""Protected paths: which patterns have other entries at the tree under test than at the trust's.

Only the two trees are compared: no merge base decides, no history (design 8, item 9). Capitals do
not matter, so that `.GitHub/` cannot stand in for `.github/` where a file system takes them for
one. Nor can a link or a submodule called `.github`, which brings all that stands below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.paths import path_matcher
from localci.formats.object_ids import sha256_hex
from localci.git.objects import GITLINK, SYMBOLIC_LINK
from localci.git.tree_difference import differences, entries_below
from localci.verifier.evidence import PathChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localci.config.policy import PathRule
    from localci.git.objects import ObjectReader

_WILD: Final = "*?"
_LEAD_AWAY: Final = frozenset({SYMBOLIC_LINK, GITLINK})
# What HFS+ leaves out of a name (Apple, TN1150, "Unicode Subtleties").
_UNSEEN: Final = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


def path_changes(
    objects: ObjectReader, tree: str, trusted_tree: str, rules: Sequence[PathRule]
) -> tuple[PathChange, ...]:
    """Return the rules whose entries differ between the two trees. Raises GitError."""
    if not rules or tree == trusted_tree:
        return ()
    matchers = [(rule, protects(rule.pattern), _leads_in(rule.pattern)) for rule in rules]
    found: dict[PathRule, list[str]] = {}
    for path, mode in differences(objects, tree, trusted_tree):
        leads_away = mode in _LEAD_AWAY
        for rule, matches, leads_in in matchers:
            if matches(path) or (leads_away and leads_in(path)):
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
    matches, fixed = protects(pattern), _fixed_part(pattern)
    rows = sorted(
        f"{entry.mode:o} {entry.id} {entry.path}\0".encode("utf-8", "surrogateescape")
        for entry in entries_below(objects, tree, lambda path: _leads_to(path, fixed))
        if matches(entry.path)
    )
    return sha256_hex(b"".join(rows))


def protects(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a path is one that the pattern protects.

    What some file systems take for one name is one: capitals, composed letters, letters that are
    not seen. So is whatever stands where the pattern's fixed beginning has a directory.
    """
    # As written too: some capitals are two letters in small, and `?` is one.
    written, folded = path_matcher([pattern]), path_matcher([_folded(pattern)])
    fixed = _fixed_part(pattern)
    above = fixed if len(fixed) < len(_names(pattern)) else fixed[:-1]

    def matches(path: str) -> bool:
        small = _folded(path)
        if written(path) or folded(small):
            return True
        names = small.split("/")
        return names == above[: len(names)]

    return matches


def _leads_in(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether what is below a path could be what is protected.

    For links and submodules, whose own entry shows nothing of what is below them.
    """
    names = _names(pattern)
    depth = next((end for end, name in enumerate(names) if name == "**"), len(names))
    above = [path_matcher(["/".join(names[:end])]) for end in range(1, min(depth + 1, len(names)))]
    below = path_matcher(["/".join((*names[:depth], "**"))]) if depth < len(names) else None

    def leads_in(path: str) -> bool:
        small = _folded(path)
        level = small.count("/")
        if level < len(above) and above[level](small):
            return True
        return below is not None and below(small)

    return leads_in


def _folded(path: str) -> str:
    from unicodedata import normalize  # noqa: PLC0415 - only where paths are protected

    return normalize("NFC", path.translate(_UNSEEN).casefold())


def _fixed_part(pattern: str) -> list[str]:
    """Return the names that every path of the pattern starts with."""
    fixed = []
    for name in _names(pattern):
        if any(character in name for character in _WILD):
            break
        fixed.append(name)
    return fixed


def _names(pattern: str) -> list[str]:
    return _folded(pattern).rstrip("/").split("/")


def _leads_to(directory: str, fixed: list[str]) -> bool:
    names = _folded(directory).split("/")
    return all(name == wanted for name, wanted in zip(names, fixed, strict=False))
