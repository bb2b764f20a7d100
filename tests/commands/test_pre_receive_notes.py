"""What `localci pre-receive` lets come and go of results: shards, and compactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.aged import aged_note
from support.attested import attach, document, make_trusted, signed_line, tree_of
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.project import CHECKS
from support.repositories import git, ref, try_git

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project

NOTES = "refs/notes/ci"
SHARD = "refs/notes/ci-shards/a0"
OLD, YOUNG = aged_note(100), aged_note(80)
GONE = "a1" * 20


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project whose remote takes attested commits only on `main`, and lets old notes go."""
    made = make_trusted(tmp_path, ada)
    made.commit({"localci.toml": f'{CHECKS}[notes]\nkeep = "90d"\n'})
    git(made.path, "push", "-q", "--no-verify", "origin", "main")
    assert run_localci(made.remote, "install", "--pre-receive").code == 0
    return made


def push(project: Project, *what: str) -> subprocess.CompletedProcess[str]:
    return try_git(project.path, "push", "--no-verify", "origin", *what)


def change(project: Project, files: dict[str, bytes], *more: str, name: str = NOTES) -> str:
    """Push a descendant of the stored notes with just these files; return what is said."""
    stored = ref(project.remote, name)
    git(project.path, "fetch", "-q", "origin", name)
    tree = git(project.path, "rev-parse", f"{write_notes(project.path, files, 'refs/x')}^{{tree}}")
    new = git(project.path, "commit-tree", tree, "-p", stored, "-m", "notes")
    return push(project, f"{new}:{name}", *more).stderr


def store(project: Project, files: dict[str, bytes], name: str = NOTES) -> None:
    write_notes(project.remote, files, name)


# Shards


def attest(project: Project, key: Key, homes: Homes, name: str) -> None:
    line = signed_line(document(project.path), key, homes.gnupg)
    attach(project.path, {project.head: (line,)}, name)


@pytest.mark.parametrize("shards", [16, 256])
def test_a_result_in_a_shard_is_enough(
    project: Project, ada: Key, homes: Homes, shards: int
) -> None:
    head = project.commit({"new": "1"})
    name = f"refs/notes/ci-shards/{head[0]}{head[1] if shards == 256 else '0'}"
    attest(project, ada, homes, name)
    assert push(project, "main").returncode != 0
    assert push(project, "main", name).returncode == 0
    git(project.remote, "update-ref", "refs/heads/main", "main~1")
    # What is stored by then is read as well.
    assert push(project, "main").returncode == 0


def test_a_result_in_another_objects_shard_is_not_looked_for(
    project: Project, ada: Key, homes: Homes
) -> None:
    head = project.commit({"new": "1"})
    other = f"{(int(head[0], 16) + 1) % 16:x}0"
    attest(project, ada, homes, f"refs/notes/ci-shards/{other}")
    pushed = push(project, "main", f"refs/notes/ci-shards/{other}")
    assert "no-attestation" in pushed.stderr


def test_nobody_takes_results_out_of_a_shard(project: Project) -> None:
    store(project, {GONE: b"one\ntwo\n"}, SHARD)
    for files in ({}, {GONE: b"one\n"}, {"b2" * 20: b"one\ntwo\n"}):
        assert "the push would take some away" in change(project, files, name=SHARD)
    git(project.path, "update-ref", "refs/y", write_notes(project.path, {}, "refs/x"))
    assert "would replace those that are stored" in push(project, f"+refs/y:{SHARD}").stderr
    assert "would delete all" in push(project, f":{SHARD}").stderr
    assert "rejected" not in change(project, {GONE: b"one\ntwo\nthree\n"}, name=SHARD)
    assert read_notes(project.remote, SHARD) == {GONE: b"one\ntwo\nthree\n"}


@pytest.mark.parametrize("what", ["HEAD:localci.toml", "HEAD^{tree}", "refs/tags/annotated"])
def test_only_a_commit_becomes_a_shard(project: Project, what: str) -> None:
    git(project.path, "tag", "-a", "-m", "x", "annotated")
    wrong = git(project.path, "rev-parse", what)
    assert "is not a commit of notes" in push(project, f"{wrong}:{SHARD}").stderr


@pytest.mark.parametrize("name", ["", "/a", "/A0", "/a0/x", "/g0", "/000", "/a0-", "/main"])
def test_nothing_else_stands_where_shards_are(project: Project, name: str) -> None:
    pushed = push(project, f"HEAD:refs/notes/ci-shards{name}")
    assert "only results stand below refs/notes/ci-shards/, under two hex digits" in pushed.stderr
    git(project.remote, "update-ref", f"refs/notes/ci-shards{name}", "main")
    assert push(project, f":refs/notes/ci-shards{name}").returncode == 0


def test_names_beside_are_free(project: Project) -> None:
    names = ("refs/notes/ci-shardsx", "refs/notes/other", "refs/heads/refs/notes/ci-shards")
    assert push(project, *(f"HEAD:{name}" for name in names)).returncode == 0


