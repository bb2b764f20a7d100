from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import RunSettings
from localci.errors import LocalciError, WorkspaceError
from localci.git.discovery import find_repository
from localci.prover.workspace import contents
from localci.prover.workspace.pool import workspace
from localci.prover.workspace.removal import remove
from support.repositories import commit, git, make_bare, make_repository, write_files, write_hook
from support.workspaces import held, settle

if TYPE_CHECKING:
    from localci.prover.workspace.workspace import Workspace
    from support.isolation import Homes
    from support.small_disk import SmallDisk


def names(place: Workspace) -> list[str]:
    found = (path.relative_to(place.path) for path in place.path.rglob("*"))
    return sorted(str(path) for path in found if path.parts[0] != ".git")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"a.txt": "one\n", "src/b.txt": "two\n"})


def test_only_what_is_committed_is_there(repository: Path) -> None:
    commit(repository, {".gitignore": "ignored\n"})
    write_files(repository, {"a.txt": "edited\n", "untracked": "", "ignored": ""})
    git(repository, "add", "untracked")
    with held(repository) as place:
        assert names(place) == [".gitignore", "a.txt", "src", "src/b.txt"]
        assert (place.path / "a.txt").read_text() == "one\n"


def test_another_commit_replaces_the_files_of_the_first(repository: Path) -> None:
    with held(repository):
        pass
    git(repository, "rm", "-q", "-r", "src")
    commit(repository, {"a.txt": "three\n", "src": "now a file\n"})
    with held(repository) as place:
        assert names(place) == ["a.txt", "src"]
    with held(repository, "HEAD~1") as place:
        assert (place.path / "src/b.txt").read_text() == "two\n"


def test_unchanged_files_are_not_written_again(repository: Path) -> None:
    with held(repository) as place:
        before = (place.path / "a.txt").stat().st_mtime_ns
    commit(repository, {"src/b.txt": "changed\n"})
    with held(repository) as place:
        assert (place.path / "a.txt").stat().st_mtime_ns == before


