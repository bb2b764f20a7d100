"""`localci post` and `localci run --post` by real processes, on GitHub by its own description."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from localci.deliveries import POST, WAITING, read_deliveries
from localci.errors import FAILED, INTERRUPTED, MISSING, NO_VERDICT, PASSED, USAGE
from localci.formats.result import Issue, IssueFigures, encode_result
from support.attested import attach_good_line, document, make_feature
from support.github_server import BAD_GATEWAY, JOB, PERSON, github_server
from support.project import FAILING
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.github_server import GitHubServer
    from support.isolation import Homes
    from support.keys import Key
    from support.localci_command import Done
    from support.project import Project

CHECK_RUNS = "POST /repos/acme/app/check-runs"
HANGING = 'version = 1\n[checks.tests]\nrun = "sleep 60"\ntimeout = "1s"\n'


@dataclass(frozen=True)
class Posting:
    """A project on a GitHub, and who posts from it."""

    project: Project
    github: GitHubServer

    def localci(self, *arguments: str, token: str = JOB, **environment: str) -> Done:
        variables = {"LOCALCI_FORGE_TOKEN": token} if token else {}
        done = self.project.localci(*arguments, environment=variables | environment)
        assert not token or token not in f"{done.output}{done.errors}"
        return done

    def commit(self, files: dict[str, str]) -> None:
        self.project.commit(files)
        self.github.add_pull(8, self.project.head)

    @property
    def check(self) -> dict[str, Any]:
        (check,) = self.github.checks
        return check

    @property
    def comment(self) -> str:
        (comment,) = self.github.comments
        return str(comment["body"])

    @property
    def kept(self) -> list[Path]:
        return list((self.project.path / ".git" / "localci" / "posts").glob("*"))


@pytest.fixture
def posting(tmp_path: Path, ada: Key) -> Iterator[Posting]:
    project = make_feature(tmp_path, ada)
    with github_server() as github:
        github.add_pull(7, project.head)
        for key, value in (
            ("remote.origin.url", "https://git.example/acme/app.git"),
            ("localci.git.example.forge", "github"),
            ("localci.git.example.api", github.url),
        ):
            git(project.path, "config", key, value)
        yield Posting(project, github)
        assert github.refused == []


@pytest.fixture
def attested(posting: Posting, ada: Key, homes: Homes) -> Posting:
    attach_good_line(posting.project, ada, homes)
    return posting


def test_an_accepted_commit_is_a_success_on_the_forge(attested: Posting) -> None:
    done = attested.localci("post")
    head = attested.project.head[:12]
    assert (done.code, done.errors) == (PASSED, "")
    assert done.output.splitlines() == [
        f"{head}: accepted: ada@example.org",
        "check run localci/report: success",
        "comment on #7: made",
    ]
    assert attested.check["head_sha"] == attested.project.head
    assert "2 tests, 0 failed, 0 skipped" in attested.comment.replace("&#44;", ",")


def test_posting_twice_is_the_same_as_once(attested: Posting) -> None:
    attested.localci("post")
    before = [dict(attested.check)], [*attested.github.comments]
    done = attested.localci("post")
    assert done.code == PASSED
    assert done.output.count("there already") == 2
    assert (attested.github.checks, attested.github.comments) == before


def test_nothing_known_is_nothing_posted(posting: Posting) -> None:
    done = posting.localci("post")
    assert (done.code, done.output) == (MISSING, "")
    assert "nothing is known of" in done.errors
    assert posting.github.requests == []


def test_the_verdict_is_the_verifiers(attested: Posting, ada: Key) -> None:
    requirements = "[require.tests]\nmax_failed = 0\nthreshold = 2\n"
    policy = attested.project.path / ".localci" / "policy.toml"
    text = policy.read_text().replace("[require.tests]\nmax_failed = 0\n", requirements)
    git(attested.project.path, "switch", "-q", "-c", "strict", "origin/main")
    strict = attested.project.commit({".localci/policy.toml": text})
    git(attested.project.path, "switch", "-q", "feature")
    assert attested.localci("post", "--trust-ref", strict).code == PASSED
    assert attested.check["conclusion"] == "failure"
    assert attested.check["output"]["title"].startswith("refused, not-enough-signers")


def test_a_run_that_failed_is_posted_with_what_it_found(posting: Posting) -> None:
    posting.commit({"run-tests": FAILING})
    assert posting.localci("run", token="").code == FAILED
    done = posting.localci("post")
    assert done.code == PASSED
    assert posting.check["conclusion"] == "failure"
    assert posting.check["output"]["title"] == "failed: tests"
    assert "2 tests&#44; 1 failed" in posting.comment


def test_a_run_without_a_verdict_is_an_error(posting: Posting) -> None:
    posting.commit({"localci.toml": HANGING})
    done = posting.localci("run", "--post", token=PERSON)
    assert done.code == NO_VERDICT
    (status,) = posting.github.statuses
    assert (status["state"], status["description"]) == ("error", "no verdict: tests")


def test_a_run_that_passed_is_posted_as_not_signed(posting: Posting) -> None:
    done = posting.localci("run", "--post")
    assert done.code == PASSED
    assert posting.check["output"]["title"] == "passed, not signed"
    assert (posting.check["status"], posting.check["conclusion"]) == ("queued", None)


def test_what_was_kept_is_judged_anew_and_no_success_by_itself(
    posting: Posting, ada: Key, homes: Homes
) -> None:
    result = json.dumps(encode_result(document(posting.project.path)))
    environment = {"LOCALCI_FORGE_TOKEN": ""}
    for _ in range(2):
        done = posting.project.localci(
            "post", "--result", "-", environment=environment, data=result
        )
        assert done.code == USAGE
    assert len(posting.kept) == 1
    assert posting.localci("post").code == PASSED
    assert posting.check["conclusion"] is None
    assert posting.kept == []


def test_the_events_of_a_run_stay_alone_on_standard_output(posting: Posting) -> None:
    done = posting.localci("run", "--post", "--json")
    assert all("event" in json.loads(line) for line in done.output.splitlines())
    assert "check run localci/report: queued" in done.errors


def test_a_run_that_is_signed_is_posted_as_accepted(posting: Posting) -> None:
    assert posting.localci("run", "--sign", "--post").code == PASSED
    assert posting.check["output"]["title"] == "accepted: ada@example.org"


def test_a_run_that_failed_keeps_its_exit_code_when_it_cannot_be_posted(posting: Posting) -> None:
    posting.commit({"run-tests": FAILING})
    done = posting.localci("run", "--post", token="")
    assert done.code == FAILED
    assert "there is no token for" in done.errors


def test_a_run_that_passed_and_cannot_be_posted_ends_with_4_and_says_so(posting: Posting) -> None:
    done = posting.localci("run", "--post", token="")
    assert done.code == NO_VERDICT
    assert "the run passed, and not all of it is on the forge" in done.errors


@pytest.mark.parametrize(
    "words",
    [
        ("--check", "tests"),
        ("--profile", "x"),
        ("--watch",),
        ("--background",),
        ("--checks-from", "main"),
    ],
)
def test_what_is_not_the_commits_own_whole_run_is_not_posted(
    posting: Posting, words: tuple[str, ...]
) -> None:
    done = posting.localci("run", "--post", *words)
    assert done.code == USAGE
    assert posting.github.requests == []


def test_a_posting_that_did_not_arrive_is_taken_up_without_another_run(posting: Posting) -> None:
    posting.commit({"run-tests": FAILING})
    posting.github.denied |= {(JOB, "checks"), (JOB, "statuses"), (JOB, "comments")}
    done = posting.localci("run", "--post")
    assert done.code == FAILED
    assert done.errors.count("is not there: GitHub answered 403") == 2
    assert "`localci post` tries it again" in done.errors
    posting.github.denied.clear()
    assert posting.localci("post").code == PASSED
    assert posting.check["output"]["title"] == "failed: tests"
    assert posting.kept == []


def test_a_result_made_elsewhere_is_kept_until_it_is_there(posting: Posting) -> None:
    failed = document(posting.project.path)
    checks = {"tests": failed.checks["tests"]._replace(passed=False)}
    result = json.dumps(encode_result(failed._replace(checks=checks)))
    posting.github.denied |= {(JOB, "checks"), (JOB, "statuses")}
    done = posting.project.localci(
        "post", "--result", "-", environment={"LOCALCI_FORGE_TOKEN": JOB}, data=result
    )
    assert done.code == NO_VERDICT
    (kept,) = posting.kept
    assert kept.stat().st_mode & 0o777 == 0o600
    assert JOB not in kept.read_text()
    posting.github.denied.clear()
    assert posting.localci("post").code == PASSED
    assert posting.check["output"]["title"] == "failed: tests"
    assert len(posting.github.comments) == 1


def test_a_signed_result_takes_the_place_of_what_was_kept(
    posting: Posting, ada: Key, homes: Homes
) -> None:
    posting.github.denied |= {(JOB, "checks"), (JOB, "statuses")}
    assert posting.localci("run", "--post").code == NO_VERDICT
    attach_good_line(posting.project, ada, homes)
    posting.github.denied.clear()
    posting.localci("post")
    assert posting.check["output"]["title"] == "accepted: ada@example.org"


def test_findings_stand_on_their_lines(posting: Posting) -> None:
    of = document(posting.project.path)
    issues = tuple(Issue("E1", "feature", line) for line in range(1, 51))
    warned = tuple(Issue("W1", "../feature", line) for line in range(1, 51))
    figures = IssueFigures(issues, 70, warned, 50)
    check = of.checks["tests"]._replace(passed=False, figures=figures)
    checks = dict.fromkeys(("a", "b", "c"), check)
    result = json.dumps(encode_result(of._replace(checks=checks)))
    path = posting.project.path.parent / "result.json"
    path.write_text(result)
    assert posting.localci("post", "--result", str(path)).code == PASSED
    annotations = posting.github.commits.annotations[posting.check["id"]]
    assert len(annotations) == 150
    assert {annotation["path"] for annotation in annotations} == {"feature"}


def test_the_summary_of_the_job_is_written_once(attested: Posting, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    for _ in range(2):
        done = attested.localci("post", GITHUB_STEP_SUMMARY=str(page))
    assert "job summary: there already" in done.output
    assert page.read_text().count("### localci") == 1


def test_a_summary_that_cannot_be_written_keeps_nothing_else_from_it(attested: Posting) -> None:
    done = attested.localci("post", GITHUB_STEP_SUMMARY="/not/there/summary.md")
    assert done.code == NO_VERDICT
    assert attested.check["conclusion"] == "success"


def test_a_commit_that_is_not_pushed_yet_is_to_be_pushed(attested: Posting) -> None:
    attested.github.commits.known = set()
    done = attested.localci("post")
    assert done.code == NO_VERDICT
    assert "push it, then `localci post`" in done.errors


def test_a_server_that_fails_is_recorded_as_such(attested: Posting) -> None:
    attested.github.fail(CHECK_RUNS, *[BAD_GATEWAY] * 4)
    assert attested.localci("post").code == NO_VERDICT
    (record,) = read_deliveries(str(attested.project.path / ".git"))
    assert (record.what, record.outcome, record.remote) == (POST, WAITING, "origin")
    assert "502" in record.reason


def test_ctrl_c_while_it_posts_leaves_what_was_given_kept(
    attested: Posting, tmp_path: Path
) -> None:
    result = tmp_path / "result.json"
    result.write_text(json.dumps(encode_result(document(attested.project.path))))
    asked = threading.Event()
    attested.github.meanwhile("GET", asked.set)
    attested.github.fail("GET", *[BAD_GATEWAY._replace(retry_after="60")] * 9)
    process = subprocess.Popen(
        [sys.executable, "-m", "localci", "post", "--result", str(result)],
        cwd=attested.project.path,
        env={**os.environ, "LOCALCI_FORGE_TOKEN": JOB},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert asked.wait(30)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED
    assert errors.splitlines()[-1] == "localci: interrupted"
    assert len(attested.kept) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--pull", "-1"), "--pull is the number of a pull request"),
        (("--remote", "nobody"), "there is no remote nobody here"),
        (("--result", "not-there"), "cannot be read"),
        (("not-a-commit",), "names no commit here"),
    ],
)
def test_what_cannot_be_is_one_line(posting: Posting, words: tuple[str, ...], says: str) -> None:
    done = posting.localci("post", *words)
    assert done.code == USAGE
    assert says in done.errors
    assert len(done.errors.splitlines()) == 1
