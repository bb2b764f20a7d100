"""What honest people do, each of it accepted: a refusal here is a defect as bad as a forgery."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.formats.bundle import MAX_NOTE
from localci.formats.result import CoverageFigures, IssueFigures, Reuse, TestFigures
from support.attacks import ACCEPT, accepted, attack, missing, refused
from support.attested import attach, document, make_trusted, signed_line, tree_of
from support.keys import gpg
from support.localci_command import run_localci
from support.note_trees import fanned, write_notes
from support.project import CHECKS, Project, policy_for
from support.repositories import git
from support.variants import GONE, changed, make_commit

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.isolation import Homes
    from support.keys import Keys
    from support.scene import Scene

NOTES: Final = "refs/notes/ci"


@pytest.fixture
def own(scene: Scene, tmp_path: Path) -> Scene:
    """The scene in a repository of the test's own, Ada's line on HEAD and on its tree."""
    line = scene.line()
    attach(scene.project.path, {scene.head: (line,), scene.tree: (line,)})
    for name, place in (("app", scene.project.path), ("app.git", scene.project.remote)):
        shutil.copytree(place, tmp_path / name, symlinks=True)
    project = Project(tmp_path / "app", tmp_path / "app.git")
    git(project.path, "remote", "set-url", "origin", str(project.remote))
    return dataclasses.replace(scene, project=project)


# The same tree under another commit


@attack("the same tree under another commit", expect=ACCEPT)
@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["commit -q --no-verify --amend -m Better"], id="amended"),
        pytest.param(
            ["commit -q --no-verify --amend --no-edit --date=2020-01-01T00:00Z"], id="redated"
        ),
        pytest.param(
            ["commit -q --no-verify --allow-empty -m Empty"], id="an empty commit upon it"
        ),
        pytest.param(
            ["switch -q main", "merge -q --squash feature", "commit -q --no-verify -m One"],
            id="squashed",
        ),
        pytest.param(["switch -q main", "merge -q --no-ff --no-edit feature"], id="merged"),
        pytest.param(["switch -q -c copy main", "cherry-pick feature"], id="cherry-picked"),
        pytest.param(["rebase -q --no-verify --force-rebase main"], id="rebased"),
        pytest.param(
            [
                "switch -q --orphan lone",
                "checkout -q feature -- .",
                "commit -q --no-verify -m Lone",
            ],
            id="without a history",
        ),
        pytest.param(["revert --no-edit HEAD", "revert --no-edit HEAD"], id="reverted twice"),
    ],
)
def test_a_result_outlives_the_commit(own: Scene, commands: list[str]) -> None:
    path, head = own.project.path, own.head
    for command in commands:
        git(path, *command.split())
    assert tree_of(path) == tree_of(path, head)
    found = accepted(own.project)
    assert found["match"] == ("commit" if own.head == head else "tree")


@attack("a rebase onto the same tree under an attested commit", expect=ACCEPT)
def test_a_fast_forward_keeps_everything(own: Scene) -> None:
    path, base = own.project.path, git(own.project.path, "rev-parse", "main")
    git(path, "switch", "-q", "main")
    git(path, "merge", "-q", "--ff-only", "feature")
    git(path, "push", "-q", "--no-verify", "origin", "main")
    assert accepted(own.project, "--trust-ref", base)["match"] == "commit"
    assert accepted(own.project)["self_judged"] is True


@attack("an octopus, and a merge that takes one side", expect=ACCEPT)
def test_merges_are_attested_like_any_commit(own: Scene) -> None:
    path = own.project.path
    for name in ("one", "two", "three"):
        git(path, "switch", "-q", "-c", name, "main")
        own.project.commit({name: name})
    git(path, "switch", "-q", "feature")
    git(path, "merge", "-q", "--no-edit", "one", "two", "three")
    missing(own.project)
    own.hang(own.line())
    accepted(own.project)
    # The one side's tree, taken whole, is attested already.
    attach(path, {own.tree: (own.line(),)})
    git(path, "merge", "-q", "--no-edit", "--strategy=ours", "-m", "Ours",
        make_commit(path, {"four": "4"}, "main"))  # fmt: skip
    assert accepted(own.project)["match"] == "tree"


@attack("a commit by any of its names", expect=ACCEPT)
def test_a_commit_may_be_named_in_any_way(own: Scene) -> None:
    path = own.project.path
    git(path, "tag", "light")
    git(path, "tag", "-a", "-m", "v1", "v1.0")
    git(path, "tag", "-a", "-m", "of a tag", "nested", "v1.0")
    child = make_commit(path, {"later": "x"}, "HEAD")
    git(path, "update-ref", "refs/heads/later/é", child)
    git(path, "update-ref", "refs/pull/7/head", own.head)
    names = [
        "HEAD",
        "@",
        "feature",
        "heads/feature",
        "refs/heads/feature",
        "light",
        "v1.0",
        "nested",
        "tags/v1.0",
        "refs/tags/v1.0",
        own.head,
        own.head[:8],
        "later/é~",
        "later/é^",
        "later/é~1",
        "later/é^1",
        "refs/pull/7/head",
    ]
    for name in names:
        done = own.project.localci("verify", name)
        assert (done.code, done.errors) == (0, ""), name


# Where and how it is stored


@attack("a repository of SHA-256", expect=ACCEPT)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_repository_of_sha_256_is_like_any(
    tmp_path: Path, keys: Keys, homes: Homes, depth: int
) -> None:
    ada = keys["ada"]
    ada.add_to(homes.gnupg)
    project = make_trusted(tmp_path, ada, object_format="sha256")
    git(project.path, "switch", "-q", "-c", "feature")
    project.commit({"feature": "new"})
    line = signed_line(document(project.path), ada, homes.gnupg)
    write_notes(project.path, {fanned(project.head, depth): line + b"\n"})
    assert len(accepted(project)["commit"]) == 64
    git(project.path, "push", "-q", "--no-verify", "origin", NOTES)
    accepted(project, "--remote", "origin")
    git(project.path, "commit", "-q", "--no-verify", "--amend", "-m", "Another message")
    missing(project)


@attack("every way in which git keeps a repository", expect=ACCEPT)
@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["gc -q --prune=now"], id="packed"),
        pytest.param(["pack-refs --all"], id="packed refs"),
        pytest.param(
            ["repack -q -a -d", "multi-pack-index write", "commit-graph write --reachable"],
            id="indexed",
        ),
        pytest.param(["config core.bare true"], id="bare by configuration"),
        pytest.param(
            ["config core.autocrlf true", "config core.filemode false"], id="other line ends"
        ),
        pytest.param(["checkout -q --detach"], id="a detached head"),
        pytest.param(["sparse-checkout set --no-cone /localci.toml"], id="sparse"),
        pytest.param(
            ["update-index --assume-unchanged feature", "rm -q --cached run-tests"],
            id="a changed index",
        ),
        pytest.param(["notes --ref=ci add -f -m x HEAD~1"], id="notes by git itself"),
    ],
)
def test_how_git_keeps_it_does_not_matter(own: Scene, commands: list[str]) -> None:
    for command in commands:
        git(own.project.path, *command.split())
    accepted(own.project)


@attack("clones of every kind", expect=ACCEPT)
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--bare"],
        ["--mirror"],
        ["--depth=1", "--no-single-branch"],
        ["--filter=tree:0"],
        ["--filter=blob:none"],
        ["--no-checkout"],
        ["--shared"],
        ["--separate-git-dir=g"],
        ["--single-branch", "--branch=feature"],
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_a_clone_is_judged_with_the_remotes_notes(
    own: Scene, tmp_path: Path, options: list[str]
) -> None:
    base = git(own.project.path, "rev-parse", "main")
    git(own.project.path, "push", "-q", "--no-verify", "origin", "feature", NOTES)
    git(own.project.remote, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", *options, own.project.remote.as_uri(), "clone")
    if any(option.startswith("--filter") for option in options):
        # What localci needs has to be there: it fetches nothing behind anybody's back.
        git(tmp_path / "clone", "checkout", "-q", "feature")
        git(tmp_path / "clone", "checkout", "-q", base)
    if "--single-branch" in options:
        git(tmp_path / "clone", "fetch", "-q", "origin", "main:refs/remotes/origin/main")
    bare = {"--bare", "--mirror"} & {*options}
    revision = "refs/heads/feature" if bare else "refs/remotes/origin/feature"
    trust = "refs/heads/main" if bare else "refs/remotes/origin/main"
    question = (revision, "--trust-ref", trust, "--remote", str(own.project.remote))
    done = run_localci(tmp_path / "clone", "verify", *question)
    assert (done.code, done.errors) == (0, ""), done.output


@attack("a linked worktree, and a directory below", expect=ACCEPT)
def test_it_may_be_asked_from_anywhere(own: Scene, tmp_path: Path) -> None:
    path = own.project.path
    git(path, "worktree", "add", "-q", "--detach", str(tmp_path / "other tree"), "HEAD")
    (path / "deep/er").mkdir(parents=True)
    for place in (tmp_path / "other tree", path / "deep/er", path / ".git", path / ".git/refs"):
        assert run_localci(place, "verify").code == 0, place


@attack("notes over http, and in several refs", expect=ACCEPT)
def test_notes_are_found_where_they_are(own: Scene, tmp_path: Path, web: HttpServer) -> None:
    path = own.project.path
    shutil.copytree(own.project.remote, tmp_path / "srv/app.git")
    git(path, "push", "-q", "--no-verify", web.url("app.git"), NOTES)
    for ref in ("refs/localci/remotes/origin", "refs/localci/outbox"):
        git(path, "update-ref", ref, NOTES)
        git(path, "update-ref", "-d", NOTES)
        accepted(own.project)
        git(path, "update-ref", NOTES, ref)
        git(path, "update-ref", "-d", ref)
    git(path, "update-ref", "-d", NOTES)
    missing(own.project)
    accepted(own.project, "--remote", web.url("app.git"))


# Other people's lines beside it


@attack("a good line beside all that others may have put there", expect=ACCEPT)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_nobody_elses_line_takes_a_result_back(scene: Scene, first: bool) -> None:  # noqa: FBT001
    good = scene.line()
    failed = {"tests": scene.check(passed=False, figures=TestFigures(2, 2, 0))}
    others = [
        scene.line(scene.payload(scene.document(checks=failed))),
        scene.line(scene.payload(scene.document(checks=failed)), by="bob"),
        scene.line(by="mallory"),
        scene.line(scene.payload(scene.document(commit="1" * 40, tree="2" * 40))),
        scene.line(changed(scene.payload(), {"_type": "https://in-toto.io/Statement/v9"})),
        changed(good, {"payload": "AAAA"}),
        changed(good, {"signatures": [{"sig": "AAAA"}] * 9}),
        b"x" * 70_000,
        b"reviewed by me, looks fine",
        b'{"kind": "deploy", "to": "production"}',
    ]
    scene.hang(*([good, *others] if first else [*others, good]))
    accepted(scene.project)


@attack("a note too large on the commit, a good one on its tree", expect=ACCEPT)
def test_a_spoilt_note_on_the_commit_leaves_that_on_the_tree(scene: Scene) -> None:
    write_notes(scene.project.path, {
        scene.head: b"x" * (MAX_NOTE + 1), scene.tree: scene.line() + b"\n",
        fanned(scene.tree, 1): b"\xff" * 99,
    })  # fmt: skip
    accepted(scene.project)


@attack("statements that add up: one check each", expect=ACCEPT)
def test_statements_of_several_people_add_up(scene: Scene) -> None:
    more = f'{CHECKS}[checks.lint]\nuses = "ruff"\n'
    keys = [scene.keys[name] for name in ("ada", "bob")]
    policy = policy_for(*keys, requirements="[require.tests]\n[require.lint]\nmax_issues = 0\n")
    files = {
        "localci.toml": more,
        ".localci/policy.toml": policy,
        ".localci/keys/bob.asc": keys[1].certificate,
    }
    trust = make_commit(scene.project.path, files, "main")
    head = make_commit(scene.project.path, {"feature": "new"}, trust)
    both = scene.document(revision=head)
    lint = both.checks["tests"]._replace(
        figures=IssueFigures((), 0), definition=_definition_of(more, "lint")
    )
    lines = [
        scene.line(scene.payload(both)),
        scene.line(scene.payload(both._replace(checks={"lint": lint}, run_id="b" * 32)), by="bob"),
    ]
    question = (head, "--trust-ref", trust)
    scene.hang(*lines, on=head)
    assert accepted(scene.project, *question)["signers"] == ["ada@example.org", "bob@example.org"]
    scene.hang(lines[0], on=head)
    refused(scene.project, "check-missing", *question)


def _definition_of(text: str, name: str) -> str:
    return definition(find_configuration({"localci.toml": text.encode()}.get).tables, name) or ""


@attack("a document with other checks, branches and environments than ours", expect=ACCEPT)
def test_what_nobody_asks_about_does_not_matter(scene: Scene) -> None:
    now = int(time.time())
    checks = {
        "tests": scene.check(
            figures=TestFigures(2_000_000, 0, 1_999_999), exit_code=0, duration_ms=0
        ),
        "coverage": scene.check(figures=CoverageFigures(0.0, 0.0), definition=""),
        "a.very-long_name" * 4: scene.check(log="0" * 64, inputs="f" * 64),
    }
    document = scene.document(
        checks=checks, branch="ветка/😀\u2028", runner="CI №1", started_at=now - 86_400,
        environment={"os": "Δ", "isolation": None, "tools": {"ruff": "0"}, "n": 1.5, "l": [[]]},
    )  # fmt: skip
    scene.hang(scene.line(scene.payload(document)))
    accepted(scene.project)


@attack("fields that may be left out", expect=ACCEPT)
@pytest.mark.parametrize(
    "place",
    ["predicate/failedTests", "predicate/warnedTests", "predicate/configuration", "subject/0/name",
     "subject/0/annotations", "predicate/localci/environment"],
)  # fmt: skip
def test_what_is_optional_may_be_missing(scene: Scene, place: str) -> None:
    scene.hang(scene.line(changed(scene.payload(), {place: GONE})))
    accepted(scene.project)


@attack("ages and times at their limits", expect=ACCEPT)
@pytest.mark.parametrize("age", [0, 3_600, 30 * 86_400 - 600])
def test_a_result_within_its_age_counts(scene: Scene, age: int) -> None:
    then = int(time.time()) - age
    check = scene.check(started_at=then - 60, finished_at=then)
    document = scene.document(started_at=then - 60, finished_at=then, checks={"tests": check})
    scene.hang(scene.line(scene.payload(document)))
    accepted(scene.project)


@attack("a result reused by the person who had it, under a renewed key", expect=ACCEPT)
def test_a_reuse_outlives_the_key(scene: Scene) -> None:
    keys = [scene.keys[name] for name in ("ada", "bob")]
    policy = policy_for(*keys).replace("bob@example.org", "ada@example.org")
    files = {".localci/policy.toml": policy, ".localci/keys/bob.asc": keys[1].certificate}
    trust = make_commit(scene.project.path, files, "main")
    origin = Reuse("1" * 40, "2" * 40, keys[0].fingerprint, "3" * 64)
    document = scene.document(checks={"tests": scene.check(reused_from=origin)})
    scene.hang(scene.line(scene.payload(document), by="bob"))
    assert accepted(scene.project, "--trust-ref", trust)["signers"] == ["ada@example.org"]


# Keys


def trusting(scene: Scene, certificate: str | bytes, fingerprint: str) -> str:
    """Return a trust commit whose policy trusts one key."""
    policy = policy_for(scene.keys["ada"]).replace(scene.keys["ada"].fingerprint, fingerprint)
    files: dict[str, Any] = {".localci/policy.toml": policy, ".localci/keys/ada.asc": certificate}
    return make_commit(scene.project.path, files, "main")


def signed_with(scene: Scene, home: Path, fingerprint: str) -> bytes:
    """Return a line signed by what gpg itself takes for a primary key's fingerprint."""
    key = dataclasses.replace(scene.keys["ada"], fingerprint=fingerprint)
    return signed_line(document(scene.project.path), key, home)


