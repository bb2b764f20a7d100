"""The hosted run for what nobody attested, and the verifier that reads what it left behind."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from localci.formats.result import encode_result
from support.act import HOSTED
from support.attested import attach, document, tree_of
from support.forge import REQUIREMENTS, make_forge
from support.project import FAILING, policy_for
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.act import Ran
    from support.forge import Forge
    from support.github_api import GitHub
    from support.isolation import Homes
    from support.keys import Key


@pytest.fixture
def forge(tmp_path: Path, ada: Key, github: GitHub, homes: Homes, shared: Path) -> Forge:
    """A forge whose policy counts hosted runs."""
    policy = policy_for(ada, requirements=f'hosted = "allowed"\n{REQUIREMENTS}')
    return make_forge(tmp_path, ada, github, homes, shared, policy)


def run_hosted(forge: Forge, pull: dict[str, Any], artifacts: Path) -> Ran:
    source = pull["head"]["repo"]["full_name"]
    pull["head"]["repo"]["clone_url"] = f"https://github.com/{source}.git"
    event = {"action": "opened", "number": pull["number"], "pull_request": pull}
    artifacts.mkdir(exist_ok=True)
    return forge.run("pull_request", event, workflow=HOSTED, at=forge.head, artifacts=artifacts)


def add_run(forge: Forge, archive: bytes, **changes: Any) -> dict[str, Any]:
    """Tell the API of a run for HEAD that has just ended with this artifact."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    tree = tree_of(forge.project.path)
    return forge.github.add_hosted_run(forge.head, tree, archive, at, **changes)


def archived(
    content: bytes, name: str = "result.json", method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def broken_lzma() -> bytes:
    """Return an archive whose stream is none, behind headers that are sound."""
    archive = bytearray(archived(b"x" * 5000, method=zipfile.ZIP_LZMA))
    start = 30 + len("result.json") + 12
    archive[start : start + 17] = b"\xff" * 17
    return bytes(archive)


def result(forge: Forge, **changes: Any) -> bytes:
    return json.dumps(encode_result(document(forge.project.path, **changes))).encode()


def run_ended(forge: Forge, run: dict[str, Any]) -> Ran:
    return forge.run("workflow_run", {"action": "completed", "workflow_run": run})


def test_a_stranger_s_pull_request_is_run_and_gets_green(forge: Forge, tmp_path: Path) -> None:
    pull = forge.propose(source="ada/app", login="stranger")
    ran = run_hosted(forge, pull, tmp_path / "artifacts")
    assert ran.code == 0, ran.log
    archive = (tmp_path / "artifacts/localci-result.zip").read_bytes()
    ended = run_ended(forge, add_run(forge, archive))
    assert ended.code == 0, ended.log
    check = forge.github.check(forge.head)
    assert (check["conclusion"], check["output"]["title"]) == ("success", "accepted: hosted")


def test_what_is_attested_is_not_run_again(forge: Forge, ada: Key, tmp_path: Path) -> None:
    forge.attest(ada, to=forge.fork)
    ran = run_hosted(forge, forge.propose(source="ada/app"), tmp_path / "artifacts")
    assert ran.code == 0, ran.log
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_checks_that_fail_leave_no_result(forge: Forge, tmp_path: Path) -> None:
    forge.project.commit({"run-tests": FAILING})
    ran = run_hosted(forge, forge.propose(), tmp_path / "artifacts")
    assert ran.code == 1, ran.log
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_the_checks_are_those_of_the_target(forge: Forge, tmp_path: Path) -> None:
    """A pull request that empties its own checks is run by those of `main` all the same."""
    emptied = 'version = 1\n[checks.tests]\nrun = "true"\nreport = "junit:junit.xml"\n'
    forge.project.commit({"localci.toml": emptied, "run-tests": FAILING})
    ran = run_hosted(forge, forge.propose(), tmp_path / "artifacts")
    assert ran.code == 1, ran.log


def test_a_hosted_result_lasts_over_later_events(forge: Forge) -> None:
    """A sweep finds it again, and does not turn the check red."""
    pull = forge.propose()
    add_run(forge, archived(result(forge)))
    assert forge.judge(pull).code == 0
    assert forge.run("schedule", {}).code == 0
    assert forge.github.conclusion(forge.head) == "success"


def test_it_counts_where_the_fork_s_notes_cannot_be_read(forge: Forge) -> None:
    """A private fork: the job's token cannot read it."""
    forge.fork.rename(forge.fork.with_name("private"))
    pull = forge.propose(source="ada/app", login="stranger")
    assert forge.judge(pull).code == 1
    assert forge.github.check(forge.head)["output"]["title"].startswith("error, unavailable:")
    add_run(forge, archived(result(forge)))
    ran = forge.judge(pull)
    assert ran.code == 0, ran.log
    assert forge.github.conclusion(forge.head) == "success"


def test_it_counts_in_a_merge_queue(forge: Forge) -> None:
    branch = f"gh-readonly-queue/main/pr-1-{'0' * 40}"
    forge.propose()
    run = add_run(forge, archived(result(forge)), event="merge_group", head_branch=branch)
    ended = run_ended(forge, run)
    assert ended.code == 0, ended.log
    assert forge.github.conclusion(forge.head) == "success"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"path": ".github/workflows/mine.yml"}, id="another workflow"),
        pytest.param({"event": "push"}, id="another event"),
        pytest.param({"event": "pull_request_target"}, id="an event with secrets"),
        pytest.param({"repository": {"full_name": "ada/app"}}, id="the fork's own run"),
        pytest.param({"conclusion": "failure"}, id="a failed run"),
        pytest.param({"status": "in_progress", "conclusion": None}, id="a run under way"),
        pytest.param({"pull_requests": [{"base": {"ref": "evil"}}]}, id="another base"),
        pytest.param({"event": "merge_group", "head_branch": "main"}, id="no queue's branch"),
        pytest.param({"head_commit": {"tree_id": "f" * 40}}, id="another tree"),
    ],
)
def test_a_run_that_may_be_somebody_s_own_does_not_count(
    forge: Forge, changes: dict[str, Any]
) -> None:
    pull = forge.propose()
    add_run(forge, archived(result(forge)), **changes)
    ran = forge.judge(pull)
    assert forge.github.conclusion(forge.head) == "failure", ran.log


