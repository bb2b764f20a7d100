"""The shipped verifier, run by act on every event of design 8a against real bare remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.act import VERIFIER
from support.attacks import ACCEPT, attack
from support.attested import attach, tree_of
from support.github_api import TOKEN, Fault
from support.project import policy_for
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.act import Ran
    from support.forge import Forge
    from support.keys import Key, Keys


def merge_group(head: str) -> dict[str, Any]:
    return {
        "action": "checks_requested",
        "merge_group": {
            "head_sha": head,
            "head_ref": f"refs/heads/gh-readonly-queue/main/pr-1-{'0' * 40}",
            "base_ref": "refs/heads/main",
            "base_sha": "1" * 40,
        },
    }


def pushed(before: str, after: str, ref: str = "refs/heads/main") -> dict[str, Any]:
    return {"ref": ref, "before": before, "after": after, "sender": {"login": "ada"}}


def ask(forge: Forge, event: str) -> Ran:
    """Let one kind of event ask for HEAD, an open pull request into main."""
    pull = forge.propose()
    if event == "pull_request_target":
        return forge.judge(pull)
    if event == "merge_group":
        return forge.run(event, merge_group(forge.head), at=forge.head)
    if event == "push":
        before = git(forge.project.remote, "rev-parse", "main")
        forge.push("HEAD:main")
        return forge.run(event, pushed(before, forge.head))
    bodies: dict[str, dict[str, Any]] = {
        "workflow_run": {"workflow_run": {"head_sha": forge.head, "event": "pull_request"}},
        "workflow_dispatch": {"inputs": {"commit": forge.head}},
        "repository_dispatch": {"action": "localci", "client_payload": {"commit": forge.head}},
        "schedule": {},
    }
    return forge.run(event, bodies[event])


EVENTS = (
    "pull_request_target",
    "merge_group",
    "push",
    "workflow_run",
    "workflow_dispatch",
    "repository_dispatch",
    "schedule",
)


@pytest.mark.parametrize("event", EVENTS)
def test_an_attested_commit_gets_green(forge: Forge, ada: Key, event: str) -> None:
    forge.attest(ada)
    ran = ask(forge, event)
    assert ran.code == 0, ran.log
    check = forge.github.check(forge.head)
    assert (check["status"], check["conclusion"]) == ("completed", "success"), ran.log
    assert check["output"]["title"] == "accepted: ada@example.org"


@pytest.mark.parametrize("event", EVENTS)
def test_what_a_stranger_attested_gets_red(forge: Forge, keys: Keys, event: str) -> None:
    keys["mallory"].add_to(forge.homes.gnupg)
    forge.attest(keys["mallory"])
    ran = ask(forge, event)
    # A sweep over all open pull requests fails for nobody's change.
    assert (ran.code == 0) == (event == "schedule"), ran.log
    check = forge.github.check(forge.head)
    assert (check["status"], check["conclusion"]) == ("completed", "failure")
    assert check["output"]["title"].startswith("refused, signer-unknown:")


def test_a_commit_without_notes_gets_red(forge: Forge) -> None:
    """W05, of a fork that never heard of notes."""
    ran = forge.judge(forge.propose(source="ada/app"))
    assert ran.code == 1, ran.log
    check = forge.github.check(forge.head)
    assert (check["conclusion"], check["output"]["title"][:7]) == ("failure", "missing")


def test_notes_of_a_fork_are_read_from_the_fork(forge: Forge, ada: Key) -> None:
    forge.attest(ada, to=forge.fork)
    ran = forge.judge(forge.propose(source="ada/app", login="stranger"))
    assert ran.code == 0, ran.log
    assert forge.github.conclusion(forge.head) == "success"


@attack("W07", "on the forge, a fork that has gone", expect="unavailable")
def test_notes_that_cannot_be_fetched_are_not_no_notes(forge: Forge) -> None:
    """W07: the fork has gone, or the network has."""
    forge.fork.rename(forge.fork.with_name("gone"))
    ran = forge.judge(forge.propose(source="ada/app"))
    assert ran.code == 1, ran.log
    check = forge.github.check(forge.head)
    assert check["conclusion"] == "failure"
    assert check["output"]["title"].startswith("error, unavailable:")


def test_a_deleted_fork_leaves_the_notes_of_the_repository(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    pull = forge.propose()
    pull["head"]["repo"] = None
    assert forge.judge(pull).code == 0
    assert forge.github.conclusion(forge.head) == "success"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({VERIFIER: "name: mine\non: push\njobs: {}\n"}, id="workflow"),
        pytest.param({".localci/keys/new.asc": "-----BEGIN\n"}, id="keys"),
        pytest.param({"localci.toml": 'version = 1\n[checks.tests]\nrun = "true"\n'}, id="checks"),
    ],
)
def test_a_change_of_the_rules_gets_no_green(forge: Forge, ada: Key, files: dict[str, str]) -> None:
    forge.project.commit(files)
    forge.attest(ada)
    ran = forge.judge(forge.propose())
    assert forge.github.conclusion(forge.head) == "failure", ran.log


@attack("K01", "K02", "on the forge, in a pull request", expect="exit 1")
def test_a_policy_of_the_pull_request_is_not_believed(forge: Forge, keys: Keys) -> None:
    """K01, K02: it trusts Mallory, and loosens what is required."""
    mallory = keys["mallory"]
    mallory.add_to(forge.homes.gnupg)
    forge.project.commit(
        {
            ".localci/policy.toml": policy_for(mallory),
            ".localci/keys/mallory.asc": mallory.certificate,
        }
    )
    forge.attest(mallory)
    ran = forge.judge(forge.propose())
    assert forge.github.conclusion(forge.head) == "failure", ran.log


def test_another_target_gets_a_check_of_its_own_or_none(forge: Forge, ada: Key) -> None:
    """What the workflow of the default branch names counts, not what the event says."""
    forge.attest(ada)
    release, free = forge.propose(base="release/1.x"), forge.propose(base="free", number=2)
    path = forge.project.path
    git(path, "switch", "--quiet", "main")
    shipped = (path / VERIFIER).read_text("utf-8")
    named = shipped.replace('targets: ""', 'targets: "release/1.x"')
    forge.project.commit({VERIFIER: named})
    forge.push("main:main", "main:release/1.x", "main:free")
    assert forge.judge(free).code == 0
    assert forge.github.checks == []
    # The branch was cut before the workflow named it, and .github/** is protected.
    assert forge.judge(release).code == 1
    (check,) = forge.github.checks
    assert (check["name"], check["conclusion"]) == ("localci (release/1.x)", "failure")


def test_a_push_of_a_new_branch_has_no_policy_to_be_judged_by(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    forge.push("HEAD:main")
    ran = forge.run("push", pushed("0" * 40, forge.head))
    assert ran.code == 1, ran.log
    assert "policy-missing" in forge.github.check(forge.head)["output"]["title"]


def test_a_push_elsewhere_and_a_deletion_ask_nothing(forge: Forge) -> None:
    forge.push("HEAD:other")
    other = forge.run("push", pushed("0" * 40, forge.head, "refs/heads/other"))
    tag = forge.run("push", pushed("0" * 40, forge.head, "refs/tags/main"))
    deleted = forge.run("push", pushed(forge.head, "0" * 40))
    assert (other.code, tag.code, deleted.code) == (0, 0, 0)
    assert forge.github.requests == []


@attack("W09", "the verifier's job, three times", expect=ACCEPT)
def test_a_second_job_brings_the_check_up_to_date(forge: Forge, ada: Key) -> None:
    """W09: late notes turn the one check green; there is never a second one."""
    pull = forge.propose()
    forge.judge(pull)
    assert forge.github.conclusion(forge.head) == "failure"
    forge.attest(ada)
    forge.judge(pull)
    forge.judge(pull)
    assert forge.github.conclusion(forge.head) == "success"


def test_a_sweep_never_takes_an_ended_check_back_in_between(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    forge.judge(forge.propose())
    forge.github.history.clear()
    assert forge.run("schedule", {}).code == 0
    assert forge.github.history == [("localci", "completed", "success")]


def test_a_key_that_is_no_longer_trusted_turns_an_open_pull_request_red(
    forge: Forge, ada: Key, keys: Keys
) -> None:
    forge.attest(ada)
    forge.judge(forge.propose())
    head = forge.head
    git(forge.project.path, "switch", "-q", "main")
    bob = keys["bob"]
    files = {".localci/policy.toml": policy_for(bob), ".localci/keys/bob.asc": bob.certificate}
    forge.project.commit(files)
    forge.push("HEAD:main")
    forge.run("schedule", {})
    assert forge.github.conclusion(head) == "failure"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_of_the_forge_is_survived(forge: Forge, ada: Key, status: int) -> None:
    forge.attest(ada)
    fault = Fault(status)
    forge.github.fail("GET /repos/acme/app/commits", fault, fault, fault)
    forge.github.fail("POST /repos/acme/app/check-runs", fault)
    assert forge.judge(forge.propose()).code == 0
    assert forge.github.conclusion(forge.head) == "success"


def test_a_forge_that_refuses_the_check_fails_the_job(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    forge.github.fail(
        "POST /repos/acme/app/check-runs",
        Fault(403, "Resource not accessible by integration", retry_after=""),
    )
    ran = forge.judge(forge.propose())
    assert ran.code == 1
    assert "403" in ran.log
    assert "checks: write" in ran.log
    assert forge.github.checks == []


@attack("W10", "a forge that takes no verdict", expect="exit 4")
def test_a_verdict_that_cannot_be_written_leaves_no_green(forge: Forge, ada: Key) -> None:
    """W10, at the last step."""
    forge.attest(ada)
    forge.github.fail("PATCH /repos/acme/app/check-runs", *[Fault(500)] * 4)
    ran = forge.judge(forge.propose())
    assert ran.code == 1, ran.log
    assert forge.github.check(forge.head)["status"] == "in_progress"


@attack("W01", "a pull request whose every name is shell code", expect=ACCEPT)
def test_hostile_names_are_neither_run_nor_shown_alive(
    forge: Forge, ada: Key, tmp_path: Path
) -> None:
    """W01, W03, W04: a branch, a fork and an author called like shell code, markup and commands."""
    forge.attest(ada)
    evil = f"$(touch {tmp_path}/fired)`touch {tmp_path}/fired`\n::error::x ##[group]"
    pull = forge.propose(source=evil, login=evil)
    pull["head"]["ref"] = pull["title"] = pull["body"] = evil
    ran = forge.judge(pull)
    assert ran.code == 0, ran.log
    assert forge.github.conclusion(forge.head) == "success"
    assert not (tmp_path / "fired").exists()


@attack("W03", "W04", "in a check of the forge", expect="malformed")
def test_markup_of_a_note_is_dead_in_the_check_and_in_the_log(forge: Forge, ada: Key) -> None:
    line = b'{"payload":"<img src=x onerror=alert(1)> @octocat ##[group]\\u001b[31m ::error::"}'
    path = forge.project.path
    attach(path, {forge.head: (line,), tree_of(path): (line,)})
    git(path, "push", "--quiet", "--force", "origin", "refs/notes/ci")
    ran = forge.judge(forge.propose())
    shown = forge.github.check(forge.head)["output"]["summary"]
    inner = shown.removeprefix("<pre>\n").removesuffix("\n</pre>\n")
    assert not set(inner) & set("<>@`[]*_|!:"), shown
    assert "##[group]" not in ran.log
    assert "\x1b[31m" not in ran.log


def test_nobody_sees_the_token(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    ran = forge.judge(forge.propose())
    assert TOKEN not in ran.log
    assert not any(TOKEN in request for request in forge.github.requests)


def test_the_shipped_action_installs_itself_by_hash(forge: Forge, ada: Key) -> None:
    forge.attest(ada)
    event = {"action": "opened", "pull_request": forge.propose()}
    ran = forge.run("pull_request_target", event, install=True)
    assert ran.code == 0, ran.log
    assert forge.github.conclusion(forge.head) == "success"