@attack("keys of every algorithm that people have", expect=ACCEPT)
@pytest.mark.parametrize("algorithm", ["ed25519", "rsa2048", "rsa3072", "nistp256", "nistp384",
                                       "brainpoolP256r1"])  # fmt: skip
@pytest.mark.parametrize("armored", [True, False], ids=["armored", "binary"])
def test_a_key_of_any_good_algorithm_counts(
    scene: Scene,
    homes: Homes,
    algorithm: str,
    armored: bool,  # noqa: FBT001
) -> None:
    gpg(homes.gnupg, *UNPROTECTED, "--quick-generate-key", "Ada <ada@x.org>", algorithm, "sign")
    fingerprint = _fingerprints(homes.gnupg)[0]
    certificate = gpg(homes.gnupg, *(["--armor"] * armored), "--export", fingerprint)
    trust = trusting(scene, certificate, fingerprint)
    scene.hang(signed_with(scene, homes.gnupg, fingerprint))
    accepted(scene.project, "--trust-ref", trust)


UNPROTECTED: Final = ("--pinentry-mode", "loopback", "--passphrase", "")


def _fingerprints(home: Path) -> list[str]:
    """Return the fingerprints in a home, the primary key's first."""
    listed = gpg(home, "--with-colons", "--list-keys").decode()
    rows = [line.split(":") for line in listed.splitlines()]
    return [row[9].lower() for row in rows if row[0] == "fpr"]


