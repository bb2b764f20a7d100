from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.deliveries import WAITING, read_deliveries
from localci.errors import NO_VERDICT, DeliveryError
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope
from localci.git.notes import remote_ref
from localci.git.refs import NOTES_REF
from localci.prover.publish.delivery import Manner, deliver
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
from localci.prover.statistics.deliveries import Rate, rate_of, with_new_results
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.sshd import SshServer

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
LINES = {ONE: (b"mine",), TWO: (b"mine",)}
AS_NOTES = {ONE: b"mine\n", TWO: b"mine\n"}

_PUBLISH = """
import sys
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
repository, who = sys.argv[1:]
for n in range(3):
    add_to_outbox(repository, {"f" * 40: (b"%s %d" % (who.encode(), n),), who * 40: (b"%d" % n,)})
    (delivery,) = publish(repository, ["origin"], read_outbox(repository)) or (None,)
    if delivery and delivery.failure:
        sys.exit(str(delivery.failure))
"""


class Waits(list[float]):
    """The waits that would have been, in seconds."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "srv" / "a remote ü.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    return make_clone(tmp_path / "a clone ü", bare)


def make_clone(path: Path, bare: Path) -> Path:
    made = make_repository(path)
    git(made, "remote", "add", "origin", str(bare))
    return made


def refuse_notes(bare: Path, times: int | None = None) -> None:
    """Let the `update` hook refuse the notes so many times, or always."""
    (bare / "left").write_text(str(times if times is not None else 1000000))
    write_hook(
        bare,
        "update",
        f"""cd "{bare}"; [ "$1" = {NOTES_REF} ] || exit 0
