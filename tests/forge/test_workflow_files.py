"""What act does not enforce, read from the shipped files: rights, pins, secrets, triggers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from support.act import HOSTED, VERIFIER
from support.isolation import PROJECT

FORGEJO: Final = "docs/forge/forgejo-verifier.yml"
SHIPPED: Final = (VERIFIER, HOSTED, FORGEJO)
PINNED: Final = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
WITH_RIGHTS: Final = {"pull_request_target", "workflow_run", "push", "schedule"}


def load(name: str) -> dict[str, Any]:
    """Return a workflow; YAML 1.1 reads the key `on` as true."""
    text = (PROJECT / name).read_text("utf-8")
    loaded: dict[Any, Any] = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in loaded.items()}


def steps(name: str) -> list[dict[str, Any]]:
    found = load(name)
    if "runs" in found:
        return list(found["runs"]["steps"])
    return [step for job in found["jobs"].values() for step in job["steps"]]


def test_the_verifier_hears_every_event_of_the_design() -> None:
    assert set(load(VERIFIER)["on"]) == {
        "pull_request_target",
        "merge_group",
        "push",
        "workflow_run",
        "workflow_dispatch",
        "repository_dispatch",
        "schedule",
    }
    assert load(VERIFIER)["on"]["workflow_run"]["workflows"] == [load(HOSTED)["name"]]
    assert "edited" in load(VERIFIER)["on"]["pull_request_target"]["types"]


def test_the_verifier_s_job_has_these_rights_and_no_others() -> None:
    workflow = load(VERIFIER)
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {
        "contents": "read",
        "pull-requests": "read",
        "actions": "read",
        "checks": "write",
    }


def test_the_verifier_is_one_step_that_checks_nothing_out() -> None:
    (step,) = steps(VERIFIER)
    assert step["uses"].startswith("acme/localci@")
    assert set(step["with"]) == {"targets"}
    words = [str(step.get("run", "")) for step in steps("action.yml")]
    assert not any("git " in word or "checkout" in word for word in words)


def test_no_job_is_called_like_the_required_check() -> None:
    for name in (VERIFIER, HOSTED):
        for key, job in load(name)["jobs"].items():
            assert not {key, job["name"]} & {"localci"}
            assert "if" not in job  # a job that is skipped passes


def test_the_hosted_run_has_nothing_to_steal() -> None:
    workflow = load(HOSTED)
    assert set(workflow["on"]) == {"pull_request", "merge_group"}
    assert "edited" in workflow["on"]["pull_request"]["types"]
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert not {"environment", "secrets", "container", "services"} & set(job)
    text = (PROJECT / HOSTED).read_text("utf-8")
    assert "secrets." not in text
    assert "cache" not in text
    checkout, install, run, upload = job["steps"]
    assert checkout["with"]["persist-credentials"] is False
    assert install["with"] == {"command": "install", "token": ""}
    assert "--checks-from" in run["run"]
    assert upload["if"] == "steps.run.outputs.ran == 'true'"


@pytest.mark.parametrize("name", SHIPPED)
def test_who_runs_with_rights_runs_nothing_of_a_pull_request(name: str) -> None:
    workflow = load(name)
    if not WITH_RIGHTS & set(workflow["on"]):
        return
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert not any("checkout" in action or action.startswith("./") for action in used)


@pytest.mark.parametrize("name", [*SHIPPED, "action.yml"])
def test_no_expression_stands_in_a_script_and_every_action_is_pinned(name: str) -> None:
    for step in steps(name):
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert PINNED.fullmatch(step["uses"]), step["uses"]


@pytest.mark.parametrize("name", ["action.yml", FORGEJO, "docs/forge/gitlab-ci.yml"])
def test_python_is_isolated_from_where_it_is_started(name: str) -> None:
    started = re.findall(r"python3?\"? (.*)", (PROJECT / name).read_text("utf-8"))
    modules = [words for words in started if "-m " in words]
    assert len(modules) >= 2
    assert all(words.startswith("-I -m ") for words in modules)


@pytest.mark.parametrize("name", SHIPPED)
def test_jobs_end_and_do_not_overtake_each_other(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {}
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert workflow["concurrency"]["cancel-in-progress"] is (name == HOSTED)
    assert "sha" in workflow["concurrency"]["group"]


def test_zizmor_finds_nothing_and_what_it_is_told_to_ignore_has_its_reason() -> None:
    files = ["action.yml", ".github", FORGEJO]
    done = _tool("zizmor", "--offline", "--no-progress", "--persona", "regular", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in SHIPPED:
        for line in (PROJECT / name).read_text("utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert re.search(r"ignore\[dangerous-triggers\] \w+ \w+", line)


def test_actionlint_finds_nothing() -> None:
    done = _tool("actionlint", "-shellcheck=", "-pyflakes=", *SHIPPED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_the_action_installs_is_pinned_by_hash() -> None:
    text = (PROJECT / ".github/requirements.txt").read_text("utf-8")
    requirements = re.split(r"\n(?=[a-z])", text)[1:]
    assert all("==" in item and "--hash=sha256:" in item for item in requirements)
    names = {item.partition("==")[0].lower() for item in requirements}
    project = (PROJECT / "pyproject.toml").read_text("utf-8")
    wanted = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert wanted is not None
    needed = {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)', wanted[1])}
    assert needed | {"hatchling"} <= names


def test_gitlab_s_job_checks_nothing_out() -> None:
    job = load("docs/forge/gitlab-ci.yml")["localci"]
    assert job["variables"]["GIT_STRATEGY"] == "none"
    assert "allow_failure" not in job
    assert "skip" not in str(job["rules"])


def _tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / name, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
