"""`localci attest`, and the key of `CI_SIGNING_KEY`, which nothing and nobody else gets to see."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from localci.git.command import user_environment
from localci.git.notes import notes_on
from localci.git.objects import ObjectReader
from localci.git.refs import OUTBOX_REF
from support.keys import gpg, short_home
from support.note_trees import read_notes
from support.project import CHECKS, Project, make_project
from support.repositories import git

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Key, Keys

MEMORY = Path("/dev/shm")


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    return make_project(tmp_path, ada)


def short_document(project: Project, **checks: object) -> str:
    """The user's own short form of the document."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "commit_sha": project.head,
            "branch": "main",
            "runner": "elsewhere",
            "checks": checks or {"tests": {"passed": True, "total": 3, "failed": 0, "skipped": 0}},
        }
    )


def payload_in_the_outbox(project: Project) -> bytes:
    with ObjectReader(str(project.path), user_environment()) as objects:
        note = b"".join(notes_on(objects, OUTBOX_REF, project.head).bodies)
    return base64.b64decode(json.loads(note)["payload"])


def homes_in_memory() -> set[str]:
    return {path.name for path in MEMORY.glob("localci-*")}


def test_a_run_here_can_be_signed_there(project: Project) -> None:
    document = project.localci("run", "--json").output

    done = project.localci("attest", "--result", "-", data=document)

    assert done.code == PASSED, done
    assert project.localci("verify").code == PASSED


def test_the_short_form_is_completed(project: Project) -> None:
    project.commit({".localci/policy.toml": _policy_of_head(project)})

    done = project.localci("attest", "--result", "-", data=short_document(project))

    assert done.code == PASSED, done
    verdict = project.localci("verify", "--trust-ref", "HEAD")
    assert verdict.code == PASSED, verdict
    assert "3 tests, 0 failed" in verdict.output


def test_a_failed_result_is_signed_and_says_so(project: Project) -> None:
    failed = {"passed": False, "total": 3, "failed": 1, "skipped": 0}

    done = project.localci("attest", "--result", "-", data=short_document(project, tests=failed))

    assert done.code == FAILED
    assert "FAILED" in done.output
    assert project.localci("verify").code == FAILED


def test_messages_and_snippets_of_issues_are_left_out(project: Project) -> None:
    issue = {"rule": "hard-coded", "file": "a.py", "line": 3, "snippet": "password = 'hunter2'"}
    project.commit({"localci.toml": CHECKS.replace("checks.tests", "checks.lint")})
    lint = {"passed": False, "issues": [issue]}

    done = project.localci("attest", "--result", "-", data=short_document(project, lint=lint))

    assert done.code == FAILED, done
    assert b"hard-coded" in payload_in_the_outbox(project)
    assert b"hunter2" not in payload_in_the_outbox(project)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"commit_sha": "0" * 40}, "is about commit 000"),
        ({"version": "2.0"}, "version: "),
        ({"checks": {"tests": {"passed": "yes"}}}, "checks.tests.passed"),
        ({"checks": {"other": {"passed": True}}}, "partial, it lacks tests"),
        ({"timestamp": "yesterday"}, "'yesterday' does not match"),
    ],
)
def test_a_document_that_cannot_be_signed(
    project: Project, change: dict[str, object], said: str
) -> None:
    document = json.dumps({**json.loads(short_document(project)), **change})

    done = project.localci("attest", "--result", "-", data=document)

    assert done.code == USAGE
    assert said in done.errors
    assert len(done.errors.splitlines()) == 1
    assert read_notes(project.path, OUTBOX_REF) == {}


def test_a_file_that_is_not_there(project: Project) -> None:
    done = project.localci("attest", "--result", "nowhere.json")

    assert done.code == USAGE
    assert "nowhere.json cannot be read" in done.errors


def test_the_key_of_the_environment_signs_and_leaves_nothing_behind(
    tmp_path: Path, keys: Keys, homes: Homes
) -> None:
    key = keys["bob"]
    project = make_project(tmp_path, key)
    before = homes_in_memory()
    document = project.localci("run", "--json").output

    done = project.localci(
        "attest", "--result", "-", environment={"CI_SIGNING_KEY": key.secret}, data=document
    )

    assert done.code == PASSED, done
    assert project.localci("verify").code == PASSED
    assert homes_in_memory() <= before
    assert not list((homes.gnupg).glob("private-keys-v1.d/*"))
    assert _body_of(key) not in done.output + done.errors


