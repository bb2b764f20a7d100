"""What comes in from around, and what goes out: names, networks, faults, and what is printed."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from support.attacks import ACCEPT, accepted, attack, missing, refused, unavailable, verify
from support.fake_programs import put_on_path
from support.localci_command import run_localci
from support.note_trees import write_notes
from support.project import policy_for
from support.repositories import git, make_bare, ref
from support.small_disk import small_disk
from support.variants import CHECK, changed, make_commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.http_server import HttpServer
    from support.scene import Scene

NOTES: Final = "refs/notes/ci"


# Names


@attack("W01", expect=ACCEPT)
@pytest.mark.parametrize(
    "name",
    [
        "$(touch${IFS}fired)",
        "`touch${IFS}fired`",
        ";touch${IFS}fired;",
        "|touch${IFS}fired",
        "&touch",
        "'\"><b>",
        "--output=fired",
        "-x",
        "${{github.token}}",
        "##vso",
        "%0Afired",
        "a#b",
        "é",
        "\u202ex",
        "<img/src=x>",
    ],
    ids=ascii,
)
def test_a_branch_by_any_name_is_only_a_name(scene: Scene, name: str) -> None:
    path = scene.project.path
    head = make_commit(path, {"feature": ascii(name)}, "HEAD")
    full = f"refs/heads/{name}"
    git(path, "update-ref", full, head)
    scene.hang(scene.line(scene.payload(scene.document(revision=head, branch=name))), on=head)
    assert accepted(scene.project, full)["commit"] == head
    trust = ref(path, "origin/main")
    git(path, "update-ref", full, trust)
    found = accepted(scene.project, head, "--trust-ref", full, f"--target={name}")
    assert found["trust"]["commit"] == trust
    shown = scene.project.localci("verify", head, "--trust-ref", full, f"--target={name}")
    assert (shown.code, shown.errors) == (0, "")
    assert all(line.isprintable() for line in shown.output.splitlines())
    git(path, "update-ref", "-d", full)
    assert not list(path.rglob("fired"))


@attack("W01", "an address that is an option, a command or a name of none", expect="exit 4")
@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% fired",
        "--upload-pack=touch fired;/x",
        "/nowhere",
        "file:///nowhere",
        "ssh://-oProxyCommand=touch%20fired/x",
        "-oProxyCommand=touch fired:x",
        "evil::x/y",
        "x:/y\ny",
    ],
)
def test_an_address_runs_nothing(scene: Scene, address: str) -> None:
    scene.hang(scene.line())
    done = scene.project.localci("verify", f"--remote={address}")
    assert done.code == 4, done
    assert "accepted" not in done.output
    assert not list(scene.project.path.rglob("fired"))


NASTY: Final = (
    "\x1b[2J\x1b[31m\x07\x08\r\n::error::pwned\n##[error]pwned\n##vso[task.complete]\u202e\u2066"
    "\u2028\u0085\x9b31m\x00\naccepted  commit <script>alert(1)</script> [x](javascript:y) @all `x`"
)


def nasty_lines(scene: Scene) -> list[bytes]:
    """Return lines that say nasty things wherever a note can say anything."""
    good = scene.payload()
    reuse = {"commit": scene.head, "tree": scene.tree, "signer": NASTY, "statement": "0" * 64}
    places: dict[str, Any] = {
        "_type": NASTY,
        "predicateType": NASTY,
        "predicate/result": NASTY,
        "predicate/passedTests": [NASTY],
        "subject/0/uri": f"git+https://{NASTY}",
        "subject/0/digest/gitTree": NASTY,
        "predicate/localci/version": NASTY,
        "predicate/localci/timestamp": NASTY,
        "predicate/localci/checks": {NASTY: {}},
        "predicate/localci/environment": {"isolation": NASTY, "os": NASTY},
        f"{CHECK}/kind": NASTY,
        f"{CHECK}/definition": NASTY,
        f"{CHECK}/reused_from": reuse,
    }
    return [
        *(scene.line(changed(good, {place: value})) for place, value in places.items()),
        scene.line(keyid=NASTY, by="mallory"),
        json.dumps({"payloadType": NASTY, NASTY: NASTY}).encode(),
        json.dumps({"version": NASTY, NASTY: NASTY}).encode(),
        NASTY.encode().replace(b"\n", b" "),
        b'{"' + b"\x1b[2J" * 9,
    ]


@attack(
    "W03",
    "W04",
    "escapes, workflow commands and markup in all that a note can say",
    expect="exit 1",
)
@pytest.mark.parametrize("how", [[], ["--json"]], ids=["text", "json"])
def test_what_a_note_says_comes_out_dead(scene: Scene, how: list[str]) -> None:
    policy = policy_for(
        scene.keys["ada"], requirements="require_isolation = true\n[require.tests]\n"
    )
    trust = make_commit(scene.project.path, {".localci/policy.toml": policy}, "main")
    scene.hang(*nasty_lines(scene))
    done = scene.project.localci("verify", "--trust-ref", trust, *how)
    assert (done.code, done.errors) == (1, "")
    lines = done.output.split("\n")
    for line in lines:
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso" not in line
    assert not [line for line in lines if line.startswith("accepted")]
    if how:
        assert "\\u001b" in done.output
        done.output.encode("ascii")


@attack("W03", "names in the policy, and on the command line", expect="exit 2")
def test_what_a_policy_or_a_caller_says_comes_out_dead(scene: Scene) -> None:
    text = policy_for(scene.keys["ada"]).replace('"30d"', '"\\u001b[2J\\n::error::"')
    text += '"\\u001b[31m\\u202e" = 1\n'
    trust = make_commit(scene.project.path, {".localci/policy.toml": text}, "main")
    for arguments in (["--trust-ref", trust], ["\x1b[2J::"], ["--target", "\x1b[2J", "\x1b[2J"]):
        done = scene.project.localci("verify", *arguments)
        assert done.code == 2
        for line in (done.output + done.errors).splitlines():
            assert line.isprintable(), line


# Forks and networks


def served(scene: Scene, tmp_path: Path, name: str = "fork.git") -> Path:
    """Return a bare repository that the server at `tmp_path / "srv"` serves, with the branch."""
    bare = make_bare(tmp_path / "srv" / name)
    git(scene.project.path, "push", "-q", "--no-verify", str(bare), "feature", "main")
    return bare


@attack("W05", expect="no-attestation")
def test_a_fork_without_notes_has_none(scene: Scene, tmp_path: Path, web: HttpServer) -> None:
    served(scene, tmp_path)
    scene.hang(scene.line())
    missing(scene.project, "--remote", web.url("fork.git"))


@attack("W05", "a fork with a good result", expect=ACCEPT)
def test_a_forks_notes_are_read_from_the_fork(
    scene: Scene, tmp_path: Path, web: HttpServer
) -> None:
    bare = served(scene, tmp_path)
    scene.hang(b"garbage", scene.line())
    git(scene.project.path, "push", "-q", "--no-verify", str(bare), NOTES)
    git(scene.project.path, "update-ref", "-d", NOTES)
    missing(scene.project)
    accepted(scene.project, "--remote", web.url("fork.git"))


@attack("W06", "one note of 40 MiB", expect="too-large")
def test_a_huge_note_is_passed_over(scene: Scene, tmp_path: Path, web: HttpServer) -> None:
    bare = served(scene, tmp_path)
    write_notes(bare, {scene.head: b"\n" * (40 * 2**20)})
    refused(scene.project, "too-large", "--remote", web.url("fork.git"))


@attack("W06", "20,000 notes of other commits", expect="exit 3")
def test_a_fork_may_have_many_notes(scene: Scene, tmp_path: Path, web: HttpServer) -> None:
    bare = served(scene, tmp_path)
    write_notes(bare, {f"{number:040x}": b"x\n" for number in range(20_000)})
    missing(scene.project, "--remote", web.url("fork.git"))


@attack("W06", "a tree that holds one subtree a thousand times, five levels deep", expect="exit 3")
def test_a_tree_that_unfolds_is_not_unfolded(scene: Scene, tmp_path: Path, web: HttpServer) -> None:
    bare = served(scene, tmp_path)
    inner = git(bare, "hash-object", "-w", "--stdin", data="x\n")
    kind, mode = "blob", "100644"
    for _ in range(5):
        rows = "".join(f"{mode} {kind} {inner}\t{number:02x}\n" for number in range(256))
        inner = git(bare, "mktree", data=rows)
        kind, mode = "tree", "040000"
    git(bare, "update-ref", NOTES, git(bare, "commit-tree", inner, "-m", "Notes"))
    missing(scene.project, "--remote", web.url("fork.git"))


class _Answer(http.server.BaseHTTPRequestHandler):
    """Answers every request alike; the server has the answer."""

    def do_GET(self) -> None:
        server: Any = self.server
        self.wfile.write(server.answer)
        self.close_connection = True

    do_POST = do_GET  # noqa: N815 - the name that the server looks for

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Serve the same bytes to everybody; the address."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    server.answer = answer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/app.git"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _http(
    status: str, body: bytes = b"", kind: str = "text/html", length: int | None = None
) -> bytes:
    size = len(body) if length is None else length
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n".encode()
        + body
    )


ADVERTISED: Final = "application/x-git-upload-pack-advertisement"


@attack("W07", expect="exit 4")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_http("500 Oops"), id="500"),
        pytest.param(_http("404 Not Found"), id="404"),
        pytest.param(_http("401 Unauthorized"), id="401"),
        pytest.param(_http("403 Forbidden"), id="403"),
        pytest.param(_http("200 OK", b"<!doctype html>\n<h1>Log in</h1>\n"), id="a page to log in"),
        pytest.param(_http("200 OK", b"<h1>Log in</h1>"), id="a page of one line to log in"),
        pytest.param(_http("200 OK", b"001e# service=git-up", ADVERTISED), id="cut"),
        pytest.param(_http("200 OK", b"", ADVERTISED, 4096), id="cut before it starts"),
        pytest.param(_http("200 OK", b"zzzz" * 99, ADVERTISED), id="garbage"),
        pytest.param(b"", id="closed"),
        pytest.param(b"\0" * 999, id="no http"),
        pytest.param(_http("302 Found\r\nLocation: ext::sh"), id="led elsewhere"),
        pytest.param(_http("302 Found\r\nLocation: file:///etc/passwd"), id="led to a file"),
    ],
)
def test_a_server_that_fails_is_no_verdict(scene: Scene, answer: bytes) -> None:
    scene.hang(scene.line())
    with answering(answer) as url:
        unavailable(scene.project, "--remote", url)


@attack("W07", "nobody listens", expect="exit 4")
def test_nobody_at_the_other_end_is_no_verdict(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}/x",
        f"git://127.0.0.1:{port}/x",
        f"ssh://127.0.0.1:{port}/x",
    ):
        unavailable(scene.project, "--remote", url)


@attack("W07", "a server that asks for a password", expect="exit 4")
def test_a_locked_door_is_no_absence(scene: Scene, tmp_path: Path, guarded_web: HttpServer) -> None:
    served(scene, tmp_path)
    unavailable(scene.project, "--remote", guarded_web.url_for_nobody("fork.git"))
    missing(scene.project, "--remote", guarded_web.url("fork.git"))


# Again, and at once


@attack("W09", expect=ACCEPT)
def test_the_same_question_has_the_same_answer(scene: Scene) -> None:
    scene.hang(scene.line(), scene.line(by="mallory"), b"garbage")
    first, again = (scene.project.localci("verify", "--json") for _ in range(2))
    assert first == again
    command = [sys.executable, "-m", "localci", "verify", "--json"]
    many = [
        subprocess.Popen(command, cwd=scene.project.path, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    assert {(p.communicate()[0], p.returncode) for p in many} == {(first.output, 0)}


# Faults


@attack("W10", expect="exit 4")
def test_a_fault_in_any_function_is_no_verdict(scene: Scene, tmp_path: Path) -> None:
    scene.hang(scene.line())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "support.faults"], cwd=scene.project.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) > 100, "these are not all that a verdict goes through"
    assert {name: code for name, code in answers.items() if code != 4} == {}


@attack("W10", "git that dies, lies or is not there", expect="exit 4")
@pytest.mark.parametrize(
    "script",
    ["kill -9 $$", "exit 0", "exit 1", "exit 128", "echo rubbish",
     'case "$*" in *cat-file*) kill -9 $$;; *) exec {git} "$@";; esac',
     'case "$*" in *cat-file*) exit 0;; *) exec {git} "$@";; esac',
     'case "$*" in *cat-file*) echo rubbish; cat;; *) exec {git} "$@";; esac'],
)  # fmt: skip
def test_git_that_fails_is_no_verdict(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    scene.hang(scene.line())
    real = shutil.which("git") or ""
    put_on_path(monkeypatch, tmp_path / "bin", "git", script.replace("{git}", real))
    done = scene.project.localci("verify")
    # Where git knows no commit of that name, the question has no sense.
    assert done.code == (
        2 if "names no commit" in done.errors or "no commit yet" in done.errors else 4
    )
    assert done.output == "" or "accepted" not in done.output


@attack("W10", "a place for temporary files that is full, read-only or none", expect="exit 4")
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_without_room_there_is_no_verdict(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    scene.hang(scene.line())
    with small_disk(tmp_path / "disk", kibibytes=64) as disk:
        # Python goes on to the next place where this one takes no byte at all.
        command = (
            "import tempfile, sys; from localci.cli import main;"
            f"tempfile.tempdir = {str(disk.path)!r}; sys.exit(main(['verify']))"
        )
        if how == "full":
            disk.fill()
        else:
            disk.make_read_only()
        done = subprocess.run(
            [sys.executable, "-c", command], cwd=scene.project.path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1


@attack("W10", "an output that takes nothing", expect="exit 4")
@pytest.mark.parametrize("how", ["--json", "HEAD"])
def test_a_verdict_that_cannot_be_printed_is_none(scene: Scene, how: str) -> None:
    scene.hang(scene.line())
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "localci", "verify", how], cwd=scene.project.path,
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 4, done
    assert "Traceback" not in done.stderr


CLOSED: Final = [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"]
FULL: Final = [">/dev/full 2>/dev/full", ">/dev/full 2>&-"]


def in_a_shell(scene: Scene, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the shell, in which `localci` starts the one under test."""
    command = command.replace("localci", f'"{sys.executable}" -m localci')
    return subprocess.run(
        ["sh", "-c", command], cwd=scene.project.path, capture_output=True, text=True, check=False
    )


