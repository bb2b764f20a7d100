"""`localci run` by real processes: what people see, and what they get for their mistakes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from localci.git.refs import OUTBOX_REF
from support.checks import document_of
from support.isolation import stop_agents
from support.note_trees import read_notes
from support.project import CHECKS, FAILING, Project, make_project
from support.repositories import git, make_bare, make_repository
from support.terminal import run_on_terminal, use_pinentry

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.small_disk import SmallDisk

WINDOWS = {"DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"}
"""What says that a passphrase can be asked for somewhere."""


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    return make_project(tmp_path, ada)


def check(run: str, report: str = "") -> dict[str, str]:
    table = f"version = 1\n[checks.tests]\nrun = '''{run}'''\n"
    return {"localci.toml": f'{table}report = "{report}"\n' if report else table}


def one_line(text: str) -> str:
    """The one line that localci said; more than one is a failure."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("localci: ")
    return lines[0]


def test_a_run_that_passes(project: Project) -> None:
    done = project.localci("run")

    assert done.code == PASSED
    assert "passed" in done.errors
    assert "2 tests" in done.errors
    assert done.output == ""


def test_a_run_that_fails_ends_with_the_failure(project: Project) -> None:
    project.commit({"run-tests": FAILING})

    done = project.localci("run")

    assert done.code == FAILED
    tail = done.errors.splitlines()[-6:]
    assert any("1 of 2 tests failed" in line for line in tail)
    assert "   two: expected 1, got 2" in tail
    assert any(f"localci run {project.head[:12]} --check tests" in line for line in tail)


def test_events_are_printed_a_line_each_and_nothing_else(project: Project) -> None:
    done = project.localci("run", "--json")

    events = [json.loads(line) for line in done.output.splitlines()]
    assert [event["event"] for event in events] == [
        "run-started",
        "check-started",
        "check-finished",
        "run-finished",
    ]
    assert events[-1]["exit_code"] == PASSED
    assert events[-1]["result"]["commit_sha"] == project.head


def test_the_document_is_written(project: Project, tmp_path: Path) -> None:
    done = project.localci("run", "--result", str(tmp_path / "result.json"))

    assert done.output == ""
    document = json.loads((tmp_path / "result.json").read_bytes())
    assert document["commit_sha"] == project.head
    assert document["checks"]["tests"] | {"total": 2, "failed": 0} == document["checks"]["tests"]
    assert document["branch"] == "main"


def test_a_run_can_be_signed_at_once(project: Project) -> None:
    done = project.localci("run", "--sign")

    assert done.code == PASSED
    assert read_notes(project.path, OUTBOX_REF)


def test_a_run_that_failed_is_not_signed(project: Project) -> None:
    project.commit({"run-tests": FAILING})

    assert project.localci("run", "--sign").code == FAILED
    assert read_notes(project.path, OUTBOX_REF) == {}


def test_a_partial_run_is_never_signed(project: Project) -> None:
    done = project.localci("run", "--sign", "--check", "tests")

    assert done.code == USAGE
    assert "partial" in one_line(done.errors)


def test_a_report_that_was_not_written(project: Project) -> None:
    project.commit(check("true", "junit:junit.xml"))

    done = project.localci("run")

    assert done.code == NO_VERDICT
    assert "junit.xml was not written" in done.errors


def test_a_report_that_is_not_well_formed(project: Project) -> None:
    project.commit(check("echo '<testsuite>' > {reports}/junit.xml", "junit:junit.xml"))

    done = project.localci("run")

    assert done.code == NO_VERDICT
    assert "junit.xml" in done.errors


def test_a_command_that_does_not_exist(project: Project) -> None:
    project.commit(check("no-such-tool --version"))

    done = project.localci("run")

    assert done.code == NO_VERDICT
    assert "a tool is missing" in done.errors
    assert "no-such-tool" in done.errors


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("version = 1\n[checks.tests\n", "localci.toml:2: not TOML"),
        ('version = 1\n[checks.tests]\nrun = "true"\ntresh = 1\n', "localci.toml:4: unknown key"),
        ("", "version"),
        ("version = 1\n[checks]\n", "`checks` has no check"),
    ],
)
def test_a_broken_configuration(project: Project, content: str, said: str) -> None:
    project.commit({"localci.toml": content})

    done = project.localci("run")

    assert done.code == USAGE
    assert said in one_line(done.errors)