def test_what_a_shard_leads_to_is_guarded(project: Project) -> None:
    store(project, {GONE: b"one\n"}, "refs/results/a")
    git(project.remote, "symbolic-ref", SHARD, "refs/results/a")
    for name in (SHARD, "refs/results/a"):
        assert "the push would take some away" in change(project, {}, name=name)


def test_a_protected_branch_is_protected_though_a_shard_leads_to_it(project: Project) -> None:
    git(project.remote, "symbolic-ref", SHARD, "refs/heads/main")
    project.commit({"new": "1"})
    for name in ("main", SHARD):
        assert "is not attested as this branch asks" in push(project, f"HEAD:{name}").stderr


# Compactions


def test_old_notes_that_nothing_leads_to_may_go(project: Project) -> None:
    store(project, {GONE: OLD, "b2" * 20: YOUNG})
    assert "rejected" not in change(project, {"b2" * 20: YOUNG})
    assert read_notes(project.remote) == {"b2" * 20: YOUNG}


@pytest.mark.parametrize("name", [NOTES, SHARD])
def test_the_command_is_let_in(project: Project, name: str) -> None:
    kept = {project.head: OLD, tree_of(project.path): OLD, "a2" * 20: YOUNG}
    store(project, {GONE: OLD} | kept, name)
    done = project.localci("notes", "compact", "origin", "--yes")
    assert (done.code, done.errors) == (0, "")
    assert read_notes(project.remote, name) == kept


def refused(project: Project, files: dict[str, bytes], why: str, *more: str) -> None:
    before = ref(project.remote, NOTES)
    said = change(project, files, *more)
    assert "the results: rejected, the push would take some away that are stored on" in said
    assert f"remote: localci:   {why}" in said
    assert ref(project.remote, NOTES) == before


def test_young_notes_stay(project: Project) -> None:
    store(project, {GONE: aged_note(100, 80)})
    refused(project, {}, f"the lines on {GONE[:12]} are younger than `[notes] keep` says")


@pytest.mark.parametrize("undated", [b"rubbish\n", OLD + b"{}\n", OLD + b"x" * 70_000 + b"\n"])
def test_notes_that_do_not_say_when_they_were_made_stay(project: Project, undated: bytes) -> None:
    store(project, {GONE: undated})
    refused(project, {}, f"a line on {GONE[:12]} does not say when it was made")


def test_a_part_of_a_note_does_not_go(project: Project) -> None:
    store(project, {GONE: aged_note(110, 100)})
    assert "would take some away" in change(project, {GONE: aged_note(100)})


@pytest.mark.parametrize("name", ["refs/heads/other", "refs/tags/light", "refs/tags/heavy"])
@pytest.mark.parametrize("what", ["", "^{tree}"])
def test_notes_that_a_branch_or_tag_leads_to_stay(project: Project, name: str, what: str) -> None:
    (project.path / "x").write_text("x", encoding="ascii")
    git(project.path, "add", "x")
    tip = git(project.path, "commit-tree", "-m", "x", git(project.path, "write-tree"))
    if name.endswith("heavy"):
        git(project.path, "tag", "-a", "-m", "x", "heavy", tip)
        tip = git(project.path, "rev-parse", "refs/tags/heavy")
    below = git(project.path, "commit-tree", "-m", "y", "HEAD^{tree}", "-p", f"{tip}^{{}}")
    assert push(project, f"{tip}:{name}").returncode == 0
    on = git(project.path, "rev-parse", f"{tip}^{{}}{what}")
    store(project, {on: OLD})
    refused(project, {}, f"a branch or tag leads to {on[:12]}")
    # Nor when the same push takes the branch away, or puts another in its place.
    refused(project, {}, f"a branch or tag leads to {on[:12]}", f":{name}")
    assert push(project, f"{below}:refs/heads/below", f":{name}").returncode == 0
    refused(project, {}, f"a branch or tag leads to {on[:12]}")


def test_notes_that_the_same_push_leads_to_stay(project: Project) -> None:
    new = git(project.path, "commit-tree", "-m", "x", "HEAD^{tree}")
    store(project, {new: OLD})
    refused(project, {}, f"a branch or tag leads to {new[:12]}", f"{new}:refs/heads/new")


def test_only_the_protected_branch_of_head_says_what_may_go(project: Project) -> None:
    store(project, {GONE: OLD})
    git(project.remote, "config", "localci.protected", "release")
    refused(project, {}, "the branch of HEAD is not protected")
    git(project.remote, "config", "--unset", "localci.protected")
    git(project.remote, "update-ref", "refs/heads/main", "main~1")
    # The push itself would say otherwise.
    refused(project, {}, "`[notes] keep` of main does not say that any may go", "main:other")


def test_a_history_that_is_not_whole_takes_nothing_away(project: Project) -> None:
    store(project, {GONE: OLD})
    lost = git(project.path, "rev-parse", "HEAD~1")
    (project.remote / "objects" / lost[:2] / lost[2:]).unlink()
    said = change(project, {})
    assert "the results: rejected, since it could not be evaluated" in said
