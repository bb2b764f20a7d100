"""The templates for other forges: GitLab's under gitlab-ci-local, Forgejo's under act."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.forge.github_names import is_branch
from support.act import Ran, installed_localci
from support.isolation import PROJECT, TESTER
from support.parts import need
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.forge import Forge
    from support.keys import Key

TEMPLATES: Final = PROJECT / "docs/forge"
FORGEJO: Final = ".forgejo/workflows/ci-local-verifier.yml"
# A project's own file takes the template in and says how localci comes to its runners.
GITLAB_FILE: Final = """\
include:
  - local: localci.yml
localci:
  before_script:
    - PATH="{programs}:$PATH"
"""


def judge_on_gitlab(forge: Forge, source: Path, **variables: str) -> Ran:
    """Run the job for HEAD, whose branch is in `source`."""
    need("rsync")
    directory = forge.project.path.parent / "gitlab"
    directory.mkdir()
    shutil.copy(TEMPLATES / "gitlab-ci.yml", directory / "localci.yml")
    programs = os.path.dirname(installed_localci())  # noqa: PTH120 - a text for a shell
    (directory / ".gitlab-ci.yml").write_text(GITLAB_FILE.format(programs=programs))
    git(directory, "init", "--quiet")
    git(directory, "remote", "add", "origin", "https://gitlab.com/acme/app.git")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "Start")
    base, remote = str(forge.project.remote), str(source)
    given = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_COMMIT_SHA": forge.head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_PROJECT_ID": "1" if source == forge.project.remote else "2",
        "CI_MERGE_REQUEST_PROJECT_URL": base.removesuffix(".git"),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_URL": remote.removesuffix(".git"),
        "CI_REPOSITORY_URL": remote,
        **variables,
    }
    done = subprocess.run(
        [
            *(need("gitlab-ci-local"), "--force-shell-executor", "--shell-isolation=false"),
            *(word for pair in given.items() for word in ("--variable", "=".join(pair))),
            "localci",
        ],
        cwd=directory,
        env={**os.environ, "PATH": f"{os.environ['PATH']}{os.pathsep}{TESTER['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def test_gitlab_accepts_what_is_attested(
    forge: Forge, ada: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    forge.push("feature")
    forge.attest(ada)
    ran = judge_on_gitlab(forge, forge.project.remote)
    assert ran.code == 0, ran.log
    assert "accepted" in ran.log
    # Runners that are kept would fill up; tmp.* is what mktemp makes.
    assert list(temporary.glob("tmp.*")) == []


def test_gitlab_reads_the_notes_of_a_fork_and_the_policy_of_the_project(
    forge: Forge, ada: Key
) -> None:
    git(forge.project.path, "push", "--quiet", "--no-verify", str(forge.fork), "feature")
    forge.attest(ada, to=forge.fork)
    ran = judge_on_gitlab(forge, forge.fork)
    assert ran.code == 0, ran.log


@pytest.mark.parametrize("files", [{}, {"localci.toml": "version = 1\n"}])
def test_gitlab_refuses_what_is_not(forge: Forge, files: dict[str, str]) -> None:
    forge.project.commit(files)
    forge.push("feature")
    ran = judge_on_gitlab(forge, forge.project.remote)
    assert ran.code == 1, ran.log
    assert "missing" in ran.log


def test_gitlab_runs_nothing_that_a_branch_is_called(forge: Forge, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    forge.push("feature")
    named = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": f"$(touch {fired})`touch {fired}`"}
    assert judge_on_gitlab(forge, forge.project.remote, **named).code == 1
    assert not fired.exists()
    assert not is_branch(named["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])


def judge_on_forgejo(forge: Forge, pull: dict[str, Any]) -> Ran:
    path = forge.project.path
    git(path, "switch", "--quiet", "main")
    template = (TEMPLATES / "forgejo-verifier.yml").read_text("utf-8")
    forge.project.commit({FORGEJO: template})
    forge.push("main")
    git(path, "switch", "--quiet", "feature")
    name = (pull["head"]["repo"] or {}).get("full_name", "")
    if name:
        pull["head"]["repo"]["clone_url"] = f"https://github.com/{name}.git"
    event = {"action": "opened", "number": pull["number"], "pull_request": pull}
    return forge.run("pull_request_target", event, workflow=FORGEJO)


def test_forgejo_accepts_what_is_attested(forge: Forge, ada: Key) -> None:
    forge.attest(ada, to=forge.fork)
    ran = judge_on_forgejo(forge, forge.propose(source="ada/app"))
    assert ran.code == 0, ran.log
    assert "accepted" in ran.log


def test_forgejo_refuses_what_is_not(forge: Forge) -> None:
    pull = forge.propose()
    pull["head"]["repo"] = None
    ran = judge_on_forgejo(forge, pull)
    assert ran.code == 1, ran.log
    assert "missing" in ran.log


@pytest.mark.parametrize("name", ["Jenkinsfile", "forgejo-verifier.yml", "gitlab-ci.yml"])
def test_every_directory_that_a_template_makes_is_removed(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    assert text.count("trap '") == text.count("$(mktemp -d)") > 0
    assert "exec " not in text  # a trap does not outlive it


def test_jenkins_template_says_that_it_is_not_run() -> None:
    assert "Not run by localci's own tests" in (TEMPLATES / "Jenkinsfile").read_text("utf-8")