left=$(cat left); [ "$left" -gt 0 ] || exit 0
echo $((left - 1)) > left; echo "busy, come back" >&2; exit 1""",
    )


def test_the_first_lines_of_all_reach_an_empty_remote(clone: Path, bare: Path) -> None:
    assert deliver(str(clone), "origin", LINES).new_lines == 1

    assert read_notes(bare) == AS_NOTES
    assert git(bare, "for-each-ref", "--format=%(refname)") == NOTES_REF
    assert read_notes(clone, remote_ref("origin")) == AS_NOTES
    assert ref(clone, NOTES_REF) == ref(clone, remote_ref("origin"))


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_lines_join_the_notes_of_others_byte_for_byte(clone: Path, bare: Path, depth: int) -> None:
    others = {fanned(f"{n:02x}{n:02x}" + "7" * 36, depth): b"\n \xff{\r\n" for n in range(30)}
    before = write_notes(bare, others | {fanned(ONE, depth): b"no newline"})

    assert deliver(str(clone), "origin", LINES).new_lines == 1

    assert read_notes(bare) == others | {
        fanned(ONE, depth): b"no newline\nmine\n",
        fanned(TWO, depth): b"mine\n",
    }
    assert ref(bare, f"{NOTES_REF}^") == before


def test_git_itself_reads_and_extends_what_was_delivered(clone: Path, bare: Path) -> None:
    tip = commit(clone, {"a": "1"})
    deliver(str(clone), "origin", {tip: (b"mine",), ref(clone, "HEAD^{tree}"): (b"mine",)})

    assert git(clone, "notes", "--ref=ci", "show", tip) == "mine"
    git(clone, "fetch", "--quiet", "origin", f"+{NOTES_REF}:{NOTES_REF}")
    git(clone, "notes", "--ref=ci", "append", "-m", "theirs", tip)
    git(clone, "push", "--quiet", "origin", NOTES_REF)
    deliver(str(clone), "origin", {tip: (b"more",)})

    assert git(clone, "notes", "--ref=ci", "show", tip) == "mine\n\ntheirs\nmore"
    assert read_notes(bare) == read_notes(clone)
    assert git(bare, "rev-list", "--count", NOTES_REF) == "3"


def test_a_known_remote_costs_one_push_and_no_fetch(clone: Path, bare: Path) -> None:
    deliver(str(clone), "origin", LINES)
    git(bare, "config", "uploadpack.hideRefs", "refs")

    assert deliver(str(clone), "origin", {THREE: (b"mine",)}).new_lines == 1

    assert read_notes(bare) == AS_NOTES | {THREE: b"mine\n"}


def test_what_others_pushed_meanwhile_is_built_upon(
    tmp_path: Path, clone: Path, bare: Path, waits: Waits
) -> None:
    other = make_clone(tmp_path / "other", bare)
    deliver(str(clone), "origin", {ONE: (b"1",)})
    deliver(str(other), "origin", {ONE: (b"2",)})

    assert deliver(str(clone), "origin", {ONE: (b"3",)}, Manner(sleep=waits)).new_lines == 1

    assert read_notes(bare) == {ONE: b"1\n2\n3\n"}
    assert len(waits) == 1


def test_what_stands_there_already_is_not_pushed_again(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    deliver(str(clone), "origin", LINES)
    before = ref(bare, NOTES_REF)

    assert deliver(str(clone), "origin", LINES).new_lines == 0
    assert deliver(str(make_clone(tmp_path / "other", bare)), "origin", LINES).new_lines == 0

    assert ref(bare, NOTES_REF) == before


def test_what_only_seems_to_stand_there_is_pushed(clone: Path, bare: Path) -> None:
    deliver(str(clone), "origin", LINES)
    git(bare, "update-ref", "-d", NOTES_REF)

    assert deliver(str(clone), "origin", LINES).new_lines == 1

    assert read_notes(bare) == AS_NOTES


def test_what_was_compacted_over_there_stays_away(clone: Path, bare: Path, waits: Waits) -> None:
    deliver(str(clone), "origin", {ONE: (b"old",), TWO: (b"old",)})
    compacted = write_notes(bare, {TWO: b"kept\n"})

    deliver(str(clone), "origin", {THREE: (b"new",)}, Manner(sleep=waits))

    assert read_notes(bare) == {TWO: b"kept\n", THREE: b"new\n"}
    assert ref(bare, f"{NOTES_REF}^") == compacted
    assert git(bare, "rev-list", "--count", NOTES_REF) == "2"


@pytest.mark.parametrize("how", ["deleted", "set back"])
def test_notes_that_were_taken_away_over_there_do_not_come_back(
    clone: Path, bare: Path, waits: Waits, how: str
) -> None:
    deliver(str(clone), "origin", {ONE: (b"old",)})
    first = ref(bare, NOTES_REF)
    deliver(str(clone), "origin", {TWO: (b"old",)})
    git(bare, "update-ref", *(["-d", NOTES_REF] if how == "deleted" else [NOTES_REF, first]))

    deliver(str(clone), "origin", {THREE: (b"new",)}, Manner(sleep=waits))

    left = {} if how == "deleted" else {ONE: b"old\n"}
    assert read_notes(bare) == left | {THREE: b"new\n"}


def test_an_update_hook_that_refuses_twice_is_outlasted(
    clone: Path, bare: Path, waits: Waits
) -> None:
    refuse_notes(bare, times=2)

    assert deliver(str(clone), "origin", LINES, Manner(sleep=waits)).new_lines == 1

    assert read_notes(bare) == AS_NOTES
    assert len(waits) == 2


def test_an_update_hook_that_always_refuses_is_named_and_the_lines_are_kept(
    clone: Path, bare: Path, waits: Waits
) -> None:
    refuse_notes(bare)
    add_to_outbox(str(clone), LINES)

    (delivery,) = publish(str(clone), ["origin"], read_outbox(str(clone)), Manner(sleep=waits))

    assert delivery.failure is not None
    assert delivery.failure.exit_code == NO_VERDICT
    assert str(delivery.failure) == (
        "origin has not taken the notes: hook declined (the remote says: busy, come back); "
        "the result is kept; for a remote that never takes refs/notes/*: "
        '`[publish] on_failure = "warn"`, or other `remotes`, in localci.toml'
    )
    assert read_outbox(str(clone)) == LINES
    assert read_notes(bare) == {}


def test_a_line_outlasts_a_fetch_of_all_notes_and_is_delivered_by_the_next_push(
    tmp_path: Path, clone: Path, bare: Path, waits: Waits
) -> None:
    deliver(str(make_clone(tmp_path / "other", bare)), "origin", {ONE: (b"theirs",)})
    refuse_notes(bare)
    add_to_outbox(str(clone), LINES)
    publish(str(clone), ["origin"], read_outbox(str(clone)), Manner(sleep=waits))
    git(clone, "fetch", "--prune", "origin", "+refs/notes/*:refs/notes/*")
    refuse_notes(bare, times=0)

    publish(str(clone), ["origin"], read_outbox(str(clone)), Manner(sleep=waits))

    assert read_notes(bare) == {ONE: b"theirs\nmine\n", TWO: b"mine\n"}
    assert read_outbox(str(clone)) == {}


def test_a_delivery_that_died_before_the_outbox_was_emptied_doubles_nothing(
    clone: Path, bare: Path
) -> None:
    add_to_outbox(str(clone), LINES)
    deliver(str(clone), "origin", LINES)
    before = ref(bare, NOTES_REF)
    git(clone, "update-ref", "-d", remote_ref("origin"))

    (delivery,) = publish(str(clone), ["origin"], read_outbox(str(clone)))

    assert delivery.new_lines == 0
    assert ref(bare, NOTES_REF) == before
    assert read_outbox(str(clone)) == {}


def test_my_oldest_lines_make_room_for_new_ones_and_nobody_elses(clone: Path, bare: Path) -> None:
    def line(key: str, number: int) -> bytes:
        signature = Signature(key, b"s")
        return encode_envelope(Envelope(b"%d" % number, PAYLOAD_TYPE, (signature,)))

    theirs = b"".join(line("BOB", n) + b"\n" for n in range(12))
    mine = b"".join(line("ADA", n) + b"\n" for n in range(8))
    write_notes(bare, {ONE: theirs + mine})

    deliver(str(clone), "origin", {ONE: (line("ADA", 8),)})

    expected = b"".join(line("ADA", n) + b"\n" for n in range(1, 9))
    assert read_notes(bare) == {ONE: theirs + expected}


@pytest.mark.parametrize("where", ["own clones", "one clone"])
def test_ten_processes_that_deliver_at_once_lose_nothing(
    tmp_path: Path, clone: Path, bare: Path, where: str
) -> None:
    people = "0123456789" if where == "own clones" else "abcde"
    homes = {
        who: make_clone(tmp_path / who, bare) if where == "own clones" else clone for who in people
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PUBLISH, str(home), who], stderr=subprocess.PIPE, text=True
        )
        for who, home in homes.items()
    ]
    assert [process.communicate()[1] for process in processes] == [""] * len(people)

    notes = read_notes(bare)
    for who in people:
        own = set(notes[who * 40].splitlines())
        assert own >= {b"0", b"1", b"2"}
    shared = {f"{who} {n}".encode() for who in people for n in range(3)}
    assert shared <= set(notes["f" * 40].splitlines())
    assert all(read_outbox(str(home)) == {} for home in homes.values())
    assert git(bare, "fsck", "--connectivity-only", "--no-dangling") == ""


def test_a_sha256_repository_is_served(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "bare.git", object_format="sha256")
    clone = make_repository(tmp_path / "clone", {"a": "1"}, object_format="sha256")
    git(clone, "remote", "add", "origin", str(bare))
    tip = ref(clone, "HEAD")

    deliver(str(clone), "origin", {tip: (b"first",)})
    deliver(str(clone), "origin", {tip: (b"second",)})

    assert read_notes(bare) == {tip: b"first\nsecond\n"}


def test_a_url_is_as_good_as_a_name(tmp_path: Path, bare: Path) -> None:
    repository = make_repository(tmp_path / "r")
    url = f"file://{bare}"

    deliver(str(repository), url, LINES)

    assert read_notes(bare) == AS_NOTES
    assert read_notes(repository, remote_ref(url)) == AS_NOTES
    assert remote_ref(url).startswith("refs/localci/remotes/url-")


def test_delivery_goes_over_ssh(
    tmp_path: Path, sshd: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = make_bare(tmp_path / "bare.git")
    repository = make_repository(tmp_path / "r")
    for name, value in sshd.environment.items():
        monkeypatch.setenv(name, value)

    deliver(str(repository), sshd.url(bare), LINES)

    assert read_notes(bare) == AS_NOTES


def test_delivery_goes_over_http(tmp_path: Path, web: HttpServer) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "r")

    deliver(str(repository), web.url("app.git"), {ONE: (b"x" * 2_000_000,)})
    deliver(str(repository), web.url("app.git"), LINES)

    assert read_notes(bare) == {ONE: b"x" * 2_000_000 + b"\nmine\n", TWO: b"mine\n"}


def test_a_wrong_password_is_not_tried_again_nor_repeated(
    tmp_path: Path, guarded_web: HttpServer, waits: Waits
) -> None:
    make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "r")
    url = guarded_web.url("app.git").replace("s3cret", "gu3ss")

    with pytest.raises(DeliveryError, match="Authentication failed") as error:
        deliver(str(repository), url, LINES, Manner(sleep=waits))

    assert waits == []
    assert "gu3ss" not in str(error.value)


def test_a_remote_that_is_not_there_is_named_at_once(tmp_path: Path, waits: Waits) -> None:
    repository = make_repository(tmp_path / "r")
    git(repository, "remote", "add", "origin", str(tmp_path / "gone.git"))

    with pytest.raises(DeliveryError, match="does not appear to be a git repository"):
        deliver(str(repository), "origin", LINES, Manner(sleep=waits))

    assert waits == []


def test_a_port_that_refuses_is_tried_three_more_times(tmp_path: Path, waits: Waits) -> None:
    repository = make_repository(tmp_path / "r")
    with socket.socket() as taken:  # bound and not listening: nobody else gets it meanwhile
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/app.git"
        with pytest.raises(DeliveryError, match=r"refused|connect"):
            deliver(str(repository), url, LINES, Manner(sleep=waits))

    assert waits == [2, 4, 8]


def test_a_hook_delivers_before_the_branch_arrives_also_in_a_linked_worktree(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    write_hook(bare, "update", f'echo "$1" >> "{bare}/order"')
    publishing = f"""
