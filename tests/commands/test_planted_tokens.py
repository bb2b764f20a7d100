"""A token in the environment, the remote's URL or the credential helper comes to light nowhere.

Looked at are standard output and error, every file below the repository, the homes, TMPDIR and the
server, every git object, and the command lines of all processes. Where the user put it, it may be:
in `.git/config`, in the environment, in the helper. A plain `git push` shows the URL that it was
given to everybody by its own helper (git-remote-http) and its own call of the hook; localci cannot
keep it from that, and what localci does in its hook is looked at here.
"""

from __future__ import annotations

import base64
import contextlib
import os
import pty
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from localci.cli import COMMANDS
from support.gitea_server import Gitea
from support.http_server import http_server
from support.planted import (
    Found,
    new_secret,
    planted_variables,
    traced,
    tracing,
    with_account,
    write_helper,
)
from support.project import PASSING
from support.repositories import git
from support.rest_server import Request, Service, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from support.isolation import Homes
    from support.project import Project

LINES: Final[tuple[tuple[str, ...], ...]] = (
    ("doctor",),
    ("init", "--yes"),
    ("install",),
    ("run",),
    ("run", "--json"),
    ("status",),
    ("wait",),
    ("logs", "tests"),
    ("explain",),
    ("show",),
    ("attest", "--result", "nowhere.json"),
    ("approve", "HEAD"),
    ("push", "origin", "feature"),
    ("push", "origin", "HEAD:another"),
    ("sync",),
    ("sync", "origin"),
    ("verify", "--remote", "origin"),
    ("verify", "--range", "main..HEAD", "--remote", "origin"),
    ("post",),
    ("post", "--remote", "origin"),
    ("forge", "setup"),
    ("key", "list"),
    ("key", "export"),
    ("trust", "list"),
    ("policy", "check"),
    ("policy", "digest"),
    ("stats",),
    ("stats", "--json"),
    ("notes", "compact", "--keep", "90d", "--dry-run"),
    ("clean",),
    ("uninstall",),
)
"""Every command, as a person uses it who has a remote on a forge."""
NETWORK: Final = tuple(
    line for line in LINES if line[0] in {"push", "sync", "verify", "post", "notes"}
)
ELSEWHERE: Final = {
    "demo": "has a repository, a key and a home of its own, and no remote but a directory",
    "pre-receive": "runs on the server",
    "pre-push": "is what `git push` calls below",
}
# Waits between tries are no part of what is looked at here.
_AT_ONCE: Final = """\
import sys, time
time.sleep = lambda seconds: None
from localci.cli import main
sys.exit(main())
"""


