"""`localci forge verify` as a process: however it ends, its check does, and the code says how."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.forge.markdown import inert
from support.fake_programs import path_without
from support.forge import SCHEDULED
from support.github_api import TOKEN, Fault
from support.localci_command import run_localci
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.forge import Forge
    from support.keys import Key
    from support.localci_command import Done


# The first signal comes while the verifier works, the second while the check is being ended.
STOPPED: Final = """\
import os, signal, sys
import localci.forge.github_verify as verifier
from localci.forge.github_checks import GitHubChecks
from localci.cli import main

def stop(*_):
    os.kill(os.getpid(), signal.{name})

def end(checks, *arguments):
    os.kill(os.getpid(), signal.SIGTERM)
    true_end(checks, *arguments)

verifier.verify, true_end, GitHubChecks.end = stop, GitHubChecks.end, end
sys.exit(main(["forge", "verify"]))
"""
# Only the second one comes: the verdict is there, and is being written.
STOPPED_LATE: Final = STOPPED.replace("verifier.verify, true_end", "true_end").replace(
    "= stop, GitHubChecks.end, end", "= GitHubChecks.end, end"
)
# GitHub has opened the check, and has not said so yet.
STOPPED_EARLY: Final = """\
import os, signal, sys
from localci.forge.github_api import GitHubApi
from localci.cli import main

def send(api, *arguments):
    answer = true_send(api, *arguments)
    os.kill(os.getpid(), signal.{name})
    return answer

true_send, GitHubApi.send = GitHubApi.send, send
sys.exit(main(["forge", "verify"]))
"""
# The first judgement fails as no one foresaw.
STOPPED_BY_A_BUG: Final = """\
import sys
import localci.forge.github_verify as verifier
from localci.cli import main

def broken(*_):
    verifier.verify = true_verify
    raise ZeroDivisionError

true_verify, verifier.verify = verifier.verify, broken
sys.exit(main(["forge", "verify"]))
"""


def job(forge: Forge, tmp_path: Path, event: Any) -> dict[str, str]:
    file = tmp_path / "event.json"
    file.write_text(event if isinstance(event, str) else json.dumps(event), encoding="utf-8")
    return {
        "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_EVENT_NAME": "pull_request_target",
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_API_URL": forge.github.url,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_RUN_ID": "42",
        "GITHUB_TOKEN": TOKEN,
    }


def verify(forge: Forge, tmp_path: Path) -> Done:
    event = {"pull_request": forge.propose(), "repository": {"default_branch": "main"}}
    environment = job(forge, tmp_path, event)
    return run_localci(tmp_path, "forge", "verify", environment=environment)


def test_accepted_is_0_and_the_summary_says_so(forge: Forge, ada: Key, tmp_path: Path) -> None:
    forge.attest(ada)
    done = verify(forge, tmp_path)
    assert done.code == 0, done.errors
    row = (tmp_path / "summary.md").read_text("utf-8").strip().splitlines()[-1]
    assert row.count("|") == 4
    assert f"<code>{forge.head[:12]}</code>" in row
    url = forge.github.check(forge.head)["details_url"]
    assert url == "https://github.com/acme/app/actions/runs/42"


def test_missing_is_3(forge: Forge, tmp_path: Path) -> None:
    assert verify(forge, tmp_path).code == 3


def test_a_broken_verifier_is_4_and_a_failed_check(
    forge: Forge, ada: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W10: gpgv is not there."""
    forge.attest(ada)
    path_without(monkeypatch, tmp_path / "programs", "gpgv")
    done = verify(forge, tmp_path)
    assert done.code == 4, done.errors
    assert forge.github.conclusion(forge.head) == "failure"


def test_a_target_that_has_gone_is_4_and_a_failed_check(forge: Forge, tmp_path: Path) -> None:
    git(forge.project.remote, "update-ref", "-d", "refs/heads/main")
    done = verify(forge, tmp_path)
    assert done.code == 4, done.errors
    title = forge.github.check(forge.head)["output"]["title"]
    assert title.startswith("could not be evaluated: git fetch: couldn't find remote ref")


