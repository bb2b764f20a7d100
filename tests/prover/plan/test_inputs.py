from __future__ import annotations

import hashlib

import pytest

from localci.git.listing import TreeFile
from localci.prover.plan.inputs import inputs_digest, matching_files

A = TreeFile(0o100644, "a" * 40, "src/a.py")
B = TreeFile(0o100755, "b" * 40, "tests/b.py")
C = TreeFile(0o160000, "c" * 40, "vendor")


def test_without_patterns_everything_counts() -> None:
    assert matching_files([A, B, C], ()) == (A, B, C)


def test_only_what_matches_counts() -> None:
    assert matching_files([A, B, C], ["src/**", "vendor"]) == (A, C)


def test_the_digest_is_over_rows_sorted_by_path() -> None:
    rows = f"100644 {'a' * 40}\tsrc/a.py\x00100755 {'b' * 40}\ttests/b.py\x00"
    expected = hashlib.sha256(rows.encode()).hexdigest()
    assert inputs_digest([B, A]) == inputs_digest([A, B]) == expected


@pytest.mark.parametrize(
    "changed",
    [A._replace(mode=0o100755), A._replace(id="d" * 40), A._replace(path="src/b.py")],
)
def test_mode_content_and_path_each_change_the_digest(changed: TreeFile) -> None:
    assert inputs_digest([changed]) != inputs_digest([A])


def named(*rows: str) -> list[TreeFile]:
    """Return files: `path`, `path -> target` for a link, `path@` for a submodule."""
    files = []
    for row in rows:
        path, _, target = row.partition(" -> ")
        mode = 0o120000 if target else 0o160000 if path.endswith("@") else 0o100644
        files.append(TreeFile(mode, "a" * 40, path.removesuffix("@"), target))
    return files


def matched(files: list[TreeFile], *patterns: str) -> list[str]:
    return [file.path for file in matching_files(files, patterns)]


@pytest.mark.parametrize(
    ("pattern", "is_matched"),
    [
        ("vendor", True),
        ("vendor/**", True),
        ("vendor/lib/**", True),
        ("vendor/lib/x.c", True),
        ("ven*/lib/*.c", True),
        ("**/*.c", True),
        ("src/**", False),
        ("*.c", False),
        ("vendored/**", False),
        ("src/**/vendor/x.c", False),
    ],
)
def test_a_submodule_counts_for_all_that_is_in_it(pattern: str, *, is_matched: bool) -> None:
    files = named(".gitmodules", "src/a.c", "vendor@")
    assert ("vendor" in matched(files, pattern)) == is_matched
    # What fills it, or leaves it empty, is written there.
    assert (".gitmodules" in matched(files, pattern)) == is_matched


def test_attributes_that_apply_count() -> None:
    files = named(
        ".gitattributes", "docs/.gitattributes", "docs/a.md", "src/.gitattributes",
        "src/deep/.gitattributes", "src/deep/er/.gitattributes", "src/deep/x.py", "src/y.c",
    )  # fmt: skip
    assert matched(files, "src/deep/*.py") == [
        ".gitattributes", "src/.gitattributes", "src/deep/.gitattributes", "src/deep/x.py",
    ]  # fmt: skip
    assert matched(files, "docs/a.md") == [".gitattributes", "docs/.gitattributes", "docs/a.md"]
    assert matched(files, "nothing/**") == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("src/l -> ../other/d", ["other/d", "src/l"]),
        ("src/l -> ../other", ["other/.gitattributes", "other/d", "other/deep/e", "src/l"]),
        ("src/l -> ../other/", ["other/.gitattributes", "other/d", "other/deep/e", "src/l"]),
        ("src/l -> ./../other/deep/../d", ["other/d", "src/l"]),
        ("src/l -> ../vendor/x/y", ["src/l", "vendor"]),
        ("src/l -> ../nothing", ["src/l"]),
        ("src/l -> /etc/passwd", ["src/l"]),
        ("src/l -> ../../elsewhere", ["src/l"]),
        ("src/l -> l", ["src/l"]),
        (
            "src/l -> ../to-other/deep",
            ["other/.gitattributes", "other/deep/e", "src/l", "to-other"],
        ),
        ("src/l -> ../to-d", ["other/.gitattributes", "other/d", "src/l", "to-d"]),
    ],
)
def test_a_link_counts_with_what_it_leads_to_in_the_tree(link: str, expected: list[str]) -> None:
    files = named(
        "other/.gitattributes", "other/d", "other/deep/e", "other2/x", link, "to-d -> other/d",
        "to-other -> other", "vendor@",
    )  # fmt: skip
    assert set(matched(files, "src/**")) == {*expected, *attributes_of(expected)}


def attributes_of(paths: list[str]) -> set[str]:
    return {"other/.gitattributes"} if any(path.startswith("other/") for path in paths) else set()


def test_links_in_what_a_link_leads_to_are_followed() -> None:
    files = named("a/l -> ../b", "b/m -> ../c/x", "b/self -> .", "c/x", "c/y")
    assert matched(files, "a/**") == ["a/l", "b/m", "b/self", "c/x"]
    assert matched(named("a/l -> ..", "b/x"), "a/l") == ["a/l", "b/x"]


def test_a_pattern_that_leads_through_a_link_counts_what_is_behind_it() -> None:
    files = named("LICENSE", "docs/LICENSE -> ../LICENSE", "docs/new -> v2", "docs/v2/a.md", "z.md")
    assert matched(files, "docs/new/*.md") == ["docs/new", "docs/v2/a.md"]
    # A link to a file has nothing below it.
    assert matched(files, "**/*.md") == ["docs/new", "docs/v2/a.md", "z.md"]


def test_many_links_are_followed_quickly() -> None:
    links = [f"l{number} -> l{number + 1}" for number in range(2000)]
    circle = [f"c/{number} -> ../c" for number in range(2000)]
    files = named(*links, *circle, "l2000")
    assert len(matched(files, "l1990", "c/1")) == 2011