def test_a_pull_request_that_edits_a_workflow_does_not_get_green(
    forge: Forge, tmp_path: Path
) -> None:
    """Its run may be anything: it came from the workflow of the pull request itself."""
    forge.project.commit({HOSTED: "name: localci hosted\non: pull_request\njobs: {}\n"})
    add_run(forge, archived(result(forge)))
    ran = forge.judge(forge.propose())
    assert forge.github.conclusion(forge.head) == "failure", ran.log


@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x05\x06 nonsense", id="no archive"),
        pytest.param(archived(b"{}", "../../result.json"), id="another name"),
        pytest.param(archived(b"{}"), id="no result"),
        pytest.param(archived(b"[" * 100_000), id="too large"),
        pytest.param(archived(b"\0" * 50_000_000), id="a bomb"),
        pytest.param(archived(b"\0" * 2_000_000, method=zipfile.ZIP_STORED), id="over 1 MiB"),
        pytest.param(archived(b"{}", method=zipfile.ZIP_BZIP2), id="bzip2"),
        pytest.param(broken_lzma(), id="broken lzma"),
    ],
)
def test_an_artifact_of_hostile_bytes_is_a_refusal(forge: Forge, archive: bytes) -> None:
    pull = forge.propose()
    add_run(forge, archive)
    ran = forge.judge(pull)
    assert ran.code == 1
    assert "Traceback" not in ran.log
    check = forge.github.check(forge.head)
    assert check["conclusion"] == "failure", ran.log
    assert check["output"]["title"].startswith(("missing", "refused")), ran.log


def test_it_does_not_count_where_the_policy_does_not_say_so(
    tmp_path: Path, ada: Key, github: GitHub, homes: Homes, shared: Path
) -> None:
    strict = make_forge(tmp_path / "strict", ada, github, homes, shared)
    pull = strict.propose()
    add_run(strict, archived(result(strict)))
    ran = strict.judge(pull)
    assert github.conclusion(strict.head) == "failure", ran.log


def test_a_result_in_a_note_is_no_hosted_one(forge: Forge) -> None:
    """Anybody can write a bare document into a note."""
    path = forge.project.path
    line = result(forge)
    attach(path, {forge.head: (line,)})
    git(path, "push", "--quiet", "--force", "origin", "refs/notes/ci")
    ran = forge.judge(forge.propose())
    assert forge.github.conclusion(forge.head) == "failure", ran.log