def test_a_key_with_a_passphrase(tmp_path: Path, keys: Keys) -> None:
    key = keys["bob"]
    project = make_project(tmp_path, key)
    document = project.localci("run", "--json").output
    secret = _with_passphrase(key, "correct horse")

    def attest(passphrase: str) -> int:
        environment = {"CI_SIGNING_KEY": secret, "CI_SIGNING_PASSPHRASE": passphrase}
        done = project.localci("attest", "--result", "-", environment=environment, data=document)
        assert "correct horse" not in done.output + done.errors
        return done.code

    assert attest("wrong") == NO_VERDICT
    assert attest("correct horse") == PASSED
    assert project.localci("verify").code == PASSED


@pytest.mark.parametrize("secret", ["nonsense", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n"])
def test_a_key_that_is_none(project: Project, secret: str) -> None:
    document = project.localci("run", "--json").output

    done = project.localci(
        "attest", "--result", "-", environment={"CI_SIGNING_KEY": secret}, data=document
    )

    assert done.code == USAGE
    assert len(done.errors.splitlines()) == 1


def test_checks_never_see_the_key_and_cannot_read_who_holds_it(tmp_path: Path, keys: Keys) -> None:
    """A check looks for the key in its environment and in those of all its ancestors."""
    key = keys["bob"]
    spy = (
        "env > $HOME/own; p=$$; while [ $p -gt 1 ]; do "
        "tr '\\0' '\\n' < /proc/$p/environ >> $HOME/theirs 2>/dev/null; "
        "p=$(sed -n 's/^PPid:\\t//p' /proc/$p/status); done; true"
    )
    # Held apart it sees no other process at all; here it is to see them.
    checks = f"version = 1\n[run]\nisolation = 'none'\n[checks.tests]\nrun = '''{spy}'''\n"
    project = make_project(tmp_path, key, files={"localci.toml": checks})
    home = Path(os.environ["HOME"])

    done = project.localci("run", "--sign", environment={"CI_SIGNING_KEY": key.secret})

    assert done.code == PASSED, done
    assert read_notes(project.path, OUTBOX_REF) != {}
    assert "PATH=" in (home / "own").read_text()
    # As root everything under /proc can be read, so what is shown is that nothing is there to read:
    # localci started itself anew, and only this test's own process never had the key either.
    assert _body_of(key) not in (home / "theirs").read_text()


def test_the_hook_signs_with_the_key_of_the_environment(tmp_path: Path, keys: Keys) -> None:
    key = keys["bob"]
    project = make_project(tmp_path, key)
    project.install_hook()
    project.commit({"code": "1"})
    environment = {**os.environ, "CI_SIGNING_KEY": key.secret}

    git(project.path, "push", "--quiet", environment=environment)
    git(project.path, "push", "--quiet", "origin", "HEAD:refs/heads/x", environment=environment)

    assert project.localci("verify", "--remote", "origin").code == PASSED


def test_the_home_in_memory_goes_however_its_owner_dies() -> None:
    script = (
        "import os, signal, sys\n"
        "from localci.gpg.memory_home import memory_home\n"
        "with memory_home() as home:\n"
        "    print(home, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    home = Path(done.stdout.strip())

    deadline = time.monotonic() + 10
    while home.exists() and time.monotonic() < deadline:
        os.sched_yield()

    assert home.parent.is_dir()
    assert not home.exists()


def _policy_of_head(project: Project) -> str:
    policy = (project.path / ".localci/policy.toml").read_text()
    return policy.replace("max_age", 'checks_from = "head"\nmax_age')


def _body_of(key: Key) -> str:
    """A line from the middle of the armored secret key."""
    return key.secret.splitlines()[4]


def _with_passphrase(key: Key, passphrase: str) -> str:
    """The secret key, protected; made in a home of its own by gpg."""
    with short_home() as home:
        gpg(home, "--import", data=key.secret.encode())
        loopback = ("--pinentry-mode", "loopback", "--passphrase", passphrase)
        exported = gpg(home, *loopback, "--armor", "--export-secret-keys", key.fingerprint)
        protected = gpg(home, "--list-packets", data=exported)
        if b"iter+salt S2K" in protected:
            return exported.decode()
        # This gpg exports an unprotected key as it is: protect it first.
        change = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback"]
        subprocess.run(
            [*change, "--command-fd", "0", "--change-passphrase", key.fingerprint],
            input=f"{passphrase}\n{passphrase}\n".encode(),
            check=True,
            capture_output=True,
        )
        return gpg(home, *loopback, "--armor", "--export-secret-keys", key.fingerprint).decode()
