"""git underneath: where notes hang, which commit a name means, and repositories that fight back.

What is judged is one commit and the tree in its own bytes. Where a note hangs, what refs, replaced
objects and configuration say about it, is nobody's evidence.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from support.attacks import (
    ACCEPT,
    accepted,
    attack,
    missing,
    refused,
    unavailable,
    unusable,
    verify,
)
from support.attested import attach, tree_of
from support.fake_programs import write_program
from support.localci_command import run_localci
from support.note_trees import fanned, write_notes
from support.project import Project, policy_for
from support.repositories import git, make_bare, ref, try_git
from support.variants import Entry, make_commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.http_server import HttpServer
    from support.scene import Scene

NOTES: Final = "refs/notes/ci"


@pytest.fixture
def own(scene: Scene, tmp_path: Path) -> Scene:
    """The scene in a repository that this test may spoil, with Ada's line on its HEAD."""
    scene.hang(scene.line())
    for name, place in (("app", scene.project.path), ("app.git", scene.project.remote)):
        shutil.copytree(place, tmp_path / name, symlinks=True)
    project = Project(tmp_path / "app", tmp_path / "app.git")
    git(project.path, "remote", "set-url", "origin", str(project.remote))
    return dataclasses.replace(scene, project=project)


@pytest.fixture
def published(own: Scene) -> Scene:
    """The same, with branch and notes on its remote."""
    git(own.project.path, "push", "-q", "--no-verify", "origin", NOTES, "feature")
    return own


def attested(scene: Scene, commit: str) -> bytes:
    """Return Ada's line for any commit of the scene."""
    return scene.line(scene.payload(scene.document(revision=commit)))


# Where a note hangs


@attack("N01", expect="subject-mismatch")
@pytest.mark.parametrize("on", ["commit", "tree"])
def test_a_note_that_was_copied_is_about_another_tree(scene: Scene, on: str) -> None:
    path = scene.project.path
    other = make_commit(path, {"feature": "not tested"}, "HEAD")
    scene.hang(scene.line())
    git(
        path,
        "notes",
        "--ref=ci",
        "copy",
        scene.head,
        tree_of(path, other) if on == "tree" else other,
    )
    refused(scene.project, "subject-mismatch", other)


@attack(
    "N01",
    "a note that `notes.rewriteRef` carried over an amended change",
    expect="subject-mismatch",
)
def test_a_note_that_followed_an_amended_commit_is_refused(own: Scene) -> None:
    path = own.project.path
    git(path, "config", "notes.rewriteRef", "refs/notes/*")
    (path / "feature").write_text("not tested", encoding="utf-8")
    git(path, "commit", "-q", "--no-verify", "-a", "--amend", "-m", "Amend")
    assert git(path, "notes", "--ref=ci", "show")
    refused(own.project, "subject-mismatch")


@attack("N02", expect="no-attestation")
def test_a_note_on_the_parent_is_no_note_on_the_child(scene: Scene) -> None:
    path = scene.project.path
    child = make_commit(path, {"feature": "child"}, "HEAD")
    scene.hang(scene.line())
    missing(scene.project, child)
    # Nor does it count the other way round.
    scene.hang(attested(scene, child), on=child)
    missing(scene.project)


@attack("N03", expect=ACCEPT)
def test_a_note_on_the_tree_is_for_every_commit_with_that_tree(scene: Scene) -> None:
    path = scene.project.path
    twin = git(path, "commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Twin")
    scene.hang(scene.line(), on=scene.tree)
    assert accepted(scene.project, twin)["match"] == "tree"


@attack("N03", "the same where the policy binds to the commit", expect="subject-mismatch")
@pytest.mark.parametrize("where", ["the policy", "the requirement"])
def test_a_binding_to_the_commit_takes_no_other(scene: Scene, where: str) -> None:
    path = scene.project.path
    binding = 'binding = "commit"\n'
    requirement = "[require.tests]\nmax_failed = 0\n"
    requirements = binding + requirement if where == "the policy" else requirement + binding
    policy = policy_for(scene.keys["ada"], requirements=requirements)
    trust = make_commit(path, {".localci/policy.toml": policy}, "main")
    twin = git(path, "commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Twin")
    scene.hang(scene.line(), on=scene.tree)
    refused(scene.project, "subject-mismatch", twin, "--trust-ref", trust)
    assert accepted(scene.project, "--trust-ref", trust)["match"] == "commit"


