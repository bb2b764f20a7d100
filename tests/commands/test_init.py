"""`localci init`: from a plain repository to a verified push, and nothing without consent."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.config.policy import POLICY_FILE
from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from support.keys import gpg
from support.localci_command import run_localci
from support.project import make_project
from support.repositories import commit, git, make_bare, make_repository, write_files, write_hook
from support.terminal import run_beside_terminal, run_on_terminal, use_pinentry

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.small_disk import SmallDisk
    from support.ssh_keys import SshKeys, SshPair

MAKEFILE = "test:\n\ttest -f good\n"
QUICK = ("init", "--yes", "--no-passphrase")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project with tests and a remote, and nothing of localci."""
    return make_app(tmp_path, {"Makefile": MAKEFILE, "good": ""})


def make_app(directory: Path, files: dict[str, str]) -> Path:
    remote = make_bare(directory / "srv" / "app.git")
    path = make_repository(directory / "app é", files)
    git(path, "remote", "add", "origin", str(remote))
    return path


def state(repository: Path) -> dict[str, bytes]:
    """Everything that is in the working directory, the settings and the hooks."""
    places = [path for path in repository.rglob("*") if path.is_file()]
    outside = {"objects", "index", "logs"}
    return {str(path): path.read_bytes() for path in places if not outside.intersection(path.parts)}


def test_from_nothing_to_a_verified_push(repository: Path) -> None:
    done = run_localci(repository, *QUICK)
    assert done.code == PASSED, done.errors
    for command in ("git add localci.toml .localci", "git commit", "git push", "localci verify"):
        assert command in done.output

    commit(repository, {}, "Check with localci")
    git(repository, "push", "--quiet", "-u", "origin", "main")
    assert "git remote set-head origin --auto" in done.output
    git(repository, "remote", "set-head", "origin", "--auto")
    verified = run_localci(repository, "verify", "--remote", "origin")

    assert verified.code == PASSED, verified.output
    assert "ada@example.org" in verified.output


def test_a_failing_check_then_stops_the_push(repository: Path) -> None:
    run_localci(repository, *QUICK)
    (repository / "good").unlink()
    commit(repository, {}, "Break")

    with pytest.raises(AssertionError, match="failed to push"):
        git(repository, "push", "--quiet", "origin", "main")


def test_the_plan_is_shown_and_nothing_is_done_without_consent(
    repository: Path, homes: Homes
) -> None:
    before = state(repository)

    done = run_localci(repository, "init")

    assert done.code == USAGE
    assert "localci init --yes" in done.errors
    assert done.errors.count("\n") == 1
    for part in (
        "make an Ed25519 signing key for Ada Lovelace <ada@example.org>",
        "gpg asks for its passphrase",
        "set user.signingkey to that key",
        "`git commit -S`",
        'run = "make test"',
        "[require.tests]",
        '[paths.".localci/**"]',
        "a maintainer",
        f'repository = "{repository.parent}/srv/app"',
        "pre-push hook",
    ):
        assert part in done.output
    assert state(repository) == before
    assert gpg(homes.gnupg, "--list-keys") == b""


def test_the_plan_fits_a_terminal(repository: Path) -> None:
    git(repository, "remote", "set-url", "origin", "git@github.com:acme/app.git")

    done = run_localci(repository, "init")

    assert 'repository = "github.com/acme/app"' in done.output
    assert max(map(len, done.output.splitlines())) <= 80


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04", "nay\n"])
def test_who_declines_on_the_terminal_has_changed_nothing(typed: str, repository: Path) -> None:
    before = state(repository)

    done = run_on_terminal(repository, "init", typed=typed)

    assert done.code == PASSED
    assert "Proceed? [y/N]" in done.output
    assert "nothing was changed" in done.output
    assert state(repository) == before


def test_who_consents_is_asked_for_a_passphrase_by_pinentry(repository: Path, homes: Homes) -> None:
    use_pinentry(homes.gnupg, "a long s3cret")

    done = run_on_terminal(repository, "init", typed="y\n")

    assert done.code == PASSED, done.errors
    assert git(repository, "config", "--local", "user.signingkey") in done.output
    assert (repository / POLICY_FILE).is_file()