def test_after_a_whole_run_nothing_is_read_again(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
    monkeypatch.setattr(contents, "_read", lambda *_: pytest.fail("it is read again"))
    with held(repository) as place:
        assert place.changed_files() == ()
        assert git(place.path, "diff-files") == ""
        assert git(place.path, "status", "--porcelain") == ""


@pytest.mark.parametrize("what", [b"", b"DIRC", bytes(range(256)) * 3])
def test_an_index_that_is_not_whole_is_not_taken(repository: Path, what: bytes) -> None:
    for is_same in (True, False):
        with held(repository) as place:
            settle(place.path)
            assert place.altered() == ()
        (place.place / "index-0").write_bytes(what)
        if not is_same:
            commit(repository, {"a.txt": "three\n"})
        with held(repository) as place:
            assert git(place.path, "status", "--porcelain") == ""
            assert (place.path / "a.txt").read_text() == "one\n" if is_same else "three\n"


def test_what_is_known_of_a_clone_that_cannot_be_used_is_forgotten(repository: Path) -> None:
    with held(repository) as place:
        assert place.altered() == ()
    for name in ("index-0", "clock"):
        remove(place.place / name)
        (place.place / name).mkdir()
    with held(repository) as place:
        assert git(place.path, "status", "--porcelain") == ""


def test_what_changed_since_is_found_whatever_its_times_say(repository: Path) -> None:
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
    for name, text in (("a.txt", "eno\n"), ("src/b.txt", "owt\n")):
        file = place.path / name
        before = file.stat()
        file.write_text(text)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with held(repository) as place:
        assert (place.path / "a.txt").read_text() == "one\n"
        assert (place.path / "src/b.txt").read_text() == "two\n"


def test_a_run_that_was_cut_short_leaves_nothing_to_believe(repository: Path) -> None:
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
        assert (place.place / "contents.json").exists()
    with held(repository) as place:
        assert not (place.place / "contents.json").exists()


def test_after_another_commit_git_sees_no_difference(repository: Path) -> None:
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
    commit(repository, {"src/b.txt": "changed\n", "src/new/c": "x\n"})
    (place.path / "a.txt").touch()
    with held(repository) as place:
        assert git(place.path, "diff-files") == ""
        assert git(place.path, "status", "--porcelain") == ""
        assert place.altered() == ()
    with held(repository, "HEAD~1") as place:
        assert names(place) == ["a.txt", "src", "src/b.txt"]
        assert git(place.path, "status", "--porcelain") == ""


def test_other_attributes_convert_files_that_are_the_same(repository: Path) -> None:
    commit(repository, {".gitattributes": "*.txt eol=crlf\n"})
    with held(repository) as place:
        settle(place.path)
        assert (place.path / "a.txt").read_bytes() == b"one\r\n"
        assert place.altered() == ()
    with held(repository) as place:
        assert (place.path / "a.txt").read_bytes() == b"one\r\n"
        assert place.altered() == ()
    commit(repository, {".gitattributes": "\n"})
    with held(repository) as place:
        assert (place.path / "a.txt").read_bytes() == b"one\n"


ATTRIBUTED = {
    "none": "",
    "line ends": "*.txt text eol=crlf\n",
    "elsewhere": "docs/* text eol=crlf\n",
    "names": "*.txt ident\n",
}


def files_of(place: Workspace) -> dict[str, tuple[int, bytes]]:
    return {
        name: ((place.path / name).stat().st_mode, (place.path / name).read_bytes())
        for name in names(place)
        if (place.path / name).is_file()
    }


@pytest.mark.parametrize("is_whole", [True, False], ids=["after a run", "after a run cut short"])
def test_whatever_attributes_were_it_is_as_a_fresh_clone(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_whole: bool
) -> None:
    """Each kind of attributes comes after each other kind, and meets the same and other blobs."""
    kinds = ["none", "line ends", "none", "names", "line ends", "elsewhere", "names", "none"]
    for number, kind in enumerate(kinds):
        text = "$Id$\n" if number % 3 else "$Id: written by hand $\n"
        files = {".gitattributes": ATTRIBUTED[kind], "sub/.gitattributes": "x.md eol=crlf\n"}
        files |= {"+first.txt": "1\n", "docs/c.md": "2\n", "sub/x.md": "3\n", "src/b.txt": text}
        commit(repository, files)
        with held(repository) as kept:
            if is_whole:
                settle(kept.path)
                assert kept.altered() == ()
            with monkeypatch.context() as elsewhere:
                elsewhere.setenv("XDG_CACHE_HOME", str(tmp_path / f"fresh-{number}"))
                with held(repository) as fresh:
                    assert files_of(kept) == files_of(fresh)
            assert git(kept.path, "status", "--porcelain") == ""


def test_what_a_check_wrote_is_not_taken_for_what_a_blob_was_converted_to(
    repository: Path,
) -> None:
    commit(repository, {".gitattributes": "*.txt ident\n"})
    with held(repository) as place:
        (place.path / "a.txt").write_text("$Id$\n")
        settle(place.path)
        assert place.altered() == ("a.txt",)
    commit(repository, {"a.txt": "$Id$\n"})
    with held(repository) as place:
        assert (place.path / "a.txt").read_text().startswith("$Id: ")


def test_what_attributes_do_not_change_is_not_written_again(repository: Path) -> None:
    commit(repository, {".gitattributes": "*.txt eol=crlf\n", "src/.gitattributes": "c eol=crlf"})
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
        before = (place.path / "a.txt").stat().st_mtime_ns
    commit(repository, {"src/b.txt": "changed\n", "src/.gitattributes": "d eol=crlf"})
    with held(repository) as place:
        assert (place.path / "a.txt").stat().st_mtime_ns == before
        assert (place.path / "src/b.txt").read_bytes() == b"changed\r\n"


def test_attributes_of_the_users_own_are_not_carried(repository: Path) -> None:
    write_files(repository, {".git/info/attributes": "*.txt eol=crlf\n"})
    with held(repository) as place:
        assert (place.path / "a.txt").read_bytes() == b"one\n"
        assert not (place.path / ".git/info/attributes").exists()


def test_a_change_through_a_mapping_is_seen_at_the_end(repository: Path) -> None:
    with (
        held(repository) as place,
        (place.path / "a.txt").open("r+b") as file,
        mmap.mmap(file.fileno(), 0) as mapped,
    ):
        mapped[0:1] = b"O"
        assert place.changed_files() == ("a.txt",)
        settle(place.path)
        assert place.altered() == ("a.txt",)
        mapped[0:1] = b"o"
        assert place.altered() == ()


def test_a_workspace_that_is_removed_under_the_run_is_told(repository: Path, homes: Homes) -> None:
    cache = Path(os.environ["XDG_CACHE_HOME"])
    with held(repository) as place:
        shutil.rmtree(cache)
        for look in (place.changed_files, place.altered, place.restore):
            with pytest.raises(WorkspaceError, match="was removed while checks ran") as caught:
                look()
            assert caught.value.exit_code == 4
        assert not cache.exists()
    with held(repository) as place:
        assert names(place) == ["a.txt", "src", "src/b.txt"]


def test_modes_links_and_odd_names_are_those_of_the_tree(repository: Path) -> None:
    (repository / "run").write_text("#!/bin/sh\n")
    (repository / "run").chmod(0o755)
    (repository / "link").symlink_to("a.txt")
    (repository / 'spaces and "quotes"').write_text("x")
    (repository / "zwölf\nzeilen").write_text("x")
    (repository / os.fsdecode(b"latin-\xe4")).write_text("x")
    commit(repository, {})
    with held(repository) as place:
        assert os.access(place.path / "run", os.X_OK)
        assert (place.path / "link").readlink() == Path("a.txt")
        assert git(place.path, "status", "--porcelain") == ""
        assert place.changed_files() == ()


def test_checks_see_a_repository_with_history_tags_and_a_detached_head(repository: Path) -> None:
    git(repository, "tag", "v1")
    git(repository, "tag", "-a", "-m", "annotated", "v2")
    head = commit(repository, {"a.txt": "after\n"})
    with held(repository) as place:
        assert git(place.path, "describe") == f"v2-1-g{head[:7]}"
        assert git(place.path, "tag", "--points-at", "HEAD~1").split() == ["v1", "v2"]
        assert git(place.path, "rev-list", "--count", "HEAD") == "2"
        assert git(place.path, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
        assert git(place.path, "for-each-ref", "refs/heads") == ""
        assert git(place.path, "diff-files") == ""


def test_autocrlf_and_attributes_of_the_user_change_nothing(repository: Path) -> None:
    configuration = Path(os.environ["XDG_CONFIG_HOME"]) / "git"
    write_files(configuration, {"attributes": "* text eol=crlf\n"})
    git(repository, "config", "--global", "core.autocrlf", "true")
    with held(repository) as place:
        assert (place.path / "a.txt").read_bytes() == b"one\n"


def test_attributes_of_the_project_are_kept_and_are_no_change(repository: Path) -> None:
    commit(repository, {".gitattributes": "*.bat eol=crlf\n", "x.bat": "one\n"})
    for _ in range(2):
        with held(repository) as place:
            assert (place.path / "x.bat").read_bytes() == b"one\r\n"
            assert place.changed_files() == ()


def test_files_that_git_would_normalise_are_no_change(repository: Path) -> None:
    (repository / "dos.txt").write_bytes(b"one\r\n")
    commit(repository, {})
    commit(repository, {".gitattributes": "* text=auto\n"})
    with held(repository) as place:
        assert place.changed_files() == ()
        (place.path / "dos.txt").write_bytes(b"one\n")
        assert place.changed_files() == ("dos.txt",)
    with held(repository) as place:
        assert (place.path / "dos.txt").read_bytes() == b"one\r\n"


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_both_object_formats(tmp_path: Path, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", {"a": "1\n"}, object_format=object_format)
    with held(repository) as place:
        assert git(place.path, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
        assert place.changed_files() == ()


def test_a_path_with_spaces_and_other_letters(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / 'Ada\'s "größte" Tür', {"ä/ü b": "1\n"})
    with held(repository) as place:
        assert names(place) == ["ä", "ä/ü b"]


def test_a_bare_repository(repository: Path, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "bare.git")
    git(repository, "push", "--quiet", str(bare), "HEAD:main")
    with held(bare) as place:
        assert names(place) == ["a.txt", "src", "src/b.txt"]


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    commit(repository, {"a.txt": "newer\n"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    with held(tmp_path / "shallow") as place:
        assert (place.path / "a.txt").read_text() == "newer\n"
        assert git(place.path, "rev-list", "--count", "HEAD") == "1"


def test_a_linked_worktree_as_git_hands_it_to_hooks(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "worktree", "add", "--quiet", "../linked")
    linked = tmp_path / "linked"
    head = commit(linked, {"only": "here\n"})
    index = git(linked, "rev-parse", "--path-format=absolute", "--git-path", "index")
    before = Path(index).read_bytes()
    git_dir = git(linked, "rev-parse", "--absolute-git-dir")
    monkeypatch.setenv("GIT_DIR", git_dir)
    monkeypatch.setenv("GIT_INDEX_FILE", index)
    source = find_repository(str(linked))
    with workspace(source, head, RunSettings(), on_wait=pytest.fail) as place:
        assert (place.path / "only").read_text() == "here\n"
    assert Path(index).read_bytes() == before


def test_a_repository_that_itself_borrows_objects(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--shared", str(repository), "one")
    git(tmp_path, "clone", "--quiet", "--shared", str(tmp_path / "one"), "two")
    relative = os.path.relpath(tmp_path / "one/.git/objects", start=tmp_path / "two/.git/objects")
    (tmp_path / "two/.git/objects/info/alternates").write_text(f"{relative}\n")
    with held(tmp_path / "two") as place:
        assert (place.path / "a.txt").read_text() == "one\n"


def test_what_a_check_left_is_removed_but_for_keep(repository: Path) -> None:
    with held(repository) as place:
        make_repository(place.path / "nested", {"x": "1\n"})
        write_files(
            place.path,
            {".venv/lib/x": "", "web/node_modules/y": "", "web/other": "", "src/new": "", "b": ""},
        )
        (place.path / "link").symlink_to("/etc")
        (place.path / "closed/inner").mkdir(parents=True)
        os.mkfifo(place.path / "pipe")
    with held(repository, keep=[".venv", "web/node_modules/"]) as place:
        assert names(place) == [
            ".venv", ".venv/lib", ".venv/lib/x", "a.txt", "src", "src/b.txt",
            "web", "web/node_modules", "web/node_modules/y",
        ]  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="changing the user takes root")
def test_directories_without_the_right_to_write_are_removed_for_an_ordinary_user() -> None:
    # pytest's own directories are root's alone.
    with tempfile.TemporaryDirectory(prefix="lci-") as name:
        top = Path(name)
        write_files(top / "clone/mod/closed", {"file": ""})
        os.chown(top, 65534, 65534)
        for path in top.rglob("*"):
            os.chown(path, 65534, 65534)
        for path in (top / "clone/mod/closed", top / "clone/mod", top / "clone"):
            path.chmod(0o555)
        top.chmod(0o755)
        os.seteuid(65534)
        try:
            remove(top / "clone/mod")
        finally:
            os.seteuid(0)
        assert list((top / "clone").iterdir()) == []


def test_a_tracked_directory_replaced_by_a_link_is_restored_and_its_target_left_alone(
    repository: Path, tmp_path: Path
) -> None:
    write_files(tmp_path / "mine", {"b.txt": "precious\n", "other": "precious\n"})
    with held(repository) as place:
        shutil.rmtree(place.path / "src")
        (place.path / "src").symlink_to(tmp_path / "mine")
        assert place.changed_files() == ("src/b.txt",)
        place.restore()
        assert not (place.path / "src").is_symlink()
        shutil.rmtree(place.path / "src")
        (place.path / "src").symlink_to(tmp_path / "mine")
    with held(repository) as place:
        assert (place.path / "src/b.txt").read_text() == "two\n"
    assert (tmp_path / "mine/b.txt").read_text() == "precious\n"
    assert (tmp_path / "mine/other").exists()


def test_a_clone_replaced_by_a_link_is_made_again_and_its_target_left_alone(
    repository: Path, tmp_path: Path
) -> None:
    precious = make_repository(tmp_path / "mine", {"a.txt": "precious\n"})
    with held(repository) as place:
        shutil.rmtree(place.path)
        place.path.symlink_to(precious)
        assert place.changed_files()[:2] == ("a.txt", "src/b.txt")
        place.restore()
        assert (place.path / "a.txt").read_text() == "one\n"
        shutil.rmtree(place.path)
        place.path.symlink_to(precious)
    with held(repository) as place:
        assert (place.path / "a.txt").read_text() == "one\n"
    assert (precious / "a.txt").read_text() == "precious\n"


# What a check of yesterday wrote into the clone must neither run nor hide anything today.


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def test_hooks_do_not_run(repository: Path, marker: Path) -> None:
    with held(repository) as place:
        git(place.path, "config", "core.hooksPath", ".git/hooks")
        for name in ("post-index-change", "post-checkout", "reference-transaction"):
            write_hook(place.path, name, f"touch {marker}")
        (place.path / "a.txt").write_text("changed\n")
    with held(repository) as place:
        place.changed_files()
    assert not marker.exists()


def test_programs_named_in_the_configuration_do_not_run(repository: Path, marker: Path) -> None:
    with held(repository) as place:
        git(place.path, "config", "core.fsmonitor", f"touch {marker}; false")
        git(place.path, "config", "filter.x.clean", f"touch {marker}; cat")
        git(place.path, "config", "filter.x.smudge", f"touch {marker}; cat")
        write_files(place.path / ".git", {"info/attributes": "* filter=x\n"})
        (place.path / "a.txt").write_text("changed\n")
    with held(repository) as place:
        assert (place.path / "a.txt").read_text() == "one\n"
    assert not marker.exists()


def test_an_index_cannot_hide_a_change(repository: Path) -> None:
    with held(repository) as place:
        git(place.path, "update-index", "--assume-unchanged", "a.txt")
        git(place.path, "update-index", "--skip-worktree", "src/b.txt")
        write_files(place.path, {"a.txt": "ONE\n", "src/b.txt": "TWO\n"})
        assert git(place.path, "status", "--porcelain") == ""
        assert place.changed_files() == ("a.txt", "src/b.txt", ".git/index")
    with held(repository) as place:
        assert (place.path / "a.txt").read_text() == "one\n"
        assert (place.path / "src/b.txt").read_text() == "two\n"


def test_a_change_with_the_old_size_and_times_is_found(repository: Path) -> None:
    with held(repository) as place:
        file = place.path / "a.txt"
        before = file.stat()
        file.write_text("eno\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert place.changed_files() == ("a.txt",)


def test_a_poisoned_object_is_not_believed(repository: Path) -> None:
    good = git(repository, "rev-parse", "HEAD:a.txt")
    with held(repository) as place:
        bad = git(place.path, "hash-object", "-w", "--stdin", data="poison\n")
        objects = place.path / ".git/objects"
        target = objects / good[:2] / good[2:]
        target.parent.mkdir(exist_ok=True)
        shutil.copy(objects / bad[:2] / bad[2:], target)
        (place.path / "a.txt").unlink()
    with held(repository) as place:
        assert (place.path / "a.txt").read_text() == "one\n"


@pytest.mark.parametrize("content", [None, "gitdir: {other}/.git\n", "nonsense"])
def test_a_git_directory_that_leads_elsewhere_is_replaced(
    repository: Path, tmp_path: Path, content: str | None
) -> None:
    other = make_repository(tmp_path / "other", {"x": "1\n"})
    before = (other / ".git/index").read_bytes()
    with held(repository) as place:
        shutil.rmtree(place.path / ".git")
        if content is None:
            (place.path / ".git").symlink_to(other / ".git")
        else:
            (place.path / ".git").write_text(content.format(other=other))
    with held(repository) as place:
        assert names(place) == ["a.txt", "src", "src/b.txt"]
    assert (other / ".git/index").read_bytes() == before


def test_attributes_left_behind_convert_nothing(repository: Path) -> None:
    with held(repository) as place:
        write_files(place.path, {".gitattributes": "* text eol=crlf\n"})
        (place.path / "a.txt").write_bytes(b"one\r\n")
    with held(repository) as place:
        assert (place.path / "a.txt").read_bytes() == b"one\n"


def test_commits_and_tags_made_by_a_check_do_not_reach_the_repository(repository: Path) -> None:
    before = git(repository, "for-each-ref")
    with held(repository) as place:
        commit(place.path, {"new": "x\n"})
        git(place.path, "tag", "mine")
        assert place.changed_files() == (".git/HEAD", ".git/index", ".git/refs/tags/mine")
        place.restore()
        assert place.changed_files() == place.altered() == ()
    assert git(repository, "for-each-ref") == before
    with held(repository) as place:
        assert git(place.path, "tag") == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "a.txt").write_text("x"),
        lambda path: (path / "a.txt").unlink(),
        lambda path: (path / "a.txt").chmod(0o755),
        lambda path: (path / "src").rename(path / "source"),
        lambda path: ((path / "a.txt").unlink(), (path / "a.txt").mkdir()),
        lambda path: ((path / "a.txt").unlink(), (path / "a.txt").symlink_to("src/b.txt")),
        lambda path: ((path / "a.txt").unlink(), os.mkfifo(path / "a.txt")),
        shutil.rmtree,
    ],
)
def test_every_kind_of_change_is_found_and_undone(repository: Path, change: object) -> None:
    assert callable(change)
    with held(repository) as place:
        assert place.changed_files() == ()
        change(place.path)
        assert place.changed_files() != ()
        place.restore()
        assert place.changed_files() == ()
        assert (place.path / "a.txt").read_text() == "one\n"


def test_restoring_leaves_untracked_files(repository: Path) -> None:
    with held(repository) as place:
        write_files(place.path, {"made/by-setup": "", "a.txt": "changed\n"})
        place.restore()
        assert (place.path / "made/by-setup").exists()


def test_a_moved_repository_has_a_new_clone(repository: Path, tmp_path: Path) -> None:
    with held(repository):
        pass
    moved = repository.rename(tmp_path / "moved")
    with held(moved) as place:
        assert (place.path / "a.txt").read_text() == "one\n"


def test_a_clone_that_cannot_be_used_is_made_anew(repository: Path) -> None:
    with held(repository) as place:
        path = place.path
        (path / "a.txt").write_text("changed\n")
    shutil.rmtree(path)
    path.write_text("no directory at all")
    with held(repository) as again:
        assert (again.path / "a.txt").read_text() == "one\n"


def test_a_commit_whose_objects_are_missing_is_told(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:a.txt")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with (
        pytest.raises(WorkspaceError, match="cannot be checked out: git checkout-index") as caught,
        held(repository),
    ):
        pytest.fail("it cannot be made")
    assert caught.value.exit_code == 4


def test_a_read_only_cache_is_told(
    repository: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path))
    with held(repository):
        pass
    disk.make_read_only()
    with (
        pytest.raises(LocalciError, match="Read-only file system; set XDG_CACHE_HOME") as caught,
        held(repository),
    ):
        pytest.fail("it cannot be used")
    assert caught.value.exit_code == 4


def test_a_full_cache_is_told(
    repository: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path))
    disk.fill()
    with (
        pytest.raises(LocalciError, match="No space left on device; free some space") as caught,
        held(repository),
    ):
        pytest.fail("it cannot be made")
    assert caught.value.exit_code == 4


def test_a_cache_too_small_for_the_files_is_told(
    repository: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path))
    commit(repository, {"big": "x" * 4_000_000})
    with (
        pytest.raises(LocalciError, match="No space left on device; free some space"),
        held(repository),
    ):
        pytest.fail("it cannot be made")