from localci.prover.publish.delivery import deliver
deliver({str(tmp_path / "linked")!r}, "origin", {{"{ONE}": (b"mine",)}})"""
    (tmp_path / "hook.py").write_text(publishing, encoding="utf-8")
    write_hook(clone, "pre-push", f'"{sys.executable}" "{tmp_path}/hook.py"')
    commit(clone, {"a": "1"})
    git(clone, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))

    git(tmp_path / "linked", "push", "--quiet", "origin", "side")

    assert (bare / "order").read_text().split() == [NOTES_REF, "refs/heads/side"]
    assert read_notes(bare) == {ONE: b"mine\n"}


def test_no_lines_ask_nobody(tmp_path: Path) -> None:
    assert deliver(str(make_repository(tmp_path / "r")), "/gone", {ONE: ()}).new_lines == 0


def test_a_shallow_clone_and_a_linked_worktree_deliver(tmp_path: Path, bare: Path) -> None:
    source = make_clone(tmp_path / "source", bare)
    commit(source, {"a": "1"})
    commit(source, {"a": "2"})
    git(source, "push", "--quiet", "origin", "main")
    for n in range(3):
        deliver(str(source), "origin", {f"{n}" * 40: (b"theirs",)})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{bare}", "shallow")
    git(tmp_path / "shallow", "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))

    deliver(str(tmp_path / "shallow"), "origin", {THREE: (b"shallow",)})
    deliver(str(tmp_path / "linked"), "origin", {THREE: (b"linked",)})

    assert read_notes(bare)[THREE] == b"shallow\nlinked\n"
    assert git(bare, "rev-list", "--count", NOTES_REF) == "5"


def test_what_waited_and_was_taken_along_did_not_arrive_at_once(
    clone: Path, bare: Path, waits: Waits
) -> None:
    refuse_notes(bare, times=5)
    with pytest.raises(DeliveryError):
        deliver(str(clone), "origin", LINES, Manner(sleep=waits))
    deliver(str(clone), "origin", {**LINES, THREE: (b"new",)}, Manner(sleep=waits))

    waited, delivered = with_new_results(read_deliveries(str(clone / ".git")))
    assert (waited.record.outcome, waited.record.reason) == (
        WAITING, "hook declined (the remote says: busy, come back)",
    )  # fmt: skip
    assert (waited.new_results, delivered.new_results) == (1, 1)
    assert rate_of([waited, delivered]) == Rate(1, 2)


def test_a_delivery_that_somebody_gave_up_is_recorded(clone: Path, bare: Path) -> None:
    def give_up(_seconds: float) -> None:
        raise KeyboardInterrupt

    refuse_notes(bare)
    with pytest.raises(KeyboardInterrupt):
        deliver(str(clone), "origin", LINES, Manner(sleep=give_up))

    (record,) = read_deliveries(str(clone / ".git"))
    assert (record.outcome, record.reason, record.items) == (WAITING, "interrupted", 1)