def test_a_cancelled_pinentry_changes_nothing(repository: Path, homes: Homes) -> None:
    use_pinentry(homes.gnupg, None)
    before = state(repository)

    done = run_on_terminal(repository, "init", "--yes")

    assert done.code == NO_VERDICT
    assert state(repository) == before


def test_without_a_terminal_a_key_is_made_only_without_passphrase(repository: Path) -> None:
    before = state(repository)

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert "--no-passphrase" in done.errors
    assert state(repository) == before


def test_twice_changes_nothing(repository: Path, homes: Homes) -> None:
    run_localci(repository, *QUICK)
    before = state(repository), gpg(homes.gnupg, "--list-keys")

    done = run_localci(repository, *QUICK)

    assert done.code == PASSED
    assert "nothing to do" in done.output
    assert (state(repository), gpg(homes.gnupg, "--list-keys")) == before


def test_a_key_that_is_there_is_used(repository: Path, ada: Key, homes: Homes) -> None:
    done = run_localci(repository, "init", "--yes")

    assert done.code == PASSED, done.errors
    assert f"use your signing key {ada.fingerprint}" in done.output
    assert ada.fingerprint in (repository / POLICY_FILE).read_text("utf-8")
    assert gpg(homes.gnupg, "--with-colons", "--list-keys").count(b"\npub:") == 1


def test_the_only_secret_key_is_used_without_being_named(
    repository: Path, keys: Keys, homes: Homes
) -> None:
    keys["bob"].add_to(homes.gnupg)

    assert run_localci(repository, "init", "--yes").code == PASSED

    assert "bob@example.org" in (repository / POLICY_FILE).read_text("utf-8")


@pytest.mark.parametrize(
    ("names", "said"),
    [(("ada", "bob"), "several secret keys fit"), (("expired",), "expired on 2020-12-31")],
)
def test_a_key_that_cannot_be_used_is_told_before_anything_is_done(
    names: tuple[str, ...], said: str, repository: Path, keys: Keys, homes: Homes
) -> None:
    for name in names:
        keys[name].add_to(homes.gnupg)
    before = state(repository)

    done = run_localci(repository, *QUICK)

    assert done.code == USAGE
    assert said in done.errors
    assert done.errors.count("\n") == 1
    assert state(repository) == before


@pytest.mark.usefixtures("ada")
def test_files_that_are_there_are_kept(repository: Path) -> None:
    own = 'version = 1\n[checks.mine]\nrun = "true"\n'
    write_files(repository, {"localci.toml": own})

    done = run_localci(repository, "init", "--yes")

    assert done.code == PASSED, done.errors
    assert "kept: localci.toml" in done.output
    assert (repository / "localci.toml").read_text("utf-8") == own
    assert "[require.mine]" in (repository / POLICY_FILE).read_text("utf-8")


@pytest.mark.usefixtures("ada", "homes")
def test_in_a_project_that_has_all_a_newcomer_gets_key_and_hook(tmp_path: Path, keys: Keys) -> None:
    project = make_project(tmp_path, keys["bob"])
    before = git(project.path, "status", "--short")

    done = project.localci("init", "--yes")

    assert done.code == PASSED, done.errors
    assert f"kept: {POLICY_FILE}" in done.output
    assert "does not name your key yet: `localci trust add`" in done.output
    assert "git add" not in done.output
    assert git(project.path, "status", "--short") == before
    assert (project.path / ".git/hooks/pre-push").exists()


@pytest.mark.usefixtures("ada")
def test_a_hook_that_is_there_runs_first(repository: Path) -> None:
    write_hook(repository, "pre-push", "echo mine >> ran")

    done = run_localci(repository, "init", "--yes")

    assert done.code == PASSED, done.errors
    commit(repository, {}, "Check")
    git(repository, "push", "--quiet", "origin", "main")
    assert (repository / "ran").read_text("utf-8") == "mine\n"


@pytest.mark.usefixtures("ada")
def test_where_pre_commit_calls_localci_no_native_hook_is_installed(repository: Path) -> None:
    configuration = "repos:\n- repo: https://x/localci\n  rev: v1\n  hooks:\n  - id: localci\n"
    write_files(repository, {".pre-commit-config.yaml": configuration})

    done = run_localci(repository, "init", "--yes")

    assert done.code == PASSED, done.errors
    assert "kept: the hook, .pre-commit-config.yaml" in done.output
    assert not (repository / ".git/hooks/pre-push").exists()


