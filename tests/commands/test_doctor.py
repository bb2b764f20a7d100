"""`localci doctor`: each fault is found and told with what to type; nothing is changed."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from support.journals import delivery, write_deliveries
from support.keys import gpg
from support.localci_command import run_localci
from support.project import CHECKS, make_project, policy_for
from support.repositories import git, make_bare, make_repository, write_files, write_hook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.localci_command import Done
    from support.project import Project


@pytest.fixture
def ada(keys: Keys, homes: Homes) -> Key:
    """A key of mine as it should be: with an expiry, which is not near."""
    key = keys["dated"]
    key.add_to(homes.gnupg)
    git(homes.home, "config", "--global", "user.signingkey", key.fingerprint)
    return key


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project with nothing in the way."""
    made = make_project(tmp_path, ada)
    made.install_hook()
    return made


def path_with(directory: Path, *programs: str) -> str:
    """A PATH with these programs and no others."""
    directory.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found is not None
        (directory / program).symlink_to(found)
    return str(directory)


def found(done: Done, level: str, topic: str) -> str:
    """The one finding of that topic, on one line, which has to be of that level."""
    rows: list[str] = []
    for line in done.output.splitlines():
        if line.startswith(" "):
            rows[-1] += f" {line.strip()}"
        else:
            rows.append(line)
    (row,) = [row for row in rows if row[6:16].strip() == topic]
    assert row[:4].strip() == level, done.output
    return row[18:]


def levels(done: Done) -> set[str]:
    return {line[:4].strip() for line in done.output.splitlines() if not line.startswith(" ")}


def test_where_nothing_is_in_the_way_all_is_ok(project: Project, ada: Key) -> None:
    done = project.localci("doctor")

    assert done.code == PASSED, done.output
    assert levels(done) == {"ok"}
    assert found(done, "ok", "git") in git(project.path, "version")
    said = found(done, "ok", "key")
    assert said.startswith(f"{ada.fingerprint}, expires 20")
    assert said.endswith(", no passphrase")
    assert found(done, "ok", "checks") == "localci.toml: tests"
    assert found(done, "ok", "policy") == "it requires tests; you are dated@example.org"


def test_findings_fit_a_terminal_but_for_long_paths(project: Project) -> None:
    lines = project.localci("doctor").output.splitlines()

    assert all(len(line) <= 80 or str(project.path) in line for line in lines)


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("10", 40)])
def test_findings_take_the_terminals_width(columns: str, width: int, project: Project) -> None:
    lines = project.localci("doctor", environment={"COLUMNS": columns}).output.splitlines()

    # A single word that is longer, like a fingerprint or a path, stays whole.
    assert all(len(line) <= width or " " not in line[18:] for line in lines)


def test_on_a_wide_terminal_a_finding_is_one_line(project: Project) -> None:
    lines = project.localci("doctor", environment={"COLUMNS": "500"}).output.splitlines()

    assert not any(line.startswith(" ") for line in lines)


