"""What a hostile and a clumsy reader of this program found, each by the whole path."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from localci.git.refs import NOTES_REF, OUTBOX_REF
from localci.prover.attest.pending import kept_result
from support.note_trees import read_notes
from support.project import FAILING, Project, make_project
from support.repositories import git, make_bare, ref, try_git

if TYPE_CHECKING:
    from support.keys import Key, Keys


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    made = make_project(tmp_path, ada)
    made.install_hook()
    return made


def checks(run: str) -> dict[str, str]:
    return {"localci.toml": f"version = 1\n[checks.tests]\nrun = '''{run}'''\n"}


def told(project: Project, revision: str = "HEAD") -> str:
    local = git(project.path, "rev-parse", revision)
    return f"refs/heads/x {local} refs/heads/x {'0' * len(local)}\n"


def test_a_tag_named_like_a_commit_is_not_that_commit(project: Project) -> None:
    good = project.commit({"code": "1"})
    git(project.path, "push", "--quiet")
    bad = project.commit({"run-tests": FAILING})
    git(project.path, "update-ref", f"refs/tags/{bad}", good)
    git(project.path, "update-ref", f"refs/tags/{good}", bad)

    assert project.localci("verify", good).code == PASSED
    assert json.loads(project.localci("verify", bad, "--json").output)["commit"] == bad
    trusted = project.localci("verify", bad, "--trust-ref", good, "--json").output
    assert json.loads(trusted)["trust"]["commit"] == good


def test_a_tag_named_like_a_whole_ref_takes_nothing_from_it(project: Project) -> None:
    good = project.commit({"code": "1"})
    git(project.path, "push", "--quiet")
    bad = project.commit({"run-tests": FAILING})
    git(project.path, "update-ref", "refs/tags/HEAD", good)
    git(project.path, "update-ref", "refs/tags/refs/remotes/origin/main", bad)

    found = json.loads(project.localci("verify", "--json").output)

    assert (found["commit"], found["trust"]["commit"]) == (bad, good)


def test_a_branch_called_head_does_not_become_the_trusted_one(project: Project) -> None:
    git(project.path, "remote", "set-head", "origin", "--delete")
    git(project.path, "update-ref", "refs/remotes/origin/HEAD", project.head)

    done = project.localci("verify")

    assert done.code == USAGE
    assert "git remote set-head origin --auto" in done.errors


def test_a_bare_repository_inside_the_work_tree_is_not_judged(project: Project) -> None:
    make_bare(project.path / "sub")

    done = Project(project.path / "sub", project.remote).localci("verify", "--trust-ref", "HEAD")

    assert done.code == USAGE
    assert "inside of the work tree" in done.errors


def test_a_tree_bomb_under_the_notes_ends_at_once(project: Project) -> None:
    """One subtree a hundred times over, three levels deep, is a million."""
    tree = git(project.path, "mktree", data="")
    for level in (project.head[4:6], project.head[2:4], project.head[:2]):
        tree = _duplicate_tree(project.path, level, tree)
    commit = git(project.path, "commit-tree", tree, "-m", "bomb")
    git(project.path, "update-ref", NOTES_REF, commit)

    started = time.monotonic()
    done = project.localci("verify")

    assert done.code == NO_VERDICT
    assert "a tree object is damaged" in done.output
    assert time.monotonic() - started < 20


def _duplicate_tree(repository: Path, name: str, inner: str) -> str:
    row = b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner)
    made = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        cwd=repository,
        input=row * 100,
        capture_output=True,
        check=True,
    )
    return made.stdout.decode().strip()


def test_a_replaced_commit_is_not_signed_as_what_it_is_not(project: Project) -> None:
    good = project.head
    bad = project.commit({"run-tests": FAILING})
    git(project.path, "replace", good, bad)

    assert project.localci("pre-push", "origin", "url", data=told(project, good)).code == PASSED
    git(project.path, "replace", "-d", good)

    assert project.localci("pre-push", "origin", "url", data=told(project, bad)).code != PASSED


def test_a_run_that_was_killed_lets_no_push_through(tmp_path: Path, keys: Keys) -> None:
    """What the system does for want of memory, to the process that runs the checks."""
    key = keys["bob"]
    # Held apart, its parent is the first process there, which nobody in there can kill.
    alone = "[run]\nisolation = 'none'\n"
    files = {name: text + alone for name, text in checks("kill -9 $PPID; sleep 9").items()}
    project = make_project(tmp_path, key, files=files)
    environment = {"CI_SIGNING_KEY": key.secret}

    done = project.localci("pre-push", "origin", "url", environment=environment, data=told(project))

    assert done.code == NO_VERDICT
    assert ref(project.remote, NOTES_REF) == ""


def test_what_a_killed_run_left_behind_is_ended_before_the_next(
    project: Project, tmp_path: Path
) -> None:
    """A stray of the first commit must not colour the second one's run."""
    started = tmp_path / "started"
    first = project.commit(checks(f"echo > {started}; sleep 30; touch built.flag"))
    running = subprocess.Popen(
        [sys.executable, "-m", "localci", "run", first],
        cwd=project.path,
        stderr=subprocess.DEVNULL,
    )
    while not started.exists() and running.poll() is None:
        os.sched_yield()
    running.send_signal(signal.SIGKILL)
    running.wait()
    project.commit(checks("test ! -e built.flag"))

    began = time.monotonic()
    done = project.localci("run")

    assert done.code == PASSED, done
    assert time.monotonic() - began < 20  # the stray sleeps for 30
    assert not any(b"touch built.flag" in line for line in _command_lines())