@pytest.mark.usefixtures("ada")
def test_a_hook_that_cannot_be_installed_does_not_undo_the_rest(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "config", "core.hooksPath", str(tmp_path / "elsewhere"))

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert "core.hooksPath" in done.errors
    assert "localci verify" in done.output
    assert (repository / POLICY_FILE).is_file()


@pytest.mark.usefixtures("ada")
def test_without_a_remote_the_repository_has_to_be_named(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"Makefile": MAKEFILE})
    before = state(repository)

    unnamed = run_localci(repository, "init", "--yes")
    assert unnamed.code == USAGE
    assert "or `localci init --repository github.com/you/app`" in unnamed.errors
    assert state(repository) == before

    named = run_localci(repository, "init", "--yes", "--repository", "https://GitHub.com/a/b.git")
    assert named.code == PASSED, named.errors
    assert 'repository = "github.com/a/b"' in (repository / POLICY_FILE).read_text("utf-8")


@pytest.mark.usefixtures("ada")
def test_another_name_than_the_policys_is_refused(repository: Path) -> None:
    run_localci(repository, "init", "--yes")

    done = run_localci(repository, "init", "--yes", "--repository", "github.com/other/app")

    assert done.code == USAGE
    assert "is there already" in done.errors


@pytest.mark.parametrize("name", ["app", "../app", "./x/app"])
@pytest.mark.usefixtures("ada")
def test_what_names_no_repository_is_refused(name: str, repository: Path) -> None:
    done = run_localci(repository, "init", "--yes", "--repository", name)

    assert done.code == USAGE
    assert "does not name a repository" in done.errors
    assert "; `localci init --repository github.com/you/app`" in done.errors


@pytest.mark.usefixtures("ada")
def test_a_remote_that_is_a_relative_path_is_refused_with_what_to_type(repository: Path) -> None:
    git(repository, "remote", "set-url", "origin", "../srv/app.git")

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert "; `localci init --repository github.com/you/app`" in done.errors


def test_a_key_that_needs_no_passphrase_is_announced_as_such(repository: Path) -> None:
    done = run_localci(repository, "init", "--no-passphrase")

    assert "without a passphrase" in done.output
    assert "gpg asks" not in done.output


@pytest.fixture
def signing(repository: Path, ssh_keys: SshKeys) -> SshPair:
    """The SSH key that git is set to sign with in the repository."""
    pair = ssh_keys["ada"]
    git(repository, "config", "gpg.format", "ssh")
    git(repository, "config", "user.signingkey", str(pair.public_path))
    return pair


def test_where_git_signs_with_ssh_that_key_signs_and_none_is_made(
    repository: Path, signing: SshPair, homes: Homes
) -> None:
    done = run_localci(repository, "init", "--yes")

    assert done.code == PASSED, done.errors
    assert f"use your signing key {signing.key.fingerprint}" in done.output
    assert "public key into" not in done.output
    assert f'ssh = "{signing.key.line}"\n' in (repository / POLICY_FILE).read_text("utf-8")
    assert not (repository / ".localci/keys").exists()
    assert gpg(homes.gnupg, "--list-keys") == b""

    publish(repository)
    verified = run_localci(repository, "verify", "--remote", "origin")
    assert verified.code == PASSED, verified.output
    assert "ada@example.org" in verified.output


@pytest.mark.usefixtures("signing")
def test_whoever_has_an_ssh_key_and_no_address_is_asked_for_one(repository: Path) -> None:
    git(repository, "config", "user.email", "")
    before = state(repository)

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert "git config --global user.email" in done.errors
    assert state(repository) == before


def test_where_git_signs_with_ssh_and_with_no_key_it_says_how_to_name_one(repository: Path) -> None:
    git(repository, "config", "gpg.format", "ssh")
    before = state(repository)

    done = run_localci(repository, *QUICK)

    assert done.code == USAGE
    assert "`git config user.signingkey ~/.ssh/id_ed25519.pub` names one" in done.errors
    assert state(repository) == before


