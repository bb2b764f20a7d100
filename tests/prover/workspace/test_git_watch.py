"""What a check does to the `.git` that others share is seen; what any `git status` does is not."""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING

import pytest

from localci.git.discovery import find_repository
from localci.prover.workspace.git_index import index_digest, is_whole
from localci.prover.workspace.in_place import in_place
from support.repositories import git, make_repository, write_files
from support.workspaces import held, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIKE = {"sha1": "0" * 40, "sha256": "0" * 64}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "app", {"a.txt": "one\n", "src/b.txt": "two\n", "c": "3"})
    git(made, "tag", "v1")
    return made


def append(name: str, text: str) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        with (path / name).open("a") as file:
            file.write(text)

    return do


def forge_object(path: Path) -> None:
    blob = git(path, "rev-parse", "HEAD:a.txt")
    forged = path / ".git/objects" / blob[:2] / blob[2:]
    forged.parent.mkdir(exist_ok=True)
    forged.write_bytes(zlib.compress(b"blob 5\0evil\n"))
    assert git(path, "cat-file", "blob", blob) == "evil"


def pack(path: Path) -> None:
    blob = git(path, "rev-parse", "HEAD:a.txt")
    git(path, "pack-objects", "-q", ".git/objects/pack/pack", data=f"{blob}\n")


def replace_by_link(path: Path) -> None:
    (path / ".git").rename(path / "elsewhere")
    (path / ".git").symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda at: git(at, "update-index", "--assume-unchanged", "a.txt"), ".git/index"),
        (lambda at: git(at, "update-index", "--skip-worktree", "a.txt"), ".git/index"),
        (lambda at: git(at, "update-index", "--split-index"), ".git/index"),
        (lambda at: git(at, "rm", "-q", "--cached", "a.txt"), ".git/index"),
        (lambda at: (at / ".git/index").unlink(), ".git/index"),
        (lambda at: (at / ".git/index").write_bytes(b"DIRC\0\0\0\2\0\1\0\0"), ".git/index"),
        (lambda at: shutil.rmtree(at / ".git"), ".git"),
        (replace_by_link, ".git"),
        (lambda at: git(at, "config", "core.fileMode", "false"), ".git/config"),
        (lambda at: git(at, "config", "diff.external", "true"), ".git/config"),
        (append(".git/config", "\temail = a\\\n[core]\n\tfileMode = false\n"), ".git/config"),
        (append(".git/config", "[status]showUntrackedFiles = no\n"), ".git/config"),
        (append(".git/config", "[user] name = a\n"), ".git/config"),
        (append(".git/config", '[core]\n\thooksPath = "a\n'), ".git/config"),
        (append(".git/config", "[user]\n\tname = a ; b\n"), ".git/config"),
        (forge_object, ".git/objects/"),
        (pack, ".git/objects/pack/"),
        (lambda at: git(at, "commit-graph", "write", "--reachable"), ".git/objects/info/"),
        (append(".git/info/exclude", "*.o\n"), ".git/info/exclude"),
        (append(".git/info/attributes", "* -diff\n"), ".git/info/attributes"),
        (append(".git/objects/info/alternates", "/nowhere\n"), ".git/objects/info/alternates"),
        (lambda at: git(at, "tag", "v2"), ".git/refs/tags/v2"),
        (lambda at: git(at, "tag", "-d", "v1"), ".git/refs/tags/v1"),
        (lambda at: git(at, "replace", "HEAD:a.txt", "HEAD:c"), ".git/refs/replace/"),
        (lambda at: git(at, "checkout", "-q", "-b", "x"), ".git/HEAD"),
    ],
)
def test_what_changes_gits_answers_is_seen_and_put_back(
    repository: Path, change: Callable[[Path], object], told: str
) -> None:
    with held(repository) as place:
        change(place.path)
        for changed in (place.changed_files(), place.altered()):
            assert any(name.startswith(told) for name in changed)
            assert not any(name in {"a.txt", "src/b.txt", "c"} for name in changed)
        place.restore()
        assert place.changed_files() == place.altered() == ()
        assert git(place.path, "describe", "--tags") == "v1"