@attack("N05", expect=ACCEPT)
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("on", ["commit", "tree"])
def test_a_note_is_found_at_every_fan_out(scene: Scene, depth: int, on: str) -> None:
    object_id = scene.head if on == "commit" else scene.tree
    write_notes(scene.project.path, {fanned(object_id, depth): scene.line() + b"\n"})
    accepted(scene.project)


@attack("N05", "notes at several fan-outs at once, most of them garbage", expect=ACCEPT)
def test_notes_at_several_fan_outs_are_all_read(scene: Scene) -> None:
    for good in range(4):
        notes = {fanned(scene.head, depth): b"garbage\n" for depth in range(4)}
        notes[fanned(scene.head, good)] = scene.line() + b"\n"
        write_notes(scene.project.path, notes)
        accepted(scene.project)


@attack("a note at a place that is none", expect="exit 3")
def test_no_other_place_is_looked_at(scene: Scene) -> None:
    head, line = scene.head, scene.line() + b"\n"
    places = [
        head.upper(),
        head[:12],
        f"{head}.json",
        f"{head}/note",
        f"x/{head}",
        f"{head[:3]}/{head[3:]}",
        f"{head[:2]}/{head}",
        f"{head[:4]}/{head[4:]}",
        f"{head} ",
        "HEAD",
        "README",
    ]
    write_notes(scene.project.path, dict.fromkeys(places, line))
    missing(scene.project)


@attack("N07", "a note that is an executable file, a link or a submodule", expect="exit 3")
@pytest.mark.parametrize("mode", ["100755", "120000", "160000"])
def test_a_note_is_a_regular_file(scene: Scene, mode: str) -> None:
    path = scene.project.path
    content = scene.head.encode() if mode == "160000" else scene.line() + b"\n"
    made = make_commit(path, {scene.head: Entry(mode, content)})
    git(path, "update-ref", NOTES, made)
    missing(scene.project)


@attack("notes trees that git cannot have written", expect="exit 4")
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda tree: tree[:-1], id="cut"),
        pytest.param(lambda tree: tree + tree, id="a name twice"),
        pytest.param(lambda tree: tree.replace(b"100644", b"abcdef"), id="no mode"),
        pytest.param(lambda tree: b"100644 \0" + tree[-20:] + tree, id="no name"),
    ],
)
def test_a_damaged_notes_tree_is_no_verdict(own: Scene, spoil: Callable[[bytes], bytes]) -> None:
    path = own.project.path
    tree = subprocess.run(
        ["git", "cat-file", "tree", f"{NOTES}^{{tree}}"], cwd=path, capture_output=True, check=True
    ).stdout
    made = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        cwd=path, input=spoil(tree), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    git(path, "update-ref", NOTES, git(path, "commit-tree", made, "-m", "Notes"))
    unavailable(own.project)


@attack("a notes ref that leads to something else", expect="exit 3")
@pytest.mark.parametrize("what", ["a blob", "a branch", "an empty tree"])
def test_a_notes_ref_may_lead_anywhere(own: Scene, what: str) -> None:
    path = own.project.path
    to = {
        "a blob": git(path, "hash-object", "-w", "--stdin", data=own.line().decode() + "\n"),
        "a branch": own.head,
        "an empty tree": git(path, "hash-object", "-w", "-t", "tree", "/dev/null"),
    }
    git(path, "update-ref", NOTES, to[what])
    missing(own.project)


# Which commit, which tree


@attack("N08", expect="exit 3")
def test_a_replaced_commit_is_judged_as_it_is(own: Scene) -> None:
    path, good = own.project.path, own.head
    bad = make_commit(path, {"feature": "not tested"}, "main")
    git(path, "replace", bad, good)
    assert git(path, "rev-parse", f"{bad}^{{tree}}") == own.tree
    assert missing(own.project, bad)["tree"] != own.tree
    git(path, "config", "core.useReplaceRefs", "true")
    missing(own.project, bad, GIT_REPLACE_REF_BASE="refs/replace/")


