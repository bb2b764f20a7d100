"""`localci forge setup`: shown first, merged by consent, and twice changes nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from support.github_server import BAD_CREDENTIALS, JOB, PERSON, github_server
from support.localci_command import run_localci
from support.repositories import git, make_repository, write_files
from support.terminal import run_on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.github_server import GitHubServer
    from support.isolation import Homes
    from support.localci_command import Done

WORKFLOW: Final = ".github/workflows/ci-local-verifier.yml"
OWNERS: Final = ".github/CODEOWNERS"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    """A GitHub whose default branch holds the verifier's workflow."""
    with github_server() as server:
        server.commits.files.add(("main", WORKFLOW))
        yield server


@pytest.fixture
def clone(tmp_path: Path, homes: Homes, server: GitHubServer) -> Path:
    """A clone of the repository there."""
    made = make_repository(tmp_path / "clone")
    write_files(made, {WORKFLOW: "name: localci verifier\n", OWNERS: "* @acme/dev\n"})
    git(made, "remote", "add", "origin", "https://github.test/acme/app.git")
    git(made, "config", "localci.github.test.forge", "github")
    git(made, "config", "localci.github.test.api", server.url)
    return made


def set_up(clone: Path, *arguments: str, token: str = PERSON) -> Done:
    environment = {"LOCALCI_FORGE_TOKEN": token}
    done = run_localci(clone, "forge", "setup", *arguments, environment=environment)
    assert token not in done.output + done.errors
    return done


def test_without_consent_it_shows_what_it_would_do_and_changes_nothing(
    clone: Path, server: GitHubServer
) -> None:
    server.rules.add_ruleset("main", {"type": "deletion"})
    done = set_up(clone, "--owner", "@acme/ci")
    assert done.code == USAGE
    assert done.output.splitlines() == [
        "acme/app:",
        '  ruleset "main" (id 1), for main:',
        "      deletion",
        "    + required check: localci, from GitHub Actions (app 15368)",
        "  .github/CODEOWNERS, in your working directory:",
        "      * @acme/dev",
        "    +",
        "    + # localci: who reviews a change of the rules",
        "    + /.github/ @acme/ci",
        "    + /.localci/ @acme/ci",
        "    + # localci: end",
    ]
    assert "`localci forge setup --yes`" in done.errors
    assert {request.method for request in server.requests} == {"GET"}
    assert (clone / OWNERS).read_text("utf-8") == "* @acme/dev\n"


def test_twice_changes_nothing(clone: Path, server: GitHubServer) -> None:
    server.rules.add_ruleset("main", {"type": "deletion"})
    once = set_up(clone, "--yes", "--owner", "@acme/ci")
    assert once.code == PASSED, once.errors
    assert "wrote .github/CODEOWNERS" in once.output
    assert "git add .github/CODEOWNERS" in once.output
    assert 'changed on GitHub: ruleset "main" (id 1), for main' in once.output
    assert git(clone, "diff", "--cached", "--name-only") == ""
    before = len(server.requests)
    again = set_up(clone, "--owner", "@acme/ci")
    assert (again.code, again.output.splitlines()[-1]) == (PASSED, "nothing to change")
    assert {request.method for request in server.requests[before:]} == {"GET"}
    assert server.refused == []


def test_a_person_is_asked(clone: Path, server: GitHubServer) -> None:
    environment = {"LOCALCI_FORGE_TOKEN": PERSON}
    done = run_on_terminal(clone, "forge", "setup", typed="n\n", environment=environment)
    assert done.code == PASSED
    assert "nothing was changed" in done.output
    assert server.rules.rulesets == []


def test_the_check_is_not_required_before_somebody_writes_it(
    clone: Path, server: GitHubServer
) -> None:
    server.commits.files.clear()
    (clone / WORKFLOW).unlink()
    done = set_up(clone, "--yes")
    assert done.code == NO_VERDICT
    assert "the check is not required yet" in done.errors
    assert "localci" in (clone / WORKFLOW).read_text("utf-8")
    assert f"git add {WORKFLOW}" in done.output
    assert server.rules.rulesets == []
    server.commits.files.add(("main", WORKFLOW))
    assert set_up(clone, "--yes").code == PASSED
    assert [one["name"] for one in server.rules.rulesets] == ["localci"]