@attack(
    "a key of several user ids, subkeys and signatures by others, minimal or not", expect=ACCEPT
)
@pytest.mark.parametrize("export", [[], ["--export-options=export-minimal"],
                                    ["--export-options=export-clean"]], ids=str)  # fmt: skip
def test_a_subkey_signs_for_its_primary_key(scene: Scene, homes: Homes, export: list[str]) -> None:
    home = homes.gnupg
    gpg(home, *UNPROTECTED, "--quick-generate-key", "Ada <ada@x.org>", "ed25519", "cert", "2y")
    primary = _fingerprints(home)[0]
    gpg(home, *UNPROTECTED, "--quick-add-uid", primary, "Ada Ж <ada@y.org>")
    for algorithm, use in (("ed25519", "sign"), ("cv25519", "encr"), ("rsa3072", "sign")):
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, algorithm, use, "1y")
    _, *subkeys = _fingerprints(home)
    trust = trusting(scene, gpg(home, *export, "--armor", "--export", primary), primary)
    for subkey in (subkeys[0], subkeys[2]):
        scene.hang(signed_with(scene, home, subkey))
        accepted(scene.project, "--trust-ref", trust)


@attack("a key that was renewed after it signed", expect=ACCEPT)
@pytest.mark.parametrize("in_the_policy", ["before", "after"])
def test_a_renewed_key_keeps_its_old_results(
    scene: Scene, homes: Homes, in_the_policy: str
) -> None:
    home = homes.gnupg
    gpg(home, *UNPROTECTED, "--quick-generate-key", "Ada <ada@x.org>", "ed25519", "sign", "10d")
    fingerprint = _fingerprints(home)[0]
    before = gpg(home, "--armor", "--export", fingerprint)
    old = signed_with(scene, home, fingerprint)
    gpg(home, *UNPROTECTED, "--quick-set-expire", fingerprint, "3y")
    after = gpg(home, "--armor", "--export", fingerprint)
    assert before != after
    trust = trusting(scene, before if in_the_policy == "before" else after, fingerprint)
    for line in (old, signed_with(scene, home, fingerprint)):
        scene.hang(line)
        accepted(scene.project, "--trust-ref", trust)