@attack("N08", "a replace ref on the tree, the policy, a key or the note", expect=ACCEPT)
@pytest.mark.parametrize(
    "name", ["HEAD^{tree}", "main", "main^{tree}", "main:.localci", "main:.localci/policy.toml",
             "main:.localci/keys/ada.asc", "main:localci.toml", NOTES, f"{NOTES}^{{tree}}"],
)  # fmt: skip
def test_a_replaced_object_is_read_as_it_is(own: Scene, name: str) -> None:
    path = own.project.path
    weak = make_commit(path, {
        ".localci/policy.toml": policy_for(own.keys["mallory"]),
        ".localci/keys/ada.asc": own.keys["mallory"].certificate,
        "localci.toml": "",
    }, "main")  # fmt: skip
    other = name.replace("main", weak)
    git(path, "replace", "-f", name, weak + "^{tree}" if other == name and "tree" in name
        else weak if other == name else other)  # fmt: skip
    found = accepted(own.project)
    assert found["signers"] == ["ada@example.org"]


@attack("N10", expect="exit 3")
def test_a_rewritten_branch_is_judged_by_its_new_tip(own: Scene) -> None:
    path, attested_tip = own.project.path, own.head
    git(path, "reset", "-q", "--hard", "main")
    own.project.commit({"feature": "rewritten"})
    missing(own.project)
    accepted(own.project, attested_tip)


@attack("N10", "a notes ref that somebody set back, or emptied", expect="exit 3")
def test_lost_notes_are_missing_and_nothing_else(published: Scene) -> None:
    path = published.project.path
    git(path, "update-ref", NOTES, make_commit(path, {"0" * 40: "old"}))
    missing(published.project)
    git(path, "push", "-q", "--no-verify", "--force", "origin", NOTES)
    missing(published.project, "--remote", "origin")


@attack("N11", expect="no-attestation")
def test_without_a_notes_ref_there_is_nothing(published: Scene) -> None:
    for repository in (published.project.path, published.project.remote):
        git(repository, "update-ref", "-d", NOTES)
    missing(published.project)
    missing(published.project, "--remote", "origin")


@attack("N11", "a commit that is not there", expect="exit 2")
@pytest.mark.parametrize("name", ["0" * 40, "refs/heads/nothing", "f" * 64, "HEAD~9", "v1^{}"])
def test_without_a_commit_there_is_no_question(scene: Scene, name: str) -> None:
    done = scene.project.localci("verify", name)
    assert (done.code, done.output) == (2, "")
    assert len(done.errors.splitlines()) == 1


@attack("N13", expect="exit 3")
def test_a_graft_changes_no_commit(own: Scene) -> None:
    path, good = own.project.path, own.head
    bad = make_commit(path, {"feature": "not tested"}, "main")
    grafts = path / ".git/info/grafts"
    grafts.write_text(f"{bad} {good}\n{good}\n", encoding="ascii")
    missing(own.project, bad)
    accepted(own.project)
    git(path, "update-ref", "refs/heads/bad", bad)
    done, _ = verify(own.project, "refs/heads/bad~1", GIT_GRAFT_FILE=str(grafts))
    assert done.code == 3, "its parent is main, whatever the graft says"