def test_runs_beside_one_that_is_killed_all_get_their_turn(
    project: Project, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    slow = project.commit(checks(f"echo > {started}; sleep 30"))
    quick = project.commit(checks("true"))
    command = [sys.executable, "-m", "localci", "run"]
    first = subprocess.Popen([*command, slow], cwd=project.path, stderr=subprocess.DEVNULL)
    while not started.exists() and first.poll() is None:
        os.sched_yield()
    beside = [
        subprocess.Popen([*command, quick], cwd=project.path, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    first.send_signal(signal.SIGKILL)
    first.wait()

    assert [process.communicate()[1] and process.returncode for process in beside] == [PASSED] * 3


def test_a_mirror_gets_the_notes_of_what_is_pushed_to_it_and_no_others(
    project: Project, tmp_path: Path
) -> None:
    mirror = make_bare(tmp_path / "mirror.git")
    git(project.path, "remote", "add", "mirror", str(mirror))
    git(project.path, "switch", "--quiet", "-c", "secret")
    secret = project.commit({"code": "secret"})
    assert project.localci("run", "--sign").code == PASSED
    git(project.path, "switch", "--quiet", "main")
    public = project.commit({"code": "public"})

    git(project.path, "push", "--quiet", "mirror", "main")

    assert try_git(mirror, "notes", f"--ref={NOTES_REF}", "show", public).returncode == 0
    assert secret not in git(mirror, "ls-tree", "-r", "--name-only", NOTES_REF).replace("/", "")
    assert read_notes(project.path, OUTBOX_REF) != {}
    assert project.localci("sync").code == PASSED
    assert try_git(project.remote, "notes", f"--ref={NOTES_REF}", "show", secret).returncode == 0


def test_a_mirror_remote_takes_the_note_though_it_takes_no_refspecs(
    project: Project, tmp_path: Path
) -> None:
    backup = make_bare(tmp_path / "backup.git")
    git(project.path, "remote", "add", "--mirror=push", "backup", str(backup))
    head = project.commit({"code": "1"})

    pushed = try_git(project.path, "push", "backup")

    assert pushed.returncode == 0, pushed.stderr
    assert try_git(backup, "notes", f"--ref={NOTES_REF}", "show", head).returncode == 0


def test_a_remote_that_lost_its_notes_gets_them_again(project: Project) -> None:
    head = project.commit({"code": "1"})
    git(project.path, "push", "--quiet")
    git(project.remote, "update-ref", "-d", NOTES_REF)

    assert "notes lost there since: 2" in project.localci("sync").output
    git(project.path, "push", "--quiet", "origin", "main:refs/heads/again")

    assert try_git(project.remote, "notes", f"--ref={NOTES_REF}", "show", head).returncode == 0


def test_a_kept_result_of_other_checks_is_not_signed(project: Project) -> None:
    assert project.localci("run").code == PASSED
    common = str(project.path / ".git")
    tree = git(project.path, "rev-parse", "HEAD^{tree}")
    kept = kept_result(common, project.head, tree)
    assert kept is not None
    state = next(Path(os.environ["XDG_STATE_HOME"]).rglob("results/*.json"))
    state.write_bytes(state.read_bytes().replace(b'"definition":"1:', b'"definition":"1:0')[:-1])

    done = project.localci("pre-push", "origin", "url", data=told(project))

    assert done.code == PASSED
    assert "only signing is left" not in done.errors


@pytest.mark.parametrize("rule", ['reuse = "never"', 'binding = "commit"'])
def test_where_the_policy_counts_no_reuse_an_amended_commit_runs_again(
    project: Project, rule: str
) -> None:
    policy = (project.path / ".localci/policy.toml").read_text()
    project.commit({".localci/policy.toml": policy.replace("max_age", f"{rule}\nmax_age")})
    git(project.path, "push", "--quiet")
    git(project.path, "commit", "--quiet", "--amend", "--no-verify", "-m", "Better words")

    pushed = try_git(project.path, "push", "--force")

    assert pushed.returncode == 0, pushed.stderr
    assert "checking" in pushed.stderr
    assert project.localci("verify", "--trust-ref", "HEAD").code == PASSED


def test_a_branch_whose_name_is_not_utf8_can_be_pushed(project: Project) -> None:
    name = b"refs/heads/caf\xe9".decode("utf-8", "surrogateescape")
    git(project.path, "update-ref", name, project.commit({"code": "1"}))
    environment = {**os.environ, "LC_ALL": "en_US.UTF-8", "PYTHONIOENCODING": "utf-8:strict"}

    pushed = try_git(project.path, "push", "origin", name, environment=environment)

    assert pushed.returncode == 0, pushed.stderr


def test_a_local_name_may_hold_blanks(project: Project) -> None:
    project.commit({"code": "1"})

    pushed = try_git(project.path, "push", "origin", "HEAD@{1 second ago}:refs/heads/x")

    assert pushed.returncode == 0, pushed.stderr


def test_a_bare_repository_with_a_work_tree_elsewhere(tmp_path: Path, ada: Key) -> None:
    """As people keep their dotfiles."""
    project = make_project(tmp_path, ada)
    dot = tmp_path / "dot"
    git(tmp_path, "clone", "--quiet", "--bare", str(project.remote), str(dot))
    place = ("--git-dir", str(dot), "--work-tree", str(project.path))
    git(tmp_path, *place, "remote", "set-url", "origin", str(project.remote))
    environment = {**os.environ, "GIT_DIR": str(dot), "GIT_WORK_TREE": str(project.path)}
    (project.path / ".git").rename(tmp_path / "away")

    done = project.localci(
        "pre-push", "origin", str(project.remote), environment=environment,
        data=f"main {git(dot, 'rev-parse', 'main')} refs/heads/y {'0' * 40}\n",
    )  # fmt: skip

    assert done.code == PASSED, done
    assert ref(project.remote, NOTES_REF) != ""


def test_the_key_is_out_of_reach_before_anything_is_read(project: Project, keys: Keys) -> None:
    """`attest` waits for its document with the pipe of the key emptied already."""
    waiting = subprocess.Popen(
        [sys.executable, "-m", "localci", "attest", "--result", "-"],
        cwd=project.path,
        env={**os.environ, "CI_SIGNING_KEY": keys["bob"].secret},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    proc = Path("/proc", str(waiting.pid))
    try:
        # It has started itself anew, and waits on its standard input.
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not _waits_on_input(proc):
            os.sched_yield()
        if os.geteuid() == 0:  # nobody else may look at all
            assert b"PRIVATE KEY" not in (proc / "environ").read_bytes()
            targets = [str(link.readlink()) for link in (proc / "fd").iterdir()]
            assert sum(target.startswith("pipe:") for target in targets) == 2  # stdin, stderr
        else:
            with pytest.raises(PermissionError):
                (proc / "environ").read_bytes()
    finally:
        waiting.communicate(b"")


def _waits_on_input(proc: Path) -> bool:
    try:
        anew = b"CI_SIGNING_KEY=" not in (proc / "environ").read_bytes()
        return anew and "pipe_read" in (proc / "wchan").read_text()
    except PermissionError:
        return True


def _command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return found