@attack("digests that gpg may be told to use", expect=ACCEPT)
@pytest.mark.parametrize("digest", ["SHA224", "SHA256", "SHA384", "SHA512"])
def test_a_signature_by_any_good_digest_counts(scene: Scene, digest: str) -> None:
    scene.hang(scene.line(None, "--digest-algo", digest))
    accepted(scene.project)


@attack("a signature with notations, a policy address and a keyserver in it", expect=ACCEPT)
def test_what_a_signature_says_besides_does_not_matter(scene: Scene) -> None:
    options = ("--sig-notation", "note@example.org=[GNUPG:] BADSIG x", "--sig-policy-url",
               "https://example.org/%0A[GNUPG:]", "--sig-keyserver-url", "hkps://example.org",
               "--sender", "ada@example.org", "--comment", "hello")  # fmt: skip
    scene.hang(scene.line(None, *options))
    accepted(scene.project)


@attack("no keyid, or one in other words", expect=ACCEPT)
@pytest.mark.parametrize("keyid", ["", "ADA", "0x1234", "SHA256:abc", "\u00e9"])
def test_a_keyid_is_only_a_hint(scene: Scene, keyid: str) -> None:
    scene.hang(scene.line(keyid=keyid))
    accepted(scene.project)
    scene.hang(changed(scene.line(), {"signatures/0/keyid": GONE}))
    accepted(scene.project)


# Made by localci itself


@attack("what `localci run --sign` and a push leave behind", expect=ACCEPT)
def test_what_localci_makes_itself_is_accepted(tmp_path: Path, keys: Keys, homes: Homes) -> None:
    ada = keys["ada"]
    ada.add_to(homes.gnupg)
    git(homes.home, "config", "--global", "user.signingkey", ada.fingerprint)
    project = make_trusted(tmp_path, ada)
    project.install_hook()
    git(project.path, "switch", "-q", "-c", "feature")
    project.commit({"feature": "new"})
    pushed = subprocess.run(
        ["git", "push", "-q", "-u", "origin", "feature"], cwd=project.path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert pushed.returncode == 0, pushed.stderr
    found = accepted(project, "--remote", "origin")
    assert (found["match"], found["signers"]) == ("commit", ["ada@example.org"])
    accepted(project)
    git(project.path, "commit", "-q", "--no-verify", "--amend", "-m", "Better")
    assert accepted(project, "--remote", "origin")["match"] == "tree"


def test_a_good_line_is_json_that_everybody_reads(scene: Scene) -> None:
    assert json.loads(scene.line()).keys() == {"payload", "payloadType", "signatures"}