def test_a_jobs_token_is_told_that_it_cannot_administer(clone: Path, server: GitHubServer) -> None:
    done = set_up(clone, "--yes", token=JOB)
    assert done.code == NO_VERDICT
    assert "Administration: write" in done.errors
    assert len(done.errors.splitlines()) == 1


def test_a_wrong_token_is_one_line(clone: Path, server: GitHubServer) -> None:
    server.fail("GET", BAD_CREDENTIALS)
    done = set_up(clone, "--yes")
    assert (done.code, len(done.errors.splitlines())) == (NO_VERDICT, 1)


def test_without_a_token_nothing_is_asked(clone: Path, server: GitHubServer) -> None:
    done = run_localci(clone, "forge", "setup", "--yes")
    assert done.code == USAGE
    assert server.requests == []


def test_the_settings_of_another_forge_are_left_to_people(clone: Path) -> None:
    git(clone, "config", "localci.github.test.forge", "gitlab")
    done = set_up(clone, "--yes")
    assert done.code == USAGE
    assert "docs/forge/settings.md" in done.errors


def test_a_ruleset_with_a_hostile_name_does_not_reach_the_terminal_alive(
    clone: Path, server: GitHubServer
) -> None:
    server.rules.add_ruleset("\x1b]0;owned\x07::error::", {"type": "deletion"})
    done = set_up(clone)
    assert "\x1b" not in done.output + done.errors
    assert "owned" in done.output


def test_a_remote_that_git_rewrites_is_found_where_git_finds_it(
    clone: Path, server: GitHubServer
) -> None:
    git(clone, "remote", "set-url", "origin", "gh:acme/app")
    git(clone, "config", "url.https://github.test/.insteadOf", "gh:")
    assert set_up(clone, "--yes").code == PASSED
    assert [one["name"] for one in server.rules.rulesets] == ["localci"]


def test_a_workflow_behind_a_link_is_not_written(clone: Path, tmp_path: Path) -> None:
    (clone / WORKFLOW).unlink()
    (clone / WORKFLOW).symlink_to(tmp_path / "elsewhere.yml")
    done = set_up(clone, "--yes")
    assert done.code == USAGE
    assert "behind a symbolic link" in done.errors
    assert (clone / WORKFLOW).is_symlink()


def test_owners_that_somebody_named_stay(clone: Path) -> None:
    write_files(clone, {OWNERS: "/.github/ @ops\n/.localci/ @ops\n"})
    done = set_up(clone, "--yes", "--owner", "@acme/ci")
    assert "kept in .github/CODEOWNERS: /.github/ @ops" in done.output
    assert (clone / OWNERS).read_text("utf-8") == "/.github/ @ops\n/.localci/ @ops\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--app", "-1"], "the id of no app"),
        (["--remote", "nowhere"], "there is no remote nowhere"),
        (["--owner", "nobody in particular"], "is no owner"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    clone: Path, server: GitHubServer, arguments: list[str], said: str
) -> None:
    done = set_up(clone, "--yes", *arguments)
    assert (done.code, len(done.errors.splitlines())) == (USAGE, 1)
    assert said in done.errors
    assert server.rules.rulesets == []


def test_a_job_that_judges_does_not_import_the_prover_for_it() -> None:
    program = (
        "import sys, localci.commands.forge\n"
        "print([name for name in sys.modules if name.startswith('localci.prover')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def examine(clone: Path, *arguments: str) -> list[str]:
    """What `localci doctor` says of the forge."""
    environment = {"LOCALCI_FORGE_TOKEN": PERSON, "COLUMNS": "200"}
    done = run_localci(clone, "doctor", *arguments, environment=environment)
    lines = done.output.splitlines()
    return [line for line in lines if line.split()[1:2] == ["forge"]]


def test_doctor_tells_the_same_and_changes_nothing(clone: Path, server: GitHubServer) -> None:
    missing = "missing in ruleset localci (new), for main"
    assert examine(clone, "--forge") == [
        f"fail  forge       {missing}: required check: localci, from GitHub Actions (app 15368)",
        "warn  forge       no code owner is named for .github/ and .localci/",
    ]
    assert {request.method for request in server.requests} == {"GET"}
    set_up(clone, "--yes", "--owner", "@acme/ci")
    assert examine(clone, "--forge") == [
        "ok    forge       main requires the check localci from GitHub Actions (app 15368)"
    ]


def test_doctor_asks_nobody_over_a_network_by_itself(clone: Path, server: GitHubServer) -> None:
    assert examine(clone) == []
    assert server.requests == []