def publish(repository: Path) -> None:
    commit(repository, {}, "Check with localci")
    git(repository, "push", "--quiet", "-u", "origin", "main")
    git(repository, "remote", "set-head", "origin", "--auto")


@pytest.mark.usefixtures("ada")
def test_whoever_proposes_the_policy_can_approve_of_its_changes(repository: Path) -> None:
    assert run_localci(repository, "init", "--yes").code == PASSED
    assert run_localci(repository, "policy", "check").code == PASSED
    publish(repository)
    git(repository, "switch", "--quiet", "-c", "feature")
    verify = ("verify", "--remote", "origin")

    commit(repository, {"more": ""}, "Nothing that decides")
    git(repository, "push", "--quiet", "origin", "feature")
    harmless = run_localci(repository, *verify)
    policy = (repository / POLICY_FILE).read_text("utf-8")
    commit(repository, {POLICY_FILE: policy.replace('"30d"', '"40d"')}, "Believe it longer")
    git(repository, "push", "--quiet", "origin", "feature")
    refused = run_localci(repository, *verify)
    approved = run_beside_terminal(repository, "approve", typed="yes\n")
    delivered = run_localci(repository, "sync")
    accepted = run_localci(repository, *verify)

    assert harmless.code == PASSED, harmless.output
    assert refused.code == FAILED
    assert "protected-path" in refused.output
    assert "localci approve" in refused.output
    assert (approved.code, delivered.code) == (PASSED, PASSED), approved.errors
    assert accepted.code == PASSED, accepted.output


WORKFLOW = ".github/workflows/ci-local-verifier.yml"


@pytest.fixture
def on_github(repository: Path) -> Path:
    git(repository, "remote", "set-url", "origin", "git@github.com:acme/app.git")
    return repository


@pytest.mark.usefixtures("ada")
def test_for_a_repository_on_github_the_verifiers_workflow_is_proposed(on_github: Path) -> None:
    git(on_github, "branch", "--move", "trunk")

    done = run_localci(on_github, "init", "--yes")

    assert done.code == PASSED, done.errors
    plan, _, steps = done.output.partition("next:")
    assert f"- write {WORKFLOW}" in plan
    assert 'branches: ["trunk"]' in plan
    assert f"git add localci.toml .localci {WORKFLOW}" in steps
    assert steps.index("uses:") < steps.index("git push") < steps.index("require the check")
    assert '    branches: ["trunk"]' in (on_github / WORKFLOW).read_text("utf-8")


@pytest.mark.usefixtures("ada")
def test_the_default_branch_of_the_remote_is_judged_wherever_one_stands(on_github: Path) -> None:
    git(on_github, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    git(on_github, "switch", "--quiet", "-c", "feature")

    assert 'branches: ["trunk"]' in run_localci(on_github, "init", "--yes").output


@pytest.mark.usefixtures("ada")
def test_a_workflow_that_is_there_is_kept(on_github: Path) -> None:
    write_files(on_github, {WORKFLOW: "mine"})

    done = run_localci(on_github, "init", "--yes")

    assert f"kept: {WORKFLOW}" in done.output
    assert f".localci {WORKFLOW}" not in done.output
    assert "require the check" in done.output
    assert (on_github / WORKFLOW).read_text("utf-8") == "mine"


@pytest.mark.usefixtures("ada")
def test_elsewhere_no_workflow_is_proposed(repository: Path) -> None:
    done = run_localci(repository, "init", "--yes")

    assert "require the check" not in done.output
    assert not (repository / ".github").exists()


@pytest.mark.usefixtures("ada")
def test_a_workflow_that_was_removed_stays_away(on_github: Path) -> None:
    run_localci(on_github, "init", "--yes")
    (on_github / WORKFLOW).unlink()

    done = run_localci(on_github, "init", "--yes")

    assert "nothing to do" in done.output
    assert not (on_github / WORKFLOW).exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README": "x"}, "nothing is recognised"),
        ({"pyproject.toml": "[tool.ruff"}, "pyproject.toml:1: not TOML"),
        ({"Makefile": MAKEFILE, "localci.toml": "version = 9\n"}, "localci.toml"),
        ({"Makefile": MAKEFILE, POLICY_FILE: "version = 1\n"}, POLICY_FILE),
    ],
)
@pytest.mark.usefixtures("ada")
def test_what_stands_in_the_way_is_one_clear_line(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    repository = make_app(tmp_path, files)
    before = state(repository)

    done = run_localci(repository, "init", "--yes")

    assert done.code == USAGE
    assert said in done.errors
    assert done.errors.count("\n") == 1
    assert state(repository) == before


@pytest.mark.usefixtures("ada")
def test_a_repository_without_a_commit_will_do(tmp_path: Path) -> None:
    repository = make_app(tmp_path, {})
    write_files(repository, {"Makefile": MAKEFILE})

    assert run_localci(repository, "init", "--yes").code == PASSED


@pytest.mark.usefixtures("ada")
def test_a_subdirectory_and_a_linked_worktree_will_do(repository: Path) -> None:
    linked = repository.parent / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked))
    (linked / "below").mkdir()

    done = run_localci(linked / "below", "init", "--yes")

    assert done.code == PASSED, done.errors
    assert (linked / POLICY_FILE).is_file()
    assert not (repository / POLICY_FILE).exists()
    assert (repository / ".git/hooks/pre-push").exists()