@dataclass
class Bench:
    """A project whose remote is on a server behind a password: the secret."""

    project: Project
    secret: str
    found: Found
    traces: Path
    homes: Homes
    temporary: Path
    environment: dict[str, str]
    ended: dict[tuple[str, ...], int]
    pushed_by_hand: bool = False

    def run(self, *words: str) -> int:
        """Run localci and keep what it shows under eyes; return its exit code."""
        with self.found.watching_processes():
            done = subprocess.run(
                [sys.executable, "-c", _AT_ONCE, *words],
                cwd=self.project.path,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        self._saw(words, done.stdout + done.stderr)
        self.ended[words] = done.returncode
        return done.returncode

    def run_on_terminal(self, *words: str) -> None:
        """Do the same with a terminal for everything, on which nothing is typed."""
        far, near = pty.openpty()
        shown = bytearray()
        reader = threading.Thread(target=_drain, args=(far, shown))
        reader.start()
        with self.found.watching_processes():
            done = subprocess.run(
                [sys.executable, "-c", _AT_ONCE, *words],
                cwd=self.project.path,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=near,
                stderr=near,
                check=False,
            )
        os.close(near)
        reader.join()
        os.close(far)
        self._saw(words, bytes(shown))
        self.ended[words] = done.returncode

    def git_push(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Push as people do, with the hook, whose words are kept under eyes."""
        self.pushed_by_hand = True
        done = subprocess.run(
            ["git", "push", *words],
            cwd=self.project.path,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        self._saw(("git push", *words), done.stdout + done.stderr)
        return done

    def _saw(self, words: tuple[str, ...], output: bytes) -> None:
        assert b"Traceback" not in output, output
        self.found.look_at(f"output of {words}: {output!r}", output)

    def look_everywhere(self) -> None:
        """Look through all that the commands have left, and what git says it has started."""
        git_dir = self.project.path / ".git"
        self.found.look_below(self.project.path, [git_dir / "config"])
        for place in (self.homes.root, self.temporary, self.project.remote):
            self.found.look_below(place)
        for argv in traced(self.traces):
            if not self.pushed_by_hand or not _is_gits_own(argv):
                self.found.look_at(f"git started {argv}", " ".join(argv).encode())


def _is_gits_own(argv: Sequence[str]) -> bool:
    """Tell whether it is what `git push origin` starts for itself, with the URL in it."""
    return "origin" in argv or "send-pack" in argv


def _drain(descriptor: int, shown: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(descriptor, 65536):
            shown += data


@pytest.fixture
def bench(project: Project, homes: Homes, tmp_path: Path) -> Bench:
    """A bench with the secret in every variable; no remote but the project's own yet."""
    secret = new_secret()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    project.commit({"run-tests": f"env\n{PASSING}"})
    traces = tmp_path / "traces"
    environment = {
        **os.environ,
        **planted_variables(secret),
        **tracing(traces),
        "TMPDIR": str(temporary),
    }
    return Bench(project, secret, Found(secret), traces, homes, temporary, environment, {})


@pytest.fixture(params=["url", "helper"])
def account_in(request: pytest.FixtureRequest) -> str:
    """Where the user put the account for git: the remote's URL, or a credential helper."""
    where: str = request.param
    return where


def use_remote(bench: Bench, url: str, account_in: str) -> None:
    """Let `origin` be at a URL that asks for the secret."""
    account = f"ada:{bench.secret}"
    path = bench.project.path
    if account_in == "url":
        git(path, "remote", "set-url", "origin", with_account(url, account))
    else:
        git(path, "remote", "set-url", "origin", url)
        script = write_helper(bench.homes.root.with_suffix(".helper"), account)
        git(path, "config", "--global", "credential.helper", script)


@pytest.fixture
def server(bench: Bench, tmp_path: Path, account_in: str) -> Iterator[Bench]:
    """The bench with a git server and a forge, both of which let the secret in."""
    forge = Gitea(("Authorization", f"token {bench.secret}"), repository="git/app")
    forge.add_pull(3, bench.project.head)
    account = f"ada:{bench.secret}"
    with (
        serving(forge),
        http_server(tmp_path / "srv", tmp_path / "state", account=account) as web,
    ):
        use_remote(bench, web.url_for_nobody("app.git"), account_in)
        use_forge(bench, forge.url)
        yield bench
    bench.homes.root.with_suffix(".helper").unlink(missing_ok=True)


def use_forge(bench: Bench, url: str) -> None:
    """Let the forge of this machine be a Gitea at a URL."""
    for key, value in {"forge": "gitea", "api": f"{url}/api/v1"}.items():
        git(bench.project.path, "config", f"localci.127.0.0.1.{key}", value)


def test_what_comes_to_light_is_found(bench: Bench) -> None:
    bench.run("show", bench.secret)
    (bench.temporary / bench.secret).write_bytes(base64.b64encode(f"ada:{bench.secret}".encode()))
    git(bench.project.path, "commit", "-q", "--allow-empty", "-m", bench.secret)
    git(bench.project.path, "version", bench.secret, environment=bench.environment)
    bench.look_everywhere()
    kinds = {place.split()[0] for place in bench.found.places}
    assert kinds == {"process", "output", "name", "file", "objects", "git"}


def test_every_command_is_looked_at() -> None:
    assert {line[0] for line in LINES} | ELSEWHERE.keys() == COMMANDS.keys()


@pytest.mark.parametrize("account_in", ["url"])
def test_a_server_that_answers(server: Bench) -> None:
    for line in LINES:
        server.run(*line)
    server.look_everywhere()
    assert not server.found.places, "\n".join(server.found.places)
    # What was looked at did happen.
    assert server.ended["push", "origin", "feature"] == 0
    assert server.ended["sync",] == 0
    assert server.ended["verify", "--remote", "origin"] == 0
    assert server.ended["post",] == 0


def test_on_a_terminal(server: Bench) -> None:
    for line in NETWORK:
        server.run_on_terminal(*line)
    server.look_everywhere()
    assert not server.found.places, "\n".join(server.found.places)
    assert server.ended["push", "origin", "feature"] == 0


def test_a_push_by_hand(server: Bench) -> None:
    assert server.run("install") == 0
    done = server.git_push("origin", "feature")
    server.look_everywhere()
    assert not server.found.places, "\n".join(server.found.places)
    assert b"result delivered to origin" in done.stderr


@dataclass
class Refusing(Service):
    """A server that answers everything with the same refusal."""

    status: int = 403

    def answer(self, _: Request) -> tuple[int, Any]:
        return self.status, {"message": "no"}


@contextlib.contextmanager
def refusing(status: int) -> Iterator[str]:
    """Give the address of a server that refuses with a status; 0: that refuses to be spoken to."""
    if not status:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        return
    service = Refusing(("Host", ""), status=status)
    with serving(service):
        # 401 is what a missing header gets.
        service.header = (
            ("Host", service.url.removeprefix("http://")) if status != 401 else ("", "x")
        )
        yield service.url


@pytest.mark.parametrize(
    ("account_in", "status"),
    [("url", 401), ("url", 403), ("url", 0), ("helper", 401), ("helper", 500)],
)
def test_a_server_that_refuses(bench: Bench, account_in: str, status: int) -> None:
    bench.run("run")
    with refusing(status) as url:
        use_remote(bench, f"{url}/git/app.git", account_in)
        use_forge(bench, url)
        for line in NETWORK:
            bench.run(*line)
    bench.look_everywhere()
    assert not bench.found.places, "\n".join(bench.found.places)
    assert 0 not in {bench.ended[line] for line in NETWORK}


def test_an_address_that_is_typed(server: Bench) -> None:
    """Whoever types it shows it; localci hands it on to nobody, and writes it down nowhere."""
    url = git(server.project.path, "remote", "get-url", "origin")
    server.run("run")
    for words in (("sync", url), ("verify", "--remote", url), ("post", "--remote", url)):
        done = subprocess.run(
            [sys.executable, "-c", _AT_ONCE, *words],
            cwd=server.project.path,
            env=server.environment,
            capture_output=True,
            check=False,
        )
        server.found.look_at(f"output of {words[0]}: {done}", done.stdout + done.stderr)
    server.look_everywhere()
    assert not server.found.places, "\n".join(server.found.places)
