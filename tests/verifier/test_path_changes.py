from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from localci.config.policy import PathRule
from localci.config.protected_paths import protects
from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.verifier.path_changes import entries_digest, path_changes, with_side
from support.raw_trees import write_rows, write_tree
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localci.verifier.evidence import PathChange

MAINTAINERS = frozenset({"maintainer"})
WORKFLOWS = PathRule(".github/**", MAINTAINERS)
START = {".github/ci.yml": "1", ".github/x/y.yml": "1", "src/a": "1", "docs/b": "1"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r")


@pytest.fixture
def objects(repository: Path) -> Iterator[ObjectReader]:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as reader:
        yield reader


def changes(
    repository: Path, tested: Any, trusted: Any, *rules: PathRule
) -> tuple[PathChange, ...]:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as objects:
        return path_changes(
            objects,
            write_tree(repository, tested),
            write_tree(repository, trusted),
            rules or (WORKFLOWS,),
        )


def changed_paths(repository: Path, tested: Any, trusted: Any = START) -> list[str]:
    found = changes(repository, tested, trusted)
    return [path for change in found for path in change.paths]


def without(*paths: str) -> dict[str, str]:
    return {path: content for path, content in START.items() if path not in paths}


@pytest.mark.parametrize(
    ("tested", "paths"),
    [
        (START | {".github/ci.yml": "2"}, [".github/ci.yml"]),
        (START | {".github/ci.yml": ("100755", "1")}, [".github/ci.yml"]),
        (START | {".github/ci.yml": ("120000", "1")}, [".github/ci.yml"]),
        (START | {".github/ci.yml": ("160000", "1" * 40)}, [".github/ci.yml"]),
        (START | {".github/new": "1"}, [".github/new"]),
        (without(".github/ci.yml"), [".github/ci.yml"]),
        (without(".github/ci.yml", ".github/x/y.yml"), [".github/ci.yml", ".github/x/y.yml"]),
        (without(".github/ci.yml") | {"ci.yml": "1"}, [".github/ci.yml"]),
        (without("src/a") | {".github/a": "1"}, [".github/a"]),
        (START | {".GitHub/ci.yml": "1"}, [".GitHub/ci.yml"]),
        (START | {".g\u0131thub/ci.yml": "1"}, []),
        (START | {"src/a": "2", "src/.github/x": "1", ".github2": "1", "github": "1"}, []),
        (START | {b".github/caf\xe9": "1"}, [".github/caf\udce9"]),
        (START, []),
    ],
    ids=str,
)
def test_what_differs_below_is_a_change(repository: Path, tested: Any, paths: list[str]) -> None:
    assert changed_paths(repository, tested) == paths


@pytest.mark.parametrize(
    "stands",
    [("120000", "elsewhere"), ("160000", "1" * 40), "a file"],
    ids=["link", "module", "file"],
)
@pytest.mark.parametrize("name", [".github", ".GITHUB"])
def test_what_stands_for_the_directory_is_a_change(
    repository: Path, stands: Any, name: str
) -> None:
    """It brings, or takes the place of, all that the pattern protects."""
    free = without(".github/ci.yml", ".github/x/y.yml")
    assert changed_paths(repository, free | {name: stands}, free) == [name]
    assert changed_paths(repository, free, free | {name: stands}) == [name]
    assert name in changed_paths(repository, free | {name: stands})


def test_a_directory_of_an_odd_mode_hides_nothing(repository: Path, objects: ObjectReader) -> None:
    inner = write_tree(repository, {"workflows/ci.yml": "evil"})
    odd = write_rows(repository, [("40755", b".github", inner)])
    empty = write_tree(repository, {})
    (change,) = path_changes(objects, odd, empty, (WORKFLOWS,))
    assert change.paths == (".github/workflows/ci.yml",)


@pytest.mark.parametrize(
    ("pattern", "protected", "free"),
    [
        (".github", [".github", ".github/a", ".GITHUB/a/b"], [".github2", "a/.github"]),
        (".github/", [".github/a"], [".git"]),
        (".github/workflows/*.yml", [".github/workflows/a.yml", ".github/workflows", ".github"],
         [".github/workflows/a.yaml", ".github/other", "workflows"]),
        ("**/CODEOWNERS", ["CODEOWNERS", "a/b/codeowners"], ["CODEOWNERS2", "a"]),
        ("*.toml", ["localci.toml", "PYPROJECT.TOML"], ["a/localci.toml", "toml"]),
        ("stra\u00dfe/?", ["stra\u00dfe/x", "STRASSE/x", "stra\u00dfe"], ["stra\u00dfe2"]),
        ("?/x", ["a/x", "\u00df/x"], ["ab/x", "a"]),
        ("\u00c9t\u00e9", ["\u00c9t\u00e9", "\u00e9t\u00c9"], ["ete"]),
        ("a/b/c", ["a/b/c", "a/b/c/d", "a", "a/b", "A/B"], ["a/c", "b", "a/b2", "a/b/d"]),
    ],
)  # fmt: skip
def test_a_pattern_protects(pattern: str, protected: list[str], free: list[str]) -> None:
    matches = protects(pattern)
    assert [path for path in protected if not matches(path)] == []
    assert [path for path in free if matches(path)] == []


def test_only_rules_that_are_touched_are_named(repository: Path) -> None:
    rules = WORKFLOWS, PathRule("src", MAINTAINERS), PathRule("**", frozenset({"developer"}))
    found = changes(repository, START | {"src/a": "2", "src/b": "1"}, START, *rules)
    assert [(change.rule.pattern, change.paths) for change in found] == [
        ("src", ("src/a", "src/b")),
        ("**", ("src/a", "src/b")),
    ]
    assert changes(repository, START, START, *rules) == ()


def test_without_a_rule_nothing_is_read(repository: Path, objects: ObjectReader) -> None:
    assert path_changes(objects, "1" * 40, "2" * 40, ()) == ()
    assert path_changes(objects, "1" * 40, "1" * 40, (WORKFLOWS,)) == ()


def digest_by_git(repository: Path, tree: str, *paths: str) -> str:
    """Return the digest of the rows that `git ls-tree` prints."""
    listed = git(repository, "ls-tree", "-r", "-z", tree, "--", *paths)
    rows = (row.partition("\t") for row in listed.split("\0")[:-1])
    digested = sorted(
        f"{left.split()[0]} {left.split()[2]} {path}\0".encode("utf-8", "surrogateescape")
        for left, _, path in rows
    )
    return hashlib.sha256(b"".join(digested)).hexdigest()


def test_the_digest_is_one_that_anybody_can_compute(
    repository: Path, objects: ObjectReader
) -> None:
    tree = write_tree(
        repository,
        START
        | {".github/m": ("160000", "1" * 40), b".github/\xff": "x", ".github/r": ("100755", "")},
    )
    by_git = digest_by_git(repository, tree, ".github/")
    assert entries_digest(objects, tree, ".github/**") == by_git
    assert entries_digest(objects, tree, ".GITHUB") == by_git
    assert entries_digest(objects, tree, "**") == digest_by_git(repository, tree)
    assert entries_digest(objects, tree, "nothing/**") == hashlib.sha256().hexdigest()
    (change,) = path_changes(objects, write_tree(repository, {}), tree, (WORKFLOWS,))
    assert change.base_digest == by_git


@pytest.mark.parametrize("twin", [".GitHub/ci.yml", ".github/x/Y.yml", ".github/x/z"])
def test_every_entry_is_in_the_digest(repository: Path, objects: ObjectReader, twin: str) -> None:
    """What came to the trusted side since makes an approval void."""
    before = entries_digest(objects, write_tree(repository, START), ".github/**")
    after = entries_digest(objects, write_tree(repository, START | {twin: "1"}), ".github/**")
    assert before != after


def test_a_link_in_the_directorys_place_is_in_the_digest(
    repository: Path, objects: ObjectReader
) -> None:
    linked = write_tree(repository, {".github": ("120000", "elsewhere")})
    assert entries_digest(objects, linked, ".github/**") == digest_by_git(repository, linked)


def test_only_what_leads_to_the_pattern_is_read(repository: Path, objects: ObjectReader) -> None:
    """A partial clone need not have the rest."""
    tree = write_tree(repository, START)
    lost = git(repository, "rev-parse", f"{tree}:docs")
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()
    assert entries_digest(objects, tree, ".github/**") == digest_by_git(
        repository, tree, ".github/"
    )
    other = write_tree(repository, {".github/ci.yml": "2", "docs/b": "1"})
    assert git(repository, "rev-parse", f"{other}:docs") == lost
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()
    (change,) = path_changes(objects, other, tree, (WORKFLOWS,))
    assert change.paths == (".github/ci.yml", ".github/x/y.yml")


@pytest.mark.parametrize(
    ("tested", "trusted", "moved"),
    [
        ("2", "1", "changed by this commit"),
        ("1", "2", "changed by the trusted branch since; rebase on it"),
        ("2", "3", "changed by both sides"),
    ],
)
def test_the_side_that_moved_is_named(
    repository: Path, objects: ObjectReader, tested: str, trusted: str, moved: str
) -> None:
    tree, trusted_tree, base = (
        write_tree(repository, START | {".github/ci.yml": text}) for text in (tested, trusted, "1")
    )
    (change,) = path_changes(objects, tree, trusted_tree, (WORKFLOWS,))
    assert change.moved == ""
    sided = with_side(change, objects, tree, base)
    assert sided == change._replace(moved=moved)


@pytest.mark.parametrize(
    ("pattern", "path", "refused"),
    [
        ("deploy/*/prod/**", "deploy/b", True),
        ("deploy/*/prod/**", "deploy/b/prod", True),
        ("deploy/*/prod/**", "deploy/b/dev", False),
        ("deploy/*/prod/**", "other", False),
        ("**/conftest.py", "pkg", True),
        ("**/conftest.py", "a/b/pkg", True),
        ("src/**/conftest.py", "src/a/b", True),
        ("src/**/conftest.py", "docs", False),
        ("Makefile", "pkg", False),
    ],
)
@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_a_new_link_could_lead_in(
    repository: Path, pattern: str, path: str, mode: str, *, refused: bool
) -> None:
    target = "1" * 40 if mode == "160000" else "../evil"
    found = changes(
        repository, START | {path: (mode, target)}, START, PathRule(pattern, MAINTAINERS)
    )
    assert bool(found) == refused
    assert not changes(repository, START | {path: "1"}, START, PathRule("x/*/y", MAINTAINERS))


@pytest.mark.parametrize(
    ("pattern", "twin"),
    [("caf\u00e9/**", "cafe\u0301/x"), (".github/**", ".g\u200cithub/x"), ("a/**", "\ufeffA/x")],
)
def test_what_a_file_system_takes_for_the_same_name_is_protected(pattern: str, twin: str) -> None:
    assert protects(pattern)(twin)