@pytest.mark.usefixtures("ada")
def test_a_bare_repository_will_not_do(tmp_path: Path) -> None:
    done = run_localci(make_bare(tmp_path / "r.git"), "init", "--yes")

    assert done.code == USAGE
    assert "bare repository" in done.errors


@pytest.mark.usefixtures("ada")
def test_a_full_disk_leaves_no_half_of_it(disk: SmallDisk) -> None:
    repository = make_app(disk.path, {"Makefile": MAKEFILE})
    before = state(repository)
    disk.fill()

    done = run_localci(repository, "init", "--yes")

    assert done.code == NO_VERDICT
    assert "No space left" in done.errors
    assert state(repository) == before


@pytest.mark.usefixtures("ada")
def test_a_python_project_is_checked_by_its_own_tools(tmp_path: Path) -> None:
    """A real ruff and a real pytest, from PATH."""
    repository = make_app(
        tmp_path,
        {
            "pyproject.toml": "[tool.ruff]\nline-length = 100\n[tool.pytest.ini_options]\n",
            "tests/test_app.py": "def test_one():\n    assert 1 + 1 == 2\n",
        },
    )
    assert run_localci(repository, "init", "--yes").code == PASSED
    commit(repository, {}, "Check")

    good = run_localci(repository, "run")
    commit(repository, {"tests/test_app.py": "import os\n\n\ndef test_one():\n    pass\n"}, "Lint")
    bad = run_localci(repository, "run")

    assert good.code == PASSED, good.errors
    assert bad.code == FAILED
    assert "F401" in bad.errors


PACKAGE = """\
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"
[project]
name = "app"
version = "1.0"
[project.optional-dependencies]
dev = ["ruff", "pytest"]
"""


@pytest.mark.usefixtures("ada")
def test_what_is_proposed_checks_the_commit_in_the_face_of_an_activated_editable_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout that most Python projects have; real pip, real index."""
    repository = make_app(
        tmp_path,
        {
            "pyproject.toml": PACKAGE,
            ".gitignore": ".venv/\n*.egg-info/\n",
            "src/app/__init__.py": "ANSWER = 42\n",
            "tests/test_app.py": "import app\n\n\ndef test_it():\n    assert app.ANSWER == 42\n",
        },
    )
    activated = repository / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(activated)], check=True)
    pip = [str(activated / "bin/python"), "-m", "pip", "install", "--quiet", "-e", "."]
    subprocess.run(pip, cwd=repository, check=True, capture_output=True)
    monkeypatch.setenv("PATH", f"{activated / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert run_localci(repository, "init", "--yes").code == PASSED
    commit(repository, {}, "Check")

    good = run_localci(repository, "run")
    commit(repository, {"src/app/__init__.py": "ANSWER = 41\n"}, "Break")
    (repository / "src/app/__init__.py").write_text("ANSWER = 42\n", encoding="ascii")
    bad = run_localci(repository, "run")

    assert good.code == PASSED, good.errors
    # .venv is kept: it must not hold a copy of the first commit's package.
    assert bad.code == FAILED, bad.errors
    assert "assert 41 == 42" in bad.errors