@attack("W10", "no output at all", expect=ACCEPT)
@pytest.mark.parametrize("closed", CLOSED)
def test_a_closed_output_changes_no_answer(scene: Scene, closed: str) -> None:
    for who, code in (("ada", 0), ("mallory", 1)):
        scene.hang(scene.line(by=who))
        done = in_a_shell(scene, f"localci verify --json {closed}")
        assert (done.returncode, done.stderr) == (code, "")
    assert in_a_shell(scene, f"localci verify nothing {closed}").returncode == 2
    assert in_a_shell(scene, f"localci verify --remote /nowhere {closed}").returncode == 4


@attack("W10", "an output that takes nothing, and nobody to complain to", expect="exit 4")
@pytest.mark.parametrize("full", FULL)
def test_a_fault_that_cannot_be_told_is_a_fault(scene: Scene, full: str) -> None:
    for who in ("ada", "mallory"):
        scene.hang(scene.line(by=who))
        assert in_a_shell(scene, f"localci verify --json {full}").returncode == 4
    assert in_a_shell(scene, f"localci verify nothing {full}").returncode == 2


@attack("W10", "too few file descriptors", expect="exit 4")
@pytest.mark.parametrize("most", [5, 7, 9, 11])
def test_without_descriptors_there_is_no_verdict(scene: Scene, most: int) -> None:
    scene.hang(scene.line())
    done = in_a_shell(scene, f"ulimit -n {most}; exec localci verify")
    assert done.returncode in {0, 4}, done
    assert (done.returncode == 0) == done.stdout.startswith("accepted")


@attack("W10", "a directory that is gone, or no repository", expect="exit 2")
def test_where_there_is_no_repository_there_is_no_question(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m localci verify'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in {2, 4}, done
    assert "Traceback" not in done.stderr
    assert run_localci(tmp_path, "verify").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_is_one_document(scene: Scene) -> None:
    scene.hang(scene.line())
    done, found = verify(scene.project)
    assert (done.code, done.errors, found["verdict"]) == (0, "", "accepted")