@pytest.mark.parametrize(
    "use",
    [
        lambda at: (at / "a.txt").touch() or git(at, "status"),
        lambda at: git(at, "update-index", "--index-version", "4"),
        lambda at: git(at, "write-tree"),
        lambda at: git(at, "diff", "--exit-code"),
        lambda at: git(at, "pack-refs", "--all"),
        lambda at: git(at, "gc", "-q"),
        lambda at: (git(at, "tag", "x"), git(at, "tag", "-d", "x")),
        lambda at: git(at, "config", "core.hooksPath", ".husky/_"),
        lambda at: (git(at, "config", "user.name", "CI"), git(at, "config", "user.email", "c@i")),
        append(".git/config", '[core]\n\thooksPath = "a b"\n'),
        lambda at: (git(at, "stash", "create"), git(at, "hash-object", "-w", "--stdin", data="x")),
        lambda at: git(at, "commit-tree", "-m", "x", "HEAD^{tree}"),
        lambda at: write_files(at, {".git/objects/pack/tmp_pack_x": "", ".git/objects/ab/tmp": ""}),
        lambda at: write_files(at, {".git/index.lock": "", ".git/refs/tags/new.lock": ""}),
        lambda at: write_files(at, {".git/hooks/pre-commit": "", ".git/COMMIT_EDITMSG": ""}),
    ],
)
def test_what_tools_do_in_passing_is_no_change(
    repository: Path, use: Callable[[Path], object]
) -> None:
    with held(repository) as place:
        settle(place.path)
        use(place.path)
        assert place.changed_files() == place.altered() == ()


def test_what_setup_does_to_it_stays_or_is_undone_for_all(repository: Path) -> None:
    with held(repository) as place:
        git(place.path, "config", "lfs.url", "x")
        assert place.changed_by_setup() == ()
        assert place.changed_files() == ()
        place.clean(())
        assert "lfs" not in (place.path / ".git/config").read_text()
        assert git(place.path, "status", "--porcelain") == ""
        assert place.changed_files() == place.altered() == ()


def test_in_place_the_index_and_head_are_watched(repository: Path) -> None:
    source, head = find_repository(str(repository)), git(repository, "rev-parse", "HEAD")
    with in_place(source, head, on_wait=lambda: None) as place:
        git(repository, "config", "user.name", "Ada")
        git(repository, "branch", "other")
        (repository / "a.txt").touch()
        git(repository, "status")
        assert place.changed_files() == place.altered() == ()
        git(repository, "update-index", "--assume-unchanged", "a.txt")
        assert place.changed_files() == (".git/index",)
        git(repository, "update-index", "--no-assume-unchanged", "a.txt")
        git(repository, "switch", "-q", "--detach")
        assert place.changed_files() == (".git/HEAD",)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_an_index_is_the_same_in_each_of_its_versions(tmp_path: Path, algorithm: str) -> None:
    like = LIKE[algorithm]
    git(tmp_path, "init", "-q", f"--object-format={algorithm}", "app")
    app = tmp_path / "app"
    names = [f"d{number % 7}/{'n' * number}" for number in range(1, 200)]
    write_files(app, dict.fromkeys(names, "x"))
    git(app, "add", ".")
    long = "/".join(["x" * 200] * 21)
    blob = git(app, "rev-parse", f":{names[0]}")
    git(app, "update-index", "--index-info", data=f"100644 {blob}\t{long}\n")
    digests = set()
    for version in ("2", "4", "3"):
        git(app, "update-index", "--index-version", version)
        index = (app / ".git/index").read_bytes()
        assert is_whole(index, like)
        assert not is_whole(index[:-1], like)
        digests.add(index_digest(index, like))
        assert not index_digest(index[:-200], like)
    assert len(digests) == 1
    assert digests.pop()