def test_an_editable_install_on_path_is_a_warning_unless_there_is_a_setup(
    project: Project, tmp_path: Path
) -> None:
    prefix = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    path = {"PATH": f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    before = project.localci("doctor", environment=path)
    # As `pip install -e` writes it; test_editable_installs does that with pip itself.
    packages = next(prefix.glob("lib/python*/site-packages"))
    write_files(packages, {"app.pth": f"{project.path}\n"})

    warned = project.localci("doctor", environment=path)
    refused = project.localci("run", environment=path)
    project.commit({"localci.toml": f"{CHECKS}[run]\nsetup = 'true'\nkeep = ['.venv']\n"})
    mended = project.localci("doctor", environment=path)

    said = found(warned, "warn", "editable")
    assert str(prefix) in said
    assert "-> deactivate; or in localci.toml" in said
    assert warned.code == PASSED
    assert refused.code == NO_VERDICT
    assert levels(before) == levels(mended) == {"ok"}


def test_outside_of_a_repository_the_tools_are_examined(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "doctor")

    assert done.code == USAGE
    found(done, "ok", "git")
    assert "git init" in found(done, "fail", "repository")


@pytest.mark.parametrize("missing", ["git", "gpg", "gpgv"])
def test_a_missing_tool_is_found(missing: str, project: Project, tmp_path: Path) -> None:
    programs = {"git", "gpg", "gpgv", "gpg-agent", "gpgconf", "gpg-connect-agent"} - {missing}
    path = path_with(tmp_path / "bin", *programs)

    done = project.localci("doctor", environment={"PATH": path})

    assert done.code == NO_VERDICT, done.output
    assert "install" in found(done, "fail", missing)


@pytest.mark.parametrize(
    ("says", "finding"),
    [("echo gpgv 2.0.22", "gpgv is 2.0.22, older than 2.2"), (":", "does not say its version")],
)
def test_an_old_or_silent_tool_is_found(
    says: str, finding: str, project: Project, tmp_path: Path
) -> None:
    """A stand-in, because no machine has a GnuPG that old."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old/gpgv").write_text(f"#!/bin/sh\n{says}\n", encoding="ascii")
    (tmp_path / "old/gpgv").chmod(0o755)

    done = project.localci(
        "doctor", environment={"PATH": f"{tmp_path / 'old'}{os.pathsep}{os.environ['PATH']}"}
    )

    assert done.code == NO_VERDICT
    assert finding in found(done, "fail", "gpgv")


def test_no_key_is_found(tmp_path: Path, keys: Keys) -> None:
    done = make_project(tmp_path, keys["ada"]).localci("doctor")

    assert done.code == USAGE
    assert "localci key generate" in found(done, "fail", "key")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("expired",), "expired on 2020-12-31"),
        (("revoked",), "is revoked"),
        (("ada", "bob"), "several secret keys fit"),
    ],
)
def test_a_key_that_cannot_sign_is_found(
    names: Sequence[str], said: str, tmp_path: Path, keys: Keys, homes: Homes
) -> None:
    for name in names:
        keys[name].add_to(homes.gnupg)

    done = make_project(tmp_path, keys["ada"]).localci("doctor")

    assert done.code == USAGE
    assert said in found(done, "fail", "key")


def test_a_key_that_expires_soon_is_a_warning(tmp_path: Path, keys: Keys) -> None:
    project = make_project(tmp_path, keys["ada"])
    project.localci("key", "generate", "--no-passphrase", "--expires", "20d")

    done = project.localci("doctor")

    key = git(project.path, "config", "user.signingkey")
    said = found(done, "warn", "key")
    assert f"expires in {'19' if 'in 19' in said else '20'} days" in said
    assert f"gpg --quick-set-expire {key} 1y" in said


def test_a_passphrase_that_nobody_can_be_asked_for_is_a_warning(
    project: Project, homes: Homes
) -> None:
    unlocked = ("--pinentry-mode", "loopback", "--passphrase", "a long s3cret")
    who = ("Ada <x@example.org>", "ed25519", "sign", "1y")
    gpg(homes.gnupg, *unlocked, "--quick-generate-key", *who)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    git(project.path, "config", "user.signingkey", "x@example.org")

    nobody = project.localci("doctor")
    somebody = project.localci("doctor", environment={"GPG_TTY": "/dev/pts/0"})

    assert "export GPG_TTY=$(tty)" in found(nobody, "warn", "key")
    assert "it asks for its passphrase" in found(somebody, "ok", "key")


def test_a_key_without_expiry_is_a_warning(tmp_path: Path, keys: Keys, homes: Homes) -> None:
    keys["bob"].add_to(homes.gnupg)

    done = make_project(tmp_path, keys["bob"]).localci("doctor")

    said = found(done, "warn", "key")
    assert "has no expiry" in said
    assert f"gpg --quick-set-expire {keys['bob'].fingerprint} 1y; localci trust add" in said


def test_a_key_that_sha_1_binds_is_found_and_the_command_mends_it(
    tmp_path: Path, keys: Keys, homes: Homes
) -> None:
    old = ("--pinentry-mode", "loopback", "--passphrase", "", "--cert-digest-algo", "SHA1")
    gpg(homes.gnupg, *old, "--quick-generate-key", "Old <old@example.org>", "rsa2048", "sign", "2y")
    project = make_project(tmp_path, keys["bob"])
    assert project.localci("trust", "add").code == PASSED
    project.commit({})

    before = project.localci("doctor")
    (row,) = [line for line in before.output.splitlines() if "-> gpg --cert-digest-algo" in line]
    words = row.partition("-> gpg ")[2].partition(";")[0].split()
    gpg(homes.gnupg, *words)
    assert project.localci("trust", "add").code == PASSED
    project.commit({})
    after = project.localci("doctor")

    assert "only SHA-1 binds" in found(before, "warn", "key")
    assert "bound by SHA-1 only" in before.output
    assert "SHA-1" not in after.output
    assert found(after, "ok", "key")


def test_a_key_of_the_policy_that_ends_soon_is_a_warning(project: Project, keys: Keys) -> None:
    dated = keys["dated"]
    tomorrow = dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=20)
    project.commit({".localci/policy.toml": policy_for(dated) + f"not_after = {tomorrow}\n"})

    done = project.localci("doctor")

    assert done.code == PASSED, done.output
    assert f"{dated.fingerprint} counts until {tomorrow}" in " ".join(done.output.split())
    assert "localci key rotate" in done.output


def test_an_ssh_key_that_signs_here_is_fine(project: Project, tmp_path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id")], check=True
    )
    git(project.path, "config", "gpg.format", "ssh")
    git(project.path, "config", "user.signingkey", str(tmp_path / "id.pub"))

    unknown = project.localci("doctor")
    assert project.localci("trust", "add").code == PASSED
    project.commit({})
    known = project.localci("doctor")

    assert "an SSH key, by user.signingkey" in found(unknown, "ok", "key")
    assert "localci trust add" in found(unknown, "fail", "policy")
    assert "you are ada@example.org" in found(known, "ok", "policy")


@pytest.mark.parametrize(
    ("named", "said"), [("", "git config user.signingkey"), ("~/.ssh/none.pub", "ssh-keygen -y")]
)
def test_ssh_without_a_usable_key_is_found(named: str, said: str, project: Project) -> None:
    git(project.path, "config", "gpg.format", "ssh")
    git(project.path, "config", "user.signingkey", named)

    done = project.localci("doctor")

    assert done.code == USAGE
    assert said in found(done, "fail", "key")
    assert ".pub.pub" not in done.output


def test_a_gnupg_home_that_is_too_long_is_found(project: Project, tmp_path: Path) -> None:
    long = tmp_path / ("g" * 90)
    long.mkdir(mode=0o700)

    done = project.localci("doctor", environment={"GNUPGHOME": str(long)})

    assert done.code != PASSED
    assert "too long" in found(done, "fail", "key")


def test_no_hook_is_found(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)

    done = project.localci("doctor")

    assert done.code == USAGE
    assert "-> localci install" in found(done, "fail", "hook")


def test_somebody_elses_hook_is_not_ours(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    write_hook(project.path, "pre-push", "exit 0")

    assert "does not call localci" in found(project.localci("doctor"), "fail", "hook")


def test_a_hook_of_a_python_that_is_gone_is_found(project: Project) -> None:
    hook = project.path / ".git/hooks/pre-push"
    text = hook.read_text("utf-8")
    start = text.index("python='") + len("python='")
    broken = text[:start] + "/no/such" + text[text.index("'", start) :]
    hook.write_text(broken, encoding="utf-8")

    assert "/no/such, which is gone" in found(project.localci("doctor"), "fail", "hook")


def test_a_hook_that_is_not_executable_is_found(project: Project) -> None:
    (project.path / ".git/hooks/pre-push").chmod(0o644)

    assert "not executable" in found(project.localci("doctor"), "fail", "hook")


def test_a_legacy_hook_that_nothing_calls_is_found(project: Project) -> None:
    hooks = project.path / ".git/hooks"
    (hooks / "pre-push").rename(hooks / "pre-push.legacy")

    assert "no pre-push to call it" in found(project.localci("doctor"), "fail", "hook")
    write_hook(project.path, "pre-push", "exit 0")
    assert found(project.localci("doctor"), "ok", "hook").endswith("pre-push.legacy")


def test_pre_commit_counts_where_its_hook_is_installed(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    configuration = "repos:\n- repo: https://x/localci\n  rev: v1\n  hooks:\n  - id: localci\n"
    write_files(project.path, {".pre-commit-config.yaml": configuration})

    before = found(project.localci("doctor"), "fail", "hook")
    write_hook(project.path, "pre-push", "exec pre-commit hook-impl")
    after = found(project.localci("doctor"), "ok", "hook")

    assert "pre-commit install --hook-type pre-push" in before
    assert after == ".pre-commit-config.yaml calls localci"


@pytest.mark.usefixtures("ada")
def test_files_that_are_not_committed_yet_are_found(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"Makefile": "test:\n\ttrue\n"})

    before = run_localci(repository, "doctor")
    run_localci(repository, "init", "--yes", "--repository", "example.org/app")
    after = run_localci(repository, "doctor")

    assert "localci init" in found(before, "fail", "checks")
    assert "localci init" in found(before, "fail", "policy")
    assert "git commit" in found(after, "fail", "checks")
    assert "git commit" in found(after, "fail", "policy")


def test_broken_files_are_found_with_their_line(project: Project) -> None:
    project.commit(
        {"localci.toml": "version = 1\n[checks.tests]\nrn = 1\n", ".localci/policy.toml": "x ="}
    )

    done = project.localci("doctor")

    assert done.code == USAGE
    assert "localci.toml:3: unknown key" in found(done, "fail", "checks")
    assert ".localci/policy.toml:1" in found(done, "fail", "policy")


def test_a_policy_without_my_key_is_found(project: Project, keys: Keys) -> None:
    bob = keys["bob"]
    project.commit(
        {".localci/policy.toml": policy_for(bob), ".localci/keys/bob.asc": bob.certificate}
    )

    assert "localci trust add" in found(project.localci("doctor"), "fail", "policy")


def test_where_the_policy_is_protected_a_colleague_is_told_to_ask(
    project: Project, keys: Keys
) -> None:
    bob = keys["bob"]
    rules = f'{policy_for(bob)}[paths.".localci/**"]\nroles = ["developer"]\n'
    project.commit({".localci/policy.toml": rules, ".localci/keys/bob.asc": bob.certificate})

    said = found(project.localci("doctor"), "fail", "policy")

    assert "localci trust request > FILE" in said
    assert "trust add" not in said


def test_a_policy_that_revokes_my_key_is_found(project: Project, ada: Key) -> None:
    revoked = 'revoked = { at = 2026-06-01, reason = "stolen" }\n'
    project.commit({".localci/policy.toml": policy_for(ada) + revoked})

    assert "revokes your key" in found(project.localci("doctor"), "fail", "policy")


@pytest.mark.usefixtures("ada")
def test_a_repository_without_a_commit_is_a_warning(tmp_path: Path) -> None:
    done = run_localci(make_repository(tmp_path / "app"), "doctor")

    assert "git commit" in found(done, "warn", "commit")


def test_a_result_that_waits_is_a_warning_until_it_is_delivered(project: Project) -> None:
    assert project.localci("run", "--sign").code == PASSED
    waiting = project.localci("doctor")
    assert "1 result waits in the outbox" in waiting.output
    assert "-> localci sync" in waiting.output
    assert waiting.code == PASSED

    assert project.localci("sync").code == PASSED

    assert found(project.localci("doctor"), "ok", "notes") == "seen on origin"


@pytest.mark.usefixtures("ada")
def test_no_remote_and_a_shallow_clone_are_warnings(project: Project, tmp_path: Path) -> None:
    project.commit({"more": "x"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project.path}", "shallow")
    git(tmp_path / "shallow", "remote", "remove", "origin")

    done = run_localci(tmp_path / "shallow", "doctor")

    assert "git fetch --unshallow" in found(done, "warn", "history")
    assert "git remote add origin" in found(done, "warn", "remote")


def test_a_bare_repository_and_a_linked_worktree_are_examined_too(
    project: Project, tmp_path: Path
) -> None:
    git(project.path, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))

    linked = run_localci(tmp_path / "linked", "doctor")
    bare = run_localci(make_bare(tmp_path / "r.git"), "doctor")

    assert linked.code == PASSED, linked.output
    assert bare.code == USAGE
    assert bare.errors == ""


def test_nothing_is_signed_or_changed(project: Project) -> None:
    def everything() -> tuple[str, str, str]:
        return (
            git(project.path, "for-each-ref"),
            git(project.path, "status", "--short", "--ignored"),
            git(project.path, "config", "--list"),
        )

    before = everything()
    project.localci("doctor")
    assert everything() == before


def test_the_space_that_workspaces_and_logs_take_is_told(project: Project) -> None:
    before = found(project.localci("doctor"), "ok", "space")
    assert before.startswith("0 workspaces and the logs take ")
    project.localci("run")
    after = found(project.localci("doctor"), "ok", "space")
    assert after.startswith("1 workspace and the logs take ")
    assert "`localci clean --all` removes them" in after


@pytest.mark.parametrize(
    ("waiting", "total", "level"), [(1, 19, None), (1, 20, "warn"), (0, 20, "ok")]
)
def test_deliveries_that_do_not_arrive_are_told_when_there_are_enough(
    project: Project, waiting: int, total: int, level: str | None
) -> None:
    now = time.time()
    records = [delivery(1, now=now, is_delivered=number >= waiting) for number in range(total)]
    write_deliveries(project.path / ".git", [delivery(40, now=now, is_delivered=False), *records])

    done = project.localci("doctor")

    assert done.code == PASSED
    if level is None:
        assert "  deliveries  " not in done.output
    else:
        said = found(done, level, "deliveries")
        assert said.startswith("95.0 %" if waiting else "100.0 %")
        assert ("-> localci stats" in said) is bool(waiting)
