"""Whose change a commit is: everybody who proposes it, or author_alone could be had by two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.forge import REQUIREMENTS, SCHEDULED, Forge, make_forge
from support.github_api import TOKEN
from support.localci_command import run_localci
from support.project import policy_for
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.github_api import GitHub
    from support.isolation import Homes
    from support.keys import Key

REPOSITORY = {"default_branch": "main"}


@pytest.fixture
def forge(tmp_path: Path, ada: Key, github: GitHub, homes: Homes, shared: Path) -> Forge:
    """A forge where Ada, who is `ada` there, has attested HEAD, which does not do for her own."""
    policy = policy_for(ada, requirements=f"author_alone = false\n{REQUIREMENTS}")
    policy = policy.replace("[[signer]]", '[[signer]]\naccounts = ["ada"]')
    made = make_forge(tmp_path, ada, github, homes, shared, policy)
    made.attest(ada)
    return made


def judge(forge: Forge, tmp_path: Path, name: str, event: dict[str, Any]) -> str | None:
    """Run the verifier on an event, and return how HEAD's only check ended."""
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    environment = {
        "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_API_URL": forge.github.url,
        "GITHUB_TOKEN": TOKEN,
    }
    run_localci(tmp_path, "forge", "verify", environment=environment)
    return forge.github.conclusion(forge.head)


def test_a_stranger_s_change_that_a_signer_attested_gets_green(
    forge: Forge, tmp_path: Path
) -> None:
    event = {"pull_request": forge.propose(login="stranger"), "repository": REPOSITORY}
    assert judge(forge, tmp_path, "pull_request_target", event) == "success"


@pytest.mark.parametrize("name", ["pull_request_target", "schedule"])
def test_a_second_pull_request_with_the_same_head_hides_no_author(
    forge: Forge, tmp_path: Path, name: str
) -> None:
    forge.propose(login="ada")
    second = forge.propose(login="stranger", number=2, source="ada/app")
    pulls = {"pull_request": second, "repository": REPOSITORY}
    event: dict[str, Any] = SCHEDULED if name == "schedule" else pulls
    assert judge(forge, tmp_path, name, event) == "failure"
    # One verdict on the one check, not one for each pull request.
    assert [status for _, status, _ in forge.github.history].count("completed") == 1


def test_a_second_pull_request_into_another_branch_hides_no_author(
    forge: Forge, tmp_path: Path
) -> None:
    forge.propose(login="ada", base="elsewhere")
    second = forge.propose(login="stranger", number=2)
    event = {"pull_request": second, "repository": REPOSITORY}
    assert judge(forge, tmp_path, "pull_request_target", event) == "failure"


def test_a_stranger_s_pull_request_does_not_hide_who_pushed(forge: Forge, tmp_path: Path) -> None:
    before = git(forge.project.path, "rev-parse", "main")
    forge.propose(login="stranger")
    forge.push("HEAD:refs/heads/main")
    event = {
        "ref": "refs/heads/main",
        "before": before,
        "after": forge.head,
        "sender": {"login": "ada"},
        "repository": REPOSITORY,
    }
    assert judge(forge, tmp_path, "push", event) == "failure"


def test_the_notes_of_every_fork_with_the_same_head_are_read(
    tmp_path: Path, ada: Key, github: GitHub, homes: Homes, shared: Path
) -> None:
    made = make_forge(tmp_path, ada, github, homes, shared)
    made.attest(ada, to=made.fork)
    made.propose(source="ada/app")
    second = made.propose(number=2)
    event = {"pull_request": second, "repository": REPOSITORY}
    assert judge(made, tmp_path, "pull_request_target", event) == "success"
