"""Old notes that nothing leads to go from a real remote, and stay away."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import DeliveryError, GitError
from localci.formats.result import encode_result
from localci.formats.strict_json import dumps_canonical
from localci.git.discovery import find_repository
from localci.git.refs import NOTES_REF, notes_ref
from localci.git.remotes import push_targets
from localci.prover.publish.compaction import Compaction
from localci.prover.publish.delivery import Manner, deliver
from localci.prover.publish.exchange import newest_objects, see_notes
from support.aged import DAY, aged_document, aged_line, aged_note
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from localci.prover.publish.compaction_survey import Survey
    from support.http_server import HttpServer
    from support.sshd import SshServer

KEEP = 90 * DAY
GONE, ALSO_GONE = "a1" * 20, "b2" * 20


OLD, YOUNG = aged_note(100), aged_note(80)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "srv" / "app.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    """A clone whose branch `main` is on the remote."""
    made = make_repository(tmp_path / "clone", {"a": "1"})
    commit(made, {"a": "2"})
    git(made, "remote", "add", "origin", str(bare))
    git(made, "push", "-q", "origin", "main")
    return made


def compaction(clone: Path, remote: str = "origin", **changes: Any) -> Compaction:
    (target,) = push_targets(str(clone), remote)
    return Compaction(
        find_repository(str(clone)),
        target,
        time.time() - KEEP,
        sha256=len(ref(clone, "HEAD")) > 40,
        **changes,
    )


def compact(clone: Path, remote: str = "origin") -> tuple[Survey, int]:
    with compaction(clone, remote) as found:
        survey = found.survey()
        return survey, found.take_away(survey.going)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_old_notes_that_nothing_leads_to_go_and_all_else_stays(
    clone: Path, bare: Path, depth: int
) -> None:
    needed = (ref(clone, "HEAD"), ref(clone, "HEAD~1^{tree}"))
    kept = {fanned(one, depth): OLD for one in needed} | {fanned("c3" * 20, depth): YOUNG}
    before = write_notes(bare, kept | {fanned(GONE, depth): OLD, fanned(ALSO_GONE, depth): OLD})

    survey, gone = compact(clone)

    assert (survey.notes, survey.needed, survey.young, survey.undated, gone) == (5, 2, 1, 0, 2)
    assert read_notes(bare) == kept
    assert ref(bare, f"{NOTES_REF}^") == before


def test_twice_changes_nothing(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD, ALSO_GONE: YOUNG})
    compact(clone)
    tip = ref(bare, NOTES_REF)

    survey, gone = compact(clone)

    assert (survey.going, gone, ref(bare, NOTES_REF)) == ([], 0, tip)


def test_a_survey_changes_nothing_and_leaves_nothing_behind(clone: Path, bare: Path) -> None:
    tip = write_notes(bare, {GONE: OLD})

    with compaction(clone) as found:
        assert len(found.survey().going) == 1

    assert ref(bare, NOTES_REF) == tip
    assert not list((clone / ".git/localci/remotes").glob("*.git"))
    assert "localci" not in (clone / ".git/config").read_text()


def test_the_last_note_of_all_can_go(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})

    assert compact(clone)[1] == 1

    assert read_notes(bare) == {}
    deliver(str(clone), "origin", {ALSO_GONE: (b"new",)})
    assert read_notes(bare) == {ALSO_GONE: b"new\n"}


def test_what_any_branch_or_tag_leads_to_is_needed(clone: Path, bare: Path) -> None:
    tips = []
    for number, name in enumerate(("refs/heads/x", "refs/heads/release/1", "refs/tags/light")):
        tips.append(git(clone, "commit-tree", "-m", f"{number}", "HEAD^{tree}", "-p", "HEAD"))
        git(clone, "push", "-q", "origin", f"{tips[-1]}:{name}")
    git(clone, "tag", "-a", "-m", "x", "heavy", git(clone, "commit-tree", "-m", "h", "HEAD^{tree}"))
    blob = git(clone, "rev-parse", "HEAD:a")
    git(clone, "tag", "-a", "-m", "x", "blob", blob)
    git(clone, "push", "-q", "origin", "heavy", "blob")
    kept = dict.fromkeys((*tips, git(clone, "rev-parse", "heavy^{}"), blob), OLD)
    write_notes(bare, kept | {GONE: OLD})

    assert compact(clone)[1] == 1

    assert read_notes(bare) == kept


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_a_branch_named_like_another_and_a_line_end_does_not_hide_it(
    clone: Path, bare: Path, end: str
) -> None:
    git(clone, "push", "-q", "origin", f"HEAD~1:refs/heads/main{end}x")
    kept = {ref(clone, "HEAD"): OLD}
    write_notes(bare, kept | {GONE: OLD})

    assert compact(clone)[1] == 1

    assert read_notes(bare) == kept


def test_the_newest_line_counts(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: aged_note(100, 89), ALSO_GONE: aged_note(100, 91)})

    assert compact(clone)[1] == 1

    assert list(read_notes(bare)) == [GONE]


@pytest.mark.parametrize(
    "undated",
    [b"", b"\n", b"rubbish\n", OLD + b"x\n", b"{}\n", OLD + b" " * 70_000 + b"\n", b"\n" * 2**21],
    ids=["empty", "blank", "rubbish", "partly", "object", "long line", "long note"],
)
def test_what_cannot_be_dated_stays_and_is_counted(clone: Path, bare: Path, undated: bytes) -> None:
    write_notes(bare, {GONE: undated, ALSO_GONE: OLD})

    survey, gone = compact(clone)

    assert (survey.undated, gone) == (1, 1)
    assert read_notes(bare) == {GONE: undated}


def test_an_unsigned_result_is_dated_by_its_own_words(clone: Path, bare: Path) -> None:
    def bare_line(days: int) -> bytes:
        return dumps_canonical(encode_result(aged_document(days))) + b"\n"

    write_notes(bare, {GONE: bare_line(91), ALSO_GONE: bare_line(89)})

    assert compact(clone)[1] == 1

    assert list(read_notes(bare)) == [ALSO_GONE]


def test_every_shard_is_compacted(clone: Path, bare: Path) -> None:
    ids = [f"{number:02x}" * 20 for number in range(0, 256, 5)]
    for shards in (16, 256):
        for one in ids:
            write_notes(bare, {one: OLD}, notes_ref(one, shards))
    write_notes(bare, {GONE: OLD})

    survey, gone = compact(clone)

    refs = git(bare, "for-each-ref", "--format=%(refname)", "refs/notes").split()
    assert survey.notes == gone == len(refs) > len(ids)
    assert all(read_notes(bare, name) == {} for name in refs)


@pytest.mark.parametrize("way", ["http", "ssh", "unfiltered"])
def test_every_kind_of_server_is_compacted(
    clone: Path, bare: Path, web: HttpServer, sshd: SshServer, monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("GIT_SSH_COMMAND", sshd.environment["GIT_SSH_COMMAND"])
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    if way == "unfiltered":
        git(bare, "config", "uploadpack.allowFilter", "false")
    write_notes(bare, {fanned(GONE, 1): OLD, fanned(ALSO_GONE, 1): YOUNG})

    address = sshd.url(bare) if way == "ssh" else web.url("app.git")
    git(clone, "remote", "set-url", "origin", address)

    assert compact(clone)[1] == 1
    assert list(read_notes(bare)) == [fanned(ALSO_GONE, 1)]


def test_sha256_is_compacted_as_well(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "s.git", object_format="sha256")
    clone = make_repository(tmp_path / "s", {"a": "1"}, object_format="sha256")
    git(clone, "remote", "add", "origin", str(bare))
    git(clone, "push", "-q", "origin", "main")
    head = ref(clone, "HEAD")
    write_notes(bare, {"a1" * 32: OLD, head: OLD})

    assert compact(clone)[1] == 1

    assert read_notes(bare) == {head: OLD}


# What others do meanwhile and afterwards


def make_other(tmp_path: Path, bare: Path) -> Path:
    other = make_repository(tmp_path / "other")
    git(other, "remote", "add", "origin", str(bare))
    return other


def test_nothing_comes_back_by_what_others_hold(tmp_path: Path, clone: Path, bare: Path) -> None:
    other = make_other(tmp_path, bare)
    deliver(str(other), "origin", {GONE: (aged_line(100),), ALSO_GONE: (aged_line(100),)})
    git(other, "fetch", "-q", "origin", f"+{NOTES_REF}:{NOTES_REF}")
    assert compact(clone)[1] == 2

    deliver(str(other), "origin", {"c3" * 20: (b"theirs",)})
    (target,) = push_targets(str(other), "origin")
    paths = find_repository(str(other))
    see_notes(paths, target, 1, newest_objects(paths))

    assert read_notes(bare) == {"c3" * 20: b"theirs\n"}


def test_what_is_written_meanwhile_stays_and_the_rest_goes(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    other = make_other(tmp_path, bare)
    write_notes(bare, {fanned(one, 1): OLD for one in (GONE, ALSO_GONE, "a1" + "c" * 38)})
    with compaction(clone) as found:
        survey = found.survey()
        deliver(str(other), "origin", {GONE: (aged_line(1),), "c3" * 20: (aged_line(1),)})
        assert found.take_away(survey.going) == 2

    assert {path.replace("/", "") for path in read_notes(bare)} == {GONE, "c3" * 20}


def test_one_that_writes_in_between_is_outlasted(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})
    (bare / "times").write_text("xx")
    write_hook(
        bare,
        "pre-receive",
        f"""cd '{bare}'; [ -s times ] || exit 0; x=$(cat times); printf %s "${{x#x}}" > times
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
row="100644 blob $(echo late | git hash-object -w --stdin)	${{x}}late"
tree=$( (git ls-tree {NOTES_REF}; echo "$row") | git mktree)
new=$(git -c user.name=x -c user.email=x commit-tree -m x -p {NOTES_REF} $tree)
git update-ref {NOTES_REF} $new""",
    )

    waits: list[float] = []
    with compaction(clone, sleep=waits.append) as found:
        assert found.take_away(found.survey().going) == 1

    assert len(waits) == 2
    assert sorted(read_notes(bare)) == ["xlate", "xxlate"]


def test_a_branch_that_came_meanwhile_keeps_its_notes(clone: Path, bare: Path) -> None:
    late = git(clone, "commit-tree", "-m", "late", "HEAD^{tree}")
    write_notes(bare, {late: OLD, GONE: OLD})
    with compaction(clone) as found:
        survey = found.survey()
        git(clone, "push", "-q", "origin", f"{late}:refs/heads/late")
        assert found.take_away(survey.going) == 1

    assert list(read_notes(bare)) == [late]


# What cannot be known


def refuses(clone: Path, bare: Path, what: str) -> None:
    tip = ref(bare, NOTES_REF)
    with pytest.raises(GitError, match=what):
        compact(clone)
    assert ref(bare, NOTES_REF) == tip


def test_a_shallow_clone_takes_nothing_away(tmp_path: Path, clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "shallow")

    refuses(tmp_path / "shallow", bare, "this clone is shallow.*; `git fetch --unshallow`")


def test_a_clone_that_lacks_a_branch_takes_nothing_away(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    write_notes(bare, {GONE: OLD})
    git(tmp_path, "clone", "-q", str(bare), "early")
    git(clone, "push", "-q", "origin", f"{commit(clone, {'b': '1'})}:refs/heads/new")

    refuses(tmp_path / "early", bare, "is not in this repository; `git fetch --tags origin`")
    git(tmp_path / "early", "fetch", "-q", "--tags", "origin")
    assert compact(tmp_path / "early")[1] == 1


def test_a_remote_without_a_branch_is_not_believed(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})
    git(bare, "update-ref", "-d", "refs/heads/main")

    refuses(clone, bare, "origin lists no branch")


def test_grafts_and_replaced_commits_do_not_hide_what_is_needed(clone: Path, bare: Path) -> None:
    first = ref(clone, "HEAD~1")
    write_notes(bare, {first: OLD, GONE: OLD})
    Path(clone, ".git/info").mkdir(exist_ok=True)
    Path(clone, ".git/info/grafts").write_text(f"{ref(clone, 'HEAD')}\n")
    git(clone, "replace", "HEAD", git(clone, "commit-tree", "-m", "alone", "HEAD^{tree}"))

    assert compact(clone)[1] == 1

    assert list(read_notes(bare)) == [first]


def test_a_partial_clone_knows_enough(tmp_path: Path, clone: Path, bare: Path) -> None:
    first = ref(clone, "HEAD~1^{tree}")
    write_notes(bare, {first: OLD, GONE: OLD})
    git(tmp_path, "clone", "-q", "--filter=tree:0", "--no-checkout", f"file://{bare}", "partial")

    assert compact(tmp_path / "partial")[1] == 1

    assert list(read_notes(bare)) == [first]


def test_a_remote_that_refuses_says_why(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})
    write_hook(bare, "update", "echo not here >&2; exit 1")

    with (
        compaction(clone, sleep=lambda _: None) as found,
        pytest.raises(DeliveryError, match=r"cannot be compacted: .*not here"),
    ):
        found.take_away(found.survey().going)

    assert list(read_notes(bare)) == [GONE]


def test_many_go_in_several_pushes(clone: Path, bare: Path, web: HttpServer) -> None:
    git(clone, "remote", "set-url", "origin", web.url("app.git"))
    ids = [hashlib.sha1(b"%d" % n, usedforsecurity=False).hexdigest() for n in range(6000)]
    write_notes(bare, {fanned(one, 1): OLD for one in ids} | {fanned("c3" * 20, 1): YOUNG})

    survey, gone = compact(clone)

    assert (survey.notes, gone) == (6001, 6000)
    assert list(read_notes(bare)) == [fanned("c3" * 20, 1)]
    assert git(bare, "rev-list", "--count", NOTES_REF) == "3"


def test_those_who_deliver_now_may_wait_for_it(tmp_path: Path, clone: Path, bare: Path) -> None:
    """Compacting has a lock and a store of its own: a delivery of the same clone goes on."""
    write_notes(bare, {GONE: OLD})
    with compaction(clone) as found:
        survey = found.survey()
        deliver(str(clone), "origin", {ALSO_GONE: (aged_line(1),)}, Manner(sleep=lambda _: None))
        assert found.take_away(survey.going) == 1

    assert list(read_notes(bare)) == [ALSO_GONE]