@attack("N13", "a clone that is shallow just below the commit", expect=ACCEPT)
def test_a_shallow_clone_is_judged_like_any(published: Scene, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    url = published.project.remote.as_uri()
    git(
        tmp_path,
        "clone",
        "-q",
        "--depth=1",
        "--no-single-branch",
        "-b",
        "feature",
        url,
        str(shallow),
    )
    assert (shallow / ".git/shallow").exists()
    accepted(Project(shallow, published.project.remote), "--remote", "origin")


@attack("N14", expect=ACCEPT)
@pytest.mark.parametrize("parents", [2, 3, 5])
def test_a_merge_is_a_commit_like_any(scene: Scene, parents: int) -> None:
    path = scene.project.path
    sides = [make_commit(path, {f"side-{n}": "x"}, "main") for n in range(parents - 1)]
    merge = make_commit(path, {"merged": "all"}, scene.head, *sides)
    assert len(git(path, "rev-list", "--parents", "-1", merge).split()) == parents + 1
    scene.hang(attested(scene, merge), on=merge)
    accepted(scene.project, merge)


@attack("N14", "a merge of parents that are all attested", expect="exit 3")
def test_a_merge_is_not_the_sum_of_its_parents(scene: Scene) -> None:
    path = scene.project.path
    side = make_commit(path, {"side": "x"}, "main")
    merge = make_commit(path, {"side": "x"}, scene.head, side)
    attach(path, {commit: (attested(scene, commit),) for commit in (scene.head, side)})
    missing(scene.project, merge)


@attack("N15", expect="exit 3")
def test_a_head_that_is_the_base_needs_a_result_of_its_own(scene: Scene) -> None:
    base = ref(scene.project.path, "origin/main")
    scene.hang(scene.line())
    assert missing(scene.project, base)["self_judged"] is True
    scene.hang(attested(scene, base), on=base)
    assert accepted(scene.project, base)["self_judged"] is True


@attack("N15", "an empty commit upon an attested base", expect=ACCEPT)
def test_a_change_of_nothing_keeps_the_bases_result(scene: Scene) -> None:
    path = scene.project.path
    base = ref(path, "origin/main")
    empty = git(path, "commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "Empty")
    line = attested(scene, base)
    attach(path, {base: (line,), tree_of(path, base): (line,)})
    found = accepted(scene.project, empty)
    assert (found["match"], found["self_judged"]) == ("tree", False)


@attack("N17", expect="subject-mismatch")
@pytest.mark.parametrize("kind", ["submodule", "LFS", "link", "mode"])
def test_a_pointer_that_moved_is_another_tree(scene: Scene, kind: str) -> None:
    path = scene.project.path
    lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1\n"
    old, new = {
        "submodule": (Entry("160000", b"1" * 40), Entry("160000", b"2" * 40)),
        "LFS": (lfs.format("1" * 64), lfs.format("2" * 64)),
        "link": (Entry("120000", b"run-tests"), Entry("120000", b"../run-tests")),
        "mode": (Entry("100644", b"x"), Entry("100755", b"x")),
    }[kind]
    before = make_commit(path, {"part": old}, "HEAD")
    after = make_commit(path, {"part": new}, before)
    scene.hang(attested(scene, before), on=before)
    accepted(scene.project, before)
    scene.hang(attested(scene, before), on=after)
    refused(scene.project, "subject-mismatch", after)


@attack("names of refs that look like the commit, or like the trusted branch", expect="exit 3")
@pytest.mark.parametrize(
    "lure",
    [
        "refs/tags/{bad}", "refs/heads/{bad}", "refs/remotes/origin/{bad}",
        "refs/tags/refs/heads/bad", "refs/heads/refs/heads/bad", "refs/tags/heads/bad",
    ],
)  # fmt: skip
def test_a_ref_in_the_guise_of_a_commit_leads_nowhere(own: Scene, lure: str) -> None:
    path = own.project.path
    bad = make_commit(path, {"feature": "not tested"}, "main")
    git(path, "update-ref", "refs/heads/bad", bad)
    git(path, "update-ref", lure.format(bad=bad), own.head)
    assert missing(own.project, bad)["commit"] == bad
    assert missing(own.project, "refs/heads/bad")["commit"] == bad


@attack("a branch or tag named like the default branch", expect=ACCEPT)
@pytest.mark.parametrize(
    "lure",
    ["refs/tags/refs/remotes/origin/main", "refs/heads/refs/remotes/origin/main",
     "refs/heads/origin/main", "refs/tags/origin/main", "refs/heads/origin", "refs/tags/main",
     "refs/heads/HEAD", "refs/tags/HEAD"],
)  # fmt: skip
def test_the_default_branch_is_the_remotes_own(own: Scene, lure: str) -> None:
    path = own.project.path
    weak = make_commit(path, {".localci/policy.toml": policy_for(own.keys["mallory"])}, "main")
    main = ref(path, "refs/remotes/origin/main")
    git(path, "update-ref", lure, weak)
    assert accepted(own.project)["trust"]["commit"] == main


@attack("a trusted branch whose name could mean two commits", expect="exit 2")
@pytest.mark.parametrize(
    "lure", ["refs/tags/main", "refs/tags/origin/main", "refs/heads/origin/main"]
)
def test_a_name_of_two_commits_is_nobody_to_trust(own: Scene, lure: str) -> None:
    git(own.project.path, "update-ref", lure, own.head)
    name = lure.removeprefix("refs/").partition("/")[2]
    done = own.project.localci("verify", "--trust-ref", name)
    assert (done.code, done.output) == (2, "")
    assert "several commits" in done.errors


@attack("a default branch that is no branch of the remote", expect="exit 2")
@pytest.mark.parametrize(
    "target",
    ["refs/heads/feature", "refs/remotes/evil/main", "refs/remotes/origin/../evil", "loop"],
)
def test_the_remotes_head_leads_to_a_branch_of_the_remote(own: Scene, target: str) -> None:
    path = own.project.path
    git(path, "update-ref", "refs/remotes/evil/main", own.head)
    if target == "loop":
        target = "refs/remotes/origin/HEAD"
    (path / ".git/refs/remotes/origin/HEAD").write_text(f"ref: {target}\n", encoding="ascii")
    done = own.project.localci("verify")
    assert (done.code, done.output) == (2, "")
    assert "--trust-ref" in done.errors


@attack("a remote's HEAD that is a branch somebody named HEAD", expect="exit 2")
def test_a_branch_named_head_is_not_the_default_one(own: Scene) -> None:
    path = own.project.path
    (path / ".git/refs/remotes/origin/HEAD").write_text(f"{own.head}\n", encoding="ascii")
    done = own.project.localci("verify")
    assert (done.code, done.output) == (2, "")


@attack("objects that are damaged or missing", expect="exit 4")
@pytest.mark.parametrize(
    "name",
    [
        "main:.localci/policy.toml",
        "main:.localci",
        "main:localci.toml",
        "main:.localci/keys/ada.asc",
        "main^{tree}",
        f"{NOTES}^{{tree}}",
    ],
)
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_what_cannot_be_read_is_no_verdict(own: Scene, name: str, how: str) -> None:
    path = own.project.path
    object_id = git(path, "rev-parse", name)
    file = path / ".git/objects" / object_id[:2] / object_id[2:]
    file.chmod(0o600)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"x\x9c\x03\x00")
    done = own.project.localci("verify", "--json")
    assert done.code == 4, done


@attack("a partial clone whose promisor is a command", expect="exit 4")
def test_a_missing_object_is_not_fetched_by_the_repositorys_configuration(
    own: Scene, tmp_path: Path
) -> None:
    path = own.project.path
    fire = write_program(tmp_path / "fire", f"touch {tmp_path}/fired")
    with (path / ".git/config").open("a", encoding="utf-8") as file:
        file.write(
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = evil\n"
            f'[remote "evil"]\n\turl = "ext::{fire} x"\n\tpromisor = true\n'
            '[protocol "ext"]\n\tallow = always\n'
        )
    object_id = git(path, "rev-parse", "main:.localci/policy.toml")
    (path / ".git/objects" / object_id[:2] / object_id[2:]).unlink()
    unavailable(own.project)
    assert not (tmp_path / "fired").exists()
    try_git(path, "cat-file", "-p", object_id)
    assert (tmp_path / "fired").exists(), "the trap is none"


# Repositories that fight back


class Trap(NamedTuple):
    """What a repository configures; git's own `trigger` walks into it where one is named."""

    configuration: str
    trigger: tuple[str, ...] = ()
    hook: str = ""
    url: str = ""


UNREACHABLE: Final = "127.0.0.1:1/x"
TRAPS: Final = {
    "core.fsmonitor": Trap("[core]\nfsmonitor = {fire}", ("status",)),
    "core.fsmonitor by an include": Trap("[include]\npath = {more}", ("status",)),
    "core.fsmonitor by a condition": Trap('[includeIf "gitdir:**"]\npath = {more}', ("status",)),
    "core.hooksPath": Trap("[core]\nhooksPath = {hooks}", ("update-ref", "refs/x", "HEAD")),
    "a hook": Trap("", ("update-ref", "refs/x", "HEAD"), hook="reference-transaction"),
    "a hook of the index": Trap("", ("reset", "-q", "main"), hook="post-index-change"),
    "core.sshCommand": Trap("[core]\nsshCommand = {fire}", ("ls-remote", "origin"),
                            url=f"ssh://{UNREACHABLE}"),
    "core.gitProxy": Trap("[core]\ngitProxy = {fire}", ("ls-remote", "origin"),
                          url=f"git://{UNREACHABLE}"),
    "remote.uploadpack": Trap('[remote "origin"]\nuploadpack = {fire}', ("ls-remote", "origin")),
    "remote.vcs": Trap('[remote "origin"]\nvcs = ext'),
    "an ext:: address": Trap('[protocol "ext"]\nallow = always', ("ls-remote", "origin"),
                             url="ext::{fire} x"),
    "url.insteadOf": Trap('[protocol "ext"]\nallow = always\n[url "ext::{fire} "]\ninsteadOf = /',
                          ("ls-remote", "origin")),
    "an address that is an option": Trap("", url="--upload-pack={fire}"),
    "an address whose host is an option": Trap("", url="ssh://-oProxyCommand={fire}/x"),
    "uploadpack.packObjectsHook": Trap("[uploadpack]\npackObjectsHook = {fire}"),
    "core.alternateRefsCommand": Trap("[core]\nalternateRefsCommand = {fire}"),
    "credential.helper": Trap("[credential]\nhelper = !{fire}", ("credential", "fill")),
    "core.askPass": Trap("[core]\naskPass = {fire}"),
    "core.pager": Trap("[core]\npager = {fire}\n[pager]\ncat-file = true\nls-remote = true"),
    "core.editor": Trap("[core]\neditor = {fire}", ("var", "GIT_EDITOR")),
    "aliases": Trap("[alias]\nls-remote = !{fire}\ncat-file = !{fire}\nx = !{fire}", ("x",)),
    "a clean filter": Trap('[filter "evil"]\nclean = {fire}', ("add", "feature")),
    "a smudge filter": Trap('[filter "evil"]\nsmudge = {fire}', ("checkout", "main", "feature")),
    "a filter process": Trap('[filter "evil"]\nprocess = {fire}', ("add", "feature")),
    "diff.external": Trap("[diff]\nexternal = {fire}", ("diff", "HEAD~1")),
    "a text conversion": Trap('[diff "evil"]\ntextconv = {fire}', ("diff", "HEAD~1")),
    "a merge driver": Trap('[merge "evil"]\ndriver = {fire}'),
    "gpg.program": Trap("[gpg]\nprogram = {fire}\n[log]\nshowSignature = true"),
    "notes and their display": Trap("[notes]\nrewriteRef = refs/notes/*\ndisplayRef = refs/*"),
    "gc": Trap("[gc]\nauto = 1\nrecentObjectsHook = {fire}"),
    "a submodule": Trap('[submodule "part"]\nactive = true\nurl = ext::{fire} x\nupdate = !{fire}'),
    "core.worktree": Trap("[core]\nworktree = /"),
}  # fmt: skip
MUST_FIRE: Final = {name for name, trap in TRAPS.items() if trap.trigger} - {
    "a smudge filter", "core.editor", "credential.helper"
}  # fmt: skip


@attack("N18", expect="ignored")
@pytest.mark.parametrize("name", TRAPS)
def test_nothing_of_the_repository_is_executed(published: Scene, tmp_path: Path, name: str) -> None:
    path, trap = published.project.path, TRAPS[name]
    fired = tmp_path / "fired"
    fire = str(write_program(tmp_path / "hooks/reference-transaction", f"touch {fired}"))
    more = tmp_path / "more"
    more.write_text(f"[core]\nfsmonitor = {fire}\n", encoding="utf-8")
    (path / ".git/info/attributes").write_text("* filter=evil diff=evil merge=evil\n", "ascii")
    if trap.hook:
        shutil.copy(fire, path / ".git/hooks" / trap.hook)
    if trap.url:
        git(path, "config", "remote.origin.url", trap.url.format(fire=fire))
    with (path / ".git/config").open("a", encoding="utf-8") as file:
        text = trap.configuration.replace("{fire}", fire).replace("{more}", str(more))
        file.write(text.replace("{hooks}", str(tmp_path / "hooks")) + "\n")
    accepted(published.project)
    done, _ = verify(published.project, "--remote", "origin")
    assert done.code == (4 if trap.url else 0)
    assert not fired.exists()
    (path / "feature").write_text("dirty", encoding="utf-8")
    try_git(path, *trap.trigger)
    assert fired.exists() or name not in MUST_FIRE, "the trap is none"


@attack("N18", "attributes, modules and filters in the trees themselves", expect=ACCEPT)
def test_nothing_that_a_tree_configures_is_executed(scene: Scene, tmp_path: Path) -> None:
    path = scene.project.path
    fire = write_program(tmp_path / "fire", f"touch {tmp_path}/fired")
    hostile = {
        ".gitattributes": "* filter=evil diff=evil ident export-subst text eol=crlf\n",
        ".gitmodules": f'[submodule "x"]\npath = x\nurl = "ext::{fire} x"\nupdate = !{fire}\n',
        "x": Entry("160000", b"1" * 40),
        ".gitconfig": f"[core]\nfsmonitor = {fire}\n",
        ".lfsconfig": f"[lfs]\nurl = ext::{fire}\n",
        ".git-hooks/post-checkout": Entry("100755", f"#!/bin/sh\n{fire}\n".encode()),
        ".envrc": f"{fire}\n",
        "sitecustomize.py": f"import os; os.system('{fire}')\n",
        "localci/__init__.py": f"import os; os.system('{fire}')\n",
        "localci.py": f"import os; os.system('{fire}')\n",
        "gpgv": Entry("100755", f"#!/bin/sh\n{fire}\n".encode()),
    }
    trust = make_commit(path, hostile, "main")
    head = make_commit(path, {"feature": "new"}, trust)
    scene.hang(attested(scene, head), on=head)
    accepted(scene.project, head, "--trust-ref", trust)
    assert not (tmp_path / "fired").exists()


@attack("N18", "a helper for credentials, asked for by a server", expect="exit 4")
def test_no_helper_of_the_repository_is_asked_for_a_password(
    own: Scene, tmp_path: Path, guarded_web: HttpServer
) -> None:
    path = own.project.path
    make_bare(tmp_path / "srv/app.git")
    fire = write_program(tmp_path / "fire", f"touch {tmp_path}/fired")
    git(path, "remote", "set-url", "origin", guarded_web.url_for_nobody("app.git"))
    git(path, "config", "credential.helper", f"!{fire}")
    git(path, "config", "core.askPass", str(fire))
    unavailable(own.project, "--remote", "origin")
    assert not (tmp_path / "fired").exists()
    try_git(path, "ls-remote", "origin")
    assert (tmp_path / "fired").exists(), "the trap is none"


@attack("N18", "the variables of git, as a hook of another repository has them", expect=ACCEPT)
@pytest.mark.parametrize(
    "names",
    [
        ("GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"),
        ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR"),
        ("GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_NAMESPACE"),
        ("GIT_SSH_COMMAND", "GIT_SSH", "GIT_PROXY_COMMAND", "GIT_ASKPASS", "GIT_EXTERNAL_DIFF"),
        ("GIT_EDITOR", "GIT_PAGER", "GIT_ATTR_SOURCE", "GIT_LITERAL_PATHSPECS", "GIT_DEFAULT_HASH"),
    ],
    ids=lambda names: names[0],
)
def test_variables_of_git_change_nothing(
    own: Scene, tmp_path: Path, names: tuple[str, ...]
) -> None:
    fire = write_program(tmp_path / "fire", f"touch {tmp_path}/fired")
    accepted(own.project, **dict.fromkeys(names, str(fire)))
    assert not (tmp_path / "fired").exists()


@attack("N18", "configuration by variables", expect=ACCEPT)
def test_configuration_by_variables_is_not_obeyed(own: Scene, tmp_path: Path) -> None:
    fire = write_program(tmp_path / "fire", f"touch {tmp_path}/fired")
    variables = {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(fire),
        "GIT_CONFIG_KEY_1": "alias.cat-file",
        "GIT_CONFIG_VALUE_1": f"!{fire}",
    }
    accepted(own.project, **variables)
    accepted(own.project, GIT_CONFIG_PARAMETERS=f"'core.fsmonitor={fire}'")
    assert not (tmp_path / "fired").exists()


@attack("a bare repository, committed into the one under test", expect="exit 2")
def test_a_repository_inside_of_the_work_tree_is_not_judged(own: Scene) -> None:
    inner = make_bare(own.project.path / "sub/evil")
    git(own.project.path, "push", "-q", "--no-verify", str(inner), "HEAD:refs/heads/main")
    done = run_localci(inner, "verify", "--trust-ref", "refs/heads/main")
    assert (done.code, done.output) == (2, "")


# Paths


@attack("N19", expect=ACCEPT)
def test_file_names_with_line_ends_beside_the_policy_are_passed_over(scene: Scene) -> None:
    path = scene.project.path
    names = [
        "keys/a\nkeys/ada.asc",
        "\n",
        "policy.toml\n",
        "policy.toml\nx",
        " policy.toml",
        "keys/ada.asc\r",
        "\x1b[2J",
        "keys/\u202easc.ada",
        "keys/-",
        "keys/ada.asc\\n",
    ]
    files = {f".localci/{name}": "version = 2\n[rubbish" for name in names}
    trust = make_commit(path, files, "main")
    scene.hang(scene.line())
    accepted(scene.project, "--trust-ref", trust)


@attack("N19", "a key by the name of such a file", expect="policy-invalid")
@pytest.mark.parametrize(
    "name",
    [
        "a\\nb.asc",
        "../keys/ada.asc",
        "..",
        "",
        "/etc/passwd",
        "a/b.asc",
        "a\\u0000b",
        "ada.asc/",
        "./ada.asc",
        "~/ada.asc",
        "a\\\\b",
    ],
)
def test_a_key_file_has_a_plain_name(scene: Scene, name: str) -> None:
    policy = policy_for(scene.keys["ada"]).replace("keys/ada.asc", f"keys/{name}")
    trust = make_commit(scene.project.path, {".localci/policy.toml": policy}, "main")
    scene.hang(scene.line())
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


TWINS: Final = [
    ".LocalCI/policy.toml",
    ".localci/Policy.toml",
    ".LOCALCI/POLICY.TOML",
    ".localci /policy.toml",
    ".localci./policy.toml",
    ".local\u200cci/policy.toml",
    "localci~1/policy.toml",
    ".localci/policy.toml ",
    ".localci::$INDEX_ALLOCATION/policy.toml",
    ".localc\u0131/policy.toml",
]


@attack("N20", "a laxer twin of the policy in other letters", expect=ACCEPT)
@pytest.mark.parametrize("ignorecase", ["true", "false"])
def test_a_twin_of_the_policy_is_not_the_policy(own: Scene, ignorecase: str) -> None:
    path = own.project.path
    weak = policy_for(own.keys["mallory"])
    trust = make_commit(path, dict.fromkeys(TWINS, weak), "main")
    git(path, "config", "core.ignorecase", ignorecase)
    assert accepted(own.project, "--trust-ref", trust)["signers"] == ["ada@example.org"]
    own.hang(own.line(by="mallory"))
    refused(own.project, "signer-unknown", "--trust-ref", trust)


@attack("N20", "nothing but twins", expect="policy-missing")
def test_twins_without_the_policy_are_no_policy(scene: Scene) -> None:
    policy = policy_for(scene.keys["ada"])
    files = {".localci/policy.toml": None, **dict.fromkeys(TWINS, policy)}
    trust = make_commit(scene.project.path, files, "main")
    scene.hang(scene.line())
    unusable(scene.project, "policy-missing", "--trust-ref", trust)