@pytest.mark.parametrize(
    ("program", "conclusion"),
    [
        pytest.param(STOPPED, "failure", id="at work"),
        pytest.param(STOPPED_LATE, "success", id="at the end"),
        pytest.param(STOPPED_EARLY, "failure", id="at the start"),
    ],
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stopped_job_ends_its_check_and_leaves_no_token(
    forge: Forge, ada: Key, tmp_path: Path, name: str, program: str, conclusion: str
) -> None:
    """GitHub ends what it cancels by SIGINT, and 7.5 s later by SIGTERM."""
    forge.attest(ada)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    event = {"pull_request": forge.propose(), "repository": {"default_branch": "main"}}
    environment = {**job(forge, tmp_path, event), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-c", program.format(name=name)],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    check = forge.github.check(forge.head)
    assert (check["status"], check["conclusion"]) == ("completed", conclusion)
    assert list(temporary.iterdir()) == []


def test_a_fault_with_one_pull_request_leaves_the_others_their_verdicts(
    forge: Forge, ada: Key, tmp_path: Path
) -> None:
    forge.propose(login="mallory")
    broken = forge.head
    path = forge.project.path
    git(path, "switch", "--quiet", "-c", "other", "main")
    forge.project.commit({"other": "1"})
    forge.propose(number=2)
    forge.attest(ada)
    fault = Fault(422, "No commit found for SHA")
    forge.github.fail(f"GET /repos/acme/app/commits/{broken}/check-runs", fault)
    environment = {**job(forge, tmp_path, SCHEDULED), "GITHUB_EVENT_NAME": "schedule"}
    done = run_localci(tmp_path, "forge", "verify", environment=environment)
    assert (done.code, "No commit found" in done.errors) == (4, True), done.errors
    assert forge.github.conclusion(forge.head) == "success"


def test_a_bug_ends_its_check_and_no_other(forge: Forge, ada: Key, tmp_path: Path) -> None:
    forge.attest(ada)
    forge.propose()
    forge.push("main:release")
    forge.propose(base="release", number=2)
    program = STOPPED_BY_A_BUG
    environment = {**job(forge, tmp_path, SCHEDULED), "GITHUB_EVENT_NAME": "schedule"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **environment, "LOCALCI_TARGETS": "release", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
    assert forge.github.conclusion(forge.head) == "failure"
    assert forge.github.conclusion(forge.head, "localci (release)") == "success"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("", 4),
        ("[", 4),
        ("[" * 100_000, 4),
        ("{}", 2),
        ('{"repository": {"default_branch": "-x"}}', 2),
        (
            '{"repository": {"default_branch": "main"}, "pull_request": {"base": {"ref": "main"}}}',
            2,
        ),
    ],
)
def test_a_broken_event_has_a_code_and_a_line(
    forge: Forge, tmp_path: Path, event: str, code: int
) -> None:
    environment = job(forge, tmp_path, event)
    done = run_localci(tmp_path, "forge", "verify", environment=environment)
    assert (done.code, len(done.errors.splitlines())) == (code, 1), done.errors


def test_outside_of_a_job_it_says_where_it_belongs(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "forge", "verify")
    assert (done.code, "for jobs of GitHub's workflows" in done.errors) == (2, True)


@pytest.mark.parametrize(
    "text",
    ["<img src=x>", "](http://x)", "@octocat #1", "`x` | y", "a\n\n# b", "\x1b[31m", "&lt;", "](x"],
)
def test_nothing_in_markdown_is_alive(text: str) -> None:
    assert not set(inert(text)) & set("<>[]()`|@\n\x1b*_!:/")
    assert "&" not in re.sub(r"&#\d+;", "", inert(text))