def test_no_configuration(project: Project) -> None:
    git(project.path, "rm", "--quiet", "localci.toml")
    git(project.path, "commit", "--quiet", "-m", "No checks")

    done = project.localci("run")

    assert done.code == USAGE
    assert "localci init" in one_line(done.errors)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    project = Project(make_repository(tmp_path / "new"), tmp_path)

    for command in ("run", "verify", "attest --result /dev/null", "show"):
        done = project.localci(*command.split())
        assert done.code == USAGE
        assert "no commit yet" in one_line(done.errors)


def test_outside_of_any_repository(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path)

    for command in ("run", "verify", "install", "sync", "show"):
        done = project.localci(command)
        assert done.code == USAGE
        assert "no git repository" in one_line(done.errors)


def test_a_bare_repository(project: Project) -> None:
    bare = Project(project.remote, project.remote)

    done = bare.localci("run", "main")

    assert done.code == PASSED, done


def test_a_shallow_clone(project: Project, tmp_path: Path) -> None:
    project.commit({"code": "1"})
    git(project.path, "push", "--quiet", "--no-verify")
    git(tmp_path, "clone", "--quiet", "--depth=1", project.remote.as_uri(), "shallow")
    shallow = Project(tmp_path / "shallow", project.remote)

    assert shallow.localci("run").code == PASSED


def test_a_revision_that_is_not_there(project: Project) -> None:
    done = project.localci("run", "nowhere")

    assert done.code == USAGE
    assert "nowhere names no commit" in one_line(done.errors)


def test_a_cache_that_cannot_be_written(project: Project, disk: SmallDisk) -> None:
    disk.make_read_only()

    done = project.localci("run", environment={"XDG_CACHE_HOME": str(disk.path / "cache")})

    assert done.code == NO_VERDICT
    assert "Read-only file system" in one_line(done.errors)
    assert "XDG_CACHE_HOME" in done.errors


def test_a_full_disk_under_the_workspace(project: Project, disk: SmallDisk) -> None:
    disk.fill()

    done = project.localci("run", environment={"XDG_CACHE_HOME": str(disk.path)})

    assert done.code == NO_VERDICT
    assert "No space left on device" in one_line(done.errors)


def test_a_full_disk_under_the_state_costs_only_the_kept_result(
    project: Project, disk: SmallDisk
) -> None:
    disk.fill()

    done = project.localci("run", "--json", environment={"XDG_STATE_HOME": str(disk.path)})

    assert done.code == PASSED
    assert "No space left on device" in done.errors
    assert "XDG_STATE_HOME" in done.errors
    assert document_of(done)["commit_sha"] == project.head


@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_key_that_no_verifier_would_take_is_found_before_the_run(
    tmp_path: Path, ada: Key, keys: Keys, homes: Homes, name: str
) -> None:
    key = keys[name]
    key.add_to(homes.gnupg)
    project = make_project(tmp_path, ada)
    git(project.path, "config", "user.signingkey", key.fingerprint)

    done = project.localci("run", "--sign")

    assert done.code == USAGE
    assert name in one_line(done.errors)
    assert "localci key generate" in done.errors


def test_no_key(project: Project) -> None:
    git(project.path, "config", "user.signingkey", "0" * 40)

    done = project.localci("run", "--sign")

    assert done.code == USAGE
    assert "no secret key" in one_line(done.errors)


def test_no_gpg(project: Project, tmp_path: Path) -> None:
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    for tool in ("git", "sh"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True)
        (bin_directory / tool).symlink_to(found.stdout.strip())

    done = project.localci("run", "--sign", environment={"PATH": str(bin_directory)})

    assert done.code == NO_VERDICT
    assert "gpg is not installed" in one_line(done.errors)


def test_a_passphrase_that_nobody_can_be_asked_for_is_found_before_the_run(
    project: Project, homes: Homes
) -> None:
    use_pinentry(homes.gnupg, "correct horse")
    stop_agents(homes.gnupg)  # which has read its settings already
    git(project.path, "config", "--global", "--unset", "user.signingkey")
    assert run_on_terminal(project.path, "key", "generate", "--email", "new@example.org").code == 0
    stop_agents(homes.gnupg)  # which would have it cached

    done = subprocess.run(
        [sys.executable, "-m", "localci", "run", "--sign"],
        cwd=project.path,
        env={name: value for name, value in os.environ.items() if name not in WINDOWS},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal
    )

    assert done.returncode == NO_VERDICT
    assert "asks for a passphrase, and there is no terminal" in one_line(done.stderr)


