"""`localci approve` on real repositories: what changes the rules counts once somebody consents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.attested import attach, document, passed_check, signed_line, tree_of
from support.project import CHECKS, make_project, policy_for
from support.repositories import git
from support.terminal import run_beside_terminal
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.localci_command import Done
    from support.project import Project

PATHS = '[paths.".github/**"]\nroles = ["maintainer"]\n'
WORKFLOW = ".github/workflows/ci.yml"


def policy(*signers: Key, maintainers: tuple[str, ...] = ("ada",)) -> str:
    text = policy_for(*signers, requirements=f"[require.tests]\nmax_failed = 0\n{PATHS}")
    for name in maintainers:
        entry = f'name = "{name}@example.org"\n'
        text = text.replace(entry, f'{entry}roles = ["maintainer"]\n')
    return text


@pytest.fixture
def project(tmp_path: Path, ada: Key, keys: Keys) -> Project:
    """A project whose workflows are protected; Ada is the maintainer, Bob a developer."""
    bob = keys["bob"]
    files = {
        ".localci/policy.toml": policy(ada, bob),
        ".localci/keys/bob.asc": bob.certificate,
        WORKFLOW: "jobs: {}\n",
    }
    made = make_project(tmp_path, ada, bob, files=files)
    git(made.path, "switch", "--quiet", "-c", "feature")
    return made


def attest(project: Project, ada: Key, homes: Homes) -> None:
    of = document(project.path, checks={"tests": passed_check(project.path)})
    attach(project.path, {project.head: (signed_line(of, ada, homes.gnupg),)})


def approve(project: Project, *arguments: str, typed: str = "yes\n") -> Done:
    return run_beside_terminal(project.path, "approve", *arguments, typed=typed)


def test_a_changed_workflow_counts_once_it_is_approved(
    project: Project, ada: Key, homes: Homes
) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    attest(project, ada, homes)
    code, found = verdict(project)
    assert (code, codes(found)) == (1, ["protected-path"])
    assert "changed by this commit" in found["reasons"][0]["message"]

    done = approve(project)
    assert (done.code, done.errors) == (0, "")
    assert f".github/**: {WORKFLOW} (changed by this commit)" in done.output
    assert "+jobs: {evil: {}}" in done.output
    assert verdict(project)[0] == 0
    git(project.path, "push", "--quiet", "--no-verify", "origin", "refs/notes/ci")
    assert project.localci("sync").code == 0
    assert verdict(project, "--remote", "origin")[0] == 0


def test_an_amended_message_keeps_the_approval(project: Project, ada: Key, homes: Homes) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    assert approve(project).code == 0
    git(project.path, "commit", "--quiet", "--amend", "-m", "Other words")
    attest(project, ada, homes)
    assert verdict(project)[0] == 0


def test_when_the_trusted_side_moves_on_the_approval_is_void(
    project: Project, ada: Key, homes: Homes
) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    attest(project, ada, homes)
    assert approve(project).code == 0
    git(project.path, "switch", "--quiet", "main")
    project.commit({".github/workflows/new.yml": "jobs: {}\n"})
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    git(project.path, "switch", "--quiet", "feature")
    code, found = verdict(project)
    assert (code, codes(found)) == (1, ["protected-path"])
    message = found["reasons"][0]["message"]
    assert "changed by both sides" in message
    assert "ada@example.org approved before the trusted side moved on" in message


def test_a_branch_that_is_behind_is_told_to_rebase(
    project: Project, ada: Key, homes: Homes
) -> None:
    project.commit({"README": "hello\n"})
    attest(project, ada, homes)
    git(project.path, "switch", "--quiet", "main")
    project.commit({WORKFLOW: "jobs: {better: {}}\n"})
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    git(project.path, "switch", "--quiet", "feature")
    code, found = verdict(project)
    assert (code, codes(found)) == (1, ["protected-path"])
    assert "changed by the trusted branch since; rebase on it" in found["reasons"][0]["message"]


def test_a_changed_check_counts_once_it_is_approved(
    project: Project, ada: Key, homes: Homes
) -> None:
    project.commit({"localci.toml": CHECKS.replace("sh run-tests", "sh -e run-tests")})
    attest(project, ada, homes)
    assert verdict(project)[0] == 1
    done = approve(project)
    assert (done.code, "  check tests: changed\n" in done.output) == (0, True)
    assert "-e run-tests" in done.output
    assert verdict(project)[0] == 0


def test_without_a_change_there_is_nothing_to_approve(project: Project) -> None:
    project.commit({"README": "hello\n"})
    done = approve(project)
    assert (done.code, done.errors) == (0, "")
    assert "changes neither required checks nor protected paths" in done.output
    assert approve(project, "main").code == 2


@pytest.mark.parametrize("typed", ["no\n", "\n", "y\n", "\x04"])
def test_only_yes_is_consent(project: Project, typed: str) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    done = approve(project, typed=typed)
    assert (done.code, "type `yes` in full" in done.output) == (1, typed == "y\n")
    assert not git(project.path, "for-each-ref", "refs/localci")


def test_who_may_be_the_author_is_told_that_it_may_not_count(
    project: Project, ada: Key, keys: Keys
) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    assert "author_alone" not in approve(project, typed="no\n").output
    git(project.path, "switch", "--quiet", "main")
    text = "author_alone = false\n[require.tests]\n"
    found = policy(ada, keys["bob"]).replace("[require.tests]\n", text)
    project.commit({".localci/policy.toml": found})
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    git(project.path, "switch", "--quiet", "feature")
    done = approve(project, typed="no\n")
    assert "it counts only if you are not the author of the change" in done.output


def test_nobody_approves_without_a_terminal(project: Project) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    done = project.localci("approve", data="yes\n")
    assert done.code == 2
    assert done.errors == "localci: an approval is a person's; run it in a terminal\n"


def test_a_developer_is_told_who_may(project: Project, keys: Keys, homes: Homes) -> None:
    keys["bob"].add_to(homes.gnupg)
    git(homes.home, "config", "--global", "user.signingkey", keys["bob"].fingerprint)
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    done = approve(project)
    assert done.code == 2
    assert "is that of a developer at refs/remotes/origin/main; wanted: a maintainer" in done.errors


def test_what_a_commit_names_its_files_is_harmless(project: Project) -> None:
    project.commit({".github/\x1b[2Jevil\n::error::x": "x\n"})
    done = approve(project, typed="no\n")
    assert "\x1b" not in done.output
    assert "\n::error" not in done.output


def test_show_tells_of_an_approval(project: Project, ada: Key, homes: Homes) -> None:
    project.commit({WORKFLOW: "jobs: {evil: {}}\n"})
    assert approve(project).code == 0
    shown = project.localci("show").output
    assert "APPROVED" in shown
    assert "by ada@example.org" in shown
    assert tree_of(project.path) in shown