def test_gpg_is_told_the_terminal_of_whoever_pushes(project: Project, tmp_path: Path) -> None:
    """Also where standard input is git's, as in a hook: it is the controlling terminal."""
    told = tmp_path / "told"
    gpg = tmp_path / "gpg"
    gpg.write_text(f'#!/bin/sh\necho "$GPG_TTY" >> "{told}"\nexec gpg "$@"\n')
    gpg.chmod(0o755)
    git(project.path, "config", "gpg.program", str(gpg))
    keyboard, terminal = pty.openpty()
    # setsid gives the terminal on its standard input to the session; the shell then takes it away.
    line = f"exec {sys.executable} -m localci run --sign < /dev/null > /dev/null 2>&1"

    done = subprocess.run(
        ["setsid", "--ctty", "--wait", "sh", "-c", line],
        cwd=project.path,
        stdin=terminal,
        check=False,
    )
    name = os.ttyname(terminal)
    os.close(keyboard)
    os.close(terminal)

    assert done.returncode == PASSED
    assert name in told.read_text().splitlines()


def test_signing_that_fails_loses_nothing(project: Project, tmp_path: Path) -> None:
    """The result is kept, and the next push only has to sign it."""
    broken = tmp_path / "gpg"
    broken.write_text(
        '#!/bin/sh\ncase "$*" in *--detach-sign*) echo "gpg: no pinentry" >&2; exit 2;; esac\n'
        'exec gpg "$@"\n'
    )
    broken.chmod(0o755)
    project.install_hook()
    project.commit({"code": "1"})
    git(project.path, "config", "gpg.program", str(broken))
    told = f"refs/heads/main {project.head} refs/heads/main {'0' * 40}\n"

    first = project.localci("pre-push", "origin", "url", data=told)
    git(project.path, "config", "--unset", "gpg.program")
    second = project.localci("pre-push", "origin", "url", data=told)

    assert first.code == NO_VERDICT
    assert "no pinentry" in first.errors
    assert second.code == PASSED
    assert "only signing is left" in second.errors


def test_one_run_waits_for_the_other(project: Project) -> None:
    """Two at once in one repository: both get a right answer."""
    project.commit({"localci.toml": CHECKS.replace('"sh', '"sleep 0.3; sh')})
    command = [sys.executable, "-m", "localci", "run"]
    both = [
        subprocess.Popen(command, cwd=project.path, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    ends = [(process.communicate()[1], process.returncode) for process in both]

    assert [code for _, code in ends] == [PASSED, PASSED], ends


def test_an_empty_clone_of_nothing(tmp_path: Path) -> None:
    make_bare(tmp_path / "empty.git")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "empty.git"), "clone")

    done = Project(tmp_path / "clone", tmp_path).localci("run")

    assert done.code == USAGE
    assert "no commit yet" in one_line(done.errors)


def test_what_does_not_apply_is_said_and_nothing_is_no_pass(tmp_path: Path, ada: Key) -> None:
    checks = 'version = 1\n[checks.images]\nrun = "false"\nwhen.branches = ["release"]\n'
    project = make_project(tmp_path, ada, files={"localci.toml": checks})

    done = project.localci("run")

    assert done.code == PASSED
    assert "images" in done.errors
    assert "left out: applies to branch" in done.errors
    assert "no check applies" in done.errors
    assert "passed" not in done.errors
    assert project.localci("run", "--to", "origin", "release").code == FAILED


def test_a_check_that_was_tried_again_says_so(tmp_path: Path, ada: Key) -> None:
    flaky = "test -e $TMPDIR/x || { touch $TMPDIR/x; exit 1; }"
    checks = f"version = 1\n[checks.flaky]\nrun = '''{flaky}'''\nretries = 1\n"
    project = make_project(tmp_path, ada, files={"localci.toml": checks})

    done = project.localci("run")

    assert "(2 attempts)" in done.errors
    assert done.code == PASSED


def test_a_remote_that_is_none_is_not_believed(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)

    done = project.localci("run", "--to", "orgin", "main")

    assert done.code == USAGE
    assert "did you mean `origin`?" in done.errors
    assert project.localci("run", "--to", str(project.remote), "main").code == PASSED
