"""How deliveries and runs went, as `localci stats` tells it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from localci.errors import PASSED, USAGE
from localci.prover.record.run_journal import read_runs
from support.journals import delivery, run_entry, write_deliveries, write_runs
from support.project import Project, make_project
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key

CHECKS: Final = """\
version = 1
[run]
setup = "sleep 0.4"
keep = ["made"]
[services.slow]
run = "sleep 0.3; touch {data}/up; exec sleep 60"
ready = "test -e {data}/up"
[checks.one]
run = "sleep 0.4"
services = ["slow"]
[checks.two]
run = "sleep 0.2"
needs = ["one"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_repository(tmp_path / "app", {"localci.toml": CHECKS}), tmp_path)


def common_dir(project: Project) -> Path:
    return project.path / ".git"


def test_where_nothing_is_recorded_it_says_what_to_do(project: Project) -> None:
    told = project.localci("stats")

    assert told.code == PASSED
    assert told.output == "nothing is recorded yet; after `localci run` and `git push` there is\n"
    assert json.loads(project.localci("stats", "--json").output)["runs"]["total"] == 0


def test_the_time_of_setup_services_and_checks_is_the_projects(project: Project) -> None:
    before = time.monotonic()
    assert project.localci("run", "--jobs", "2").code == PASSED
    passed = time.monotonic() - before

    (run,) = read_runs(str(common_dir(project)))
    spent = run.time
    # One after the other: setup, the service's start, one, two.
    assert 1.3 <= spent.commands < spent.whole <= passed + 0.02
    assert spent.preparing > 0.05  # Python itself
    assert spent.whole == pytest.approx(passed, abs=0.5)
    assert {check.name: check.outcome for check in run.checks} == {"one": "passed", "two": "passed"}


def test_a_run_that_reuses_everything_has_no_share(project: Project) -> None:
    for _ in range(2):
        assert project.localci("run").code == PASSED

    told = json.loads(project.localci("stats", "--json").output)

    assert (told["runs"]["total"], told["runs"]["reused_ratio"]) == (2, 0.5)
    assert told["own_share"]["shorter_runs_seconds"]["count"] == 1


def test_a_push_is_told_with_its_run_and_its_publishing(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    project.install_hook()
    git(project.path, "push", "--quiet", "origin", "main:topic")

    (run,) = read_runs(str(common_dir(project)))
    told = project.localci("stats")

    assert run.time.publishing > 0
    assert "runs, last 30 days: 1: 1 passed\n" in told.output


def test_a_push_of_what_is_delivered_records_no_run(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    project.install_hook()
    for branch in ("a", "b", "b"):
        git(project.path, "push", "--quiet", "origin", f"main:{branch}")

    assert len(read_runs(str(common_dir(project)))) == 1


def test_one_remote_and_one_span_can_be_asked_for(project: Project) -> None:
    now = time.time()
    records = [
        delivery(3, now=now, remote="origin"),
        delivery(1, now=now, remote="origin"),
        delivery(1, now=now, remote="https://user:hunter2@example.org/x"),
    ]
    write_deliveries(common_dir(project), records)

    def total(*words: str) -> int:
        told: int = json.loads(project.localci("stats", "--json", *words).output)["deliveries"][
            "total"
        ]
        return told

    assert (total(), total("--since", "2d"), total("--remote", "origin")) == (3, 2, 2)
    assert total("--remote", "https://example.org/x") == 1
    assert "hunter2" not in project.localci("stats").output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--since", "soon"], "--since 30d"),
        (["--since", "0s"], "--since 30d"),
        (["--remote", "nowhere"], "git remote -v"),
        (["--json", "--openmetrics"], "--help"),
    ],
)
def test_what_cannot_be_asked_is_answered_by_what_can(
    project: Project, words: list[str], named: str
) -> None:
    told = project.localci("stats", *words)

    assert (told.code, told.output) == (USAGE, "")
    assert named in told.errors


def test_the_exposition_is_utf_8_wherever_it_goes(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "app", {"a": "1"})
    write_deliveries(path / ".git", [delivery(1, now=time.time(), remote="übung")])

    told = Project(path, tmp_path).localci(
        "stats", "--openmetrics", environment={"PYTHONIOENCODING": "ascii"}
    )

    (deliveries, *_) = text_string_to_metric_families(told.output)
    (sample,) = deliveries.samples
    assert (sample.name, sample.labels["remote"]) == ("localci_deliveries_total", "übung")


def test_broken_journals_and_a_clock_that_was_set_back_stop_nothing(project: Project) -> None:
    now = time.time()
    deliveries = write_deliveries(common_dir(project), [delivery(-4000, now=now)])
    runs = write_runs(common_dir(project), [run_entry(1, -4000, now=now)])
    for journal in (deliveries, runs):
        with journal.open("ab") as file:
            file.write(b'\xff\n{"at": 1e999}\n[]\nnull\n{"after": null}\n{"at"')

    told = json.loads(project.localci("stats", "--json").output)

    assert (told["deliveries"]["total"], told["runs"]["total"]) == (1, 1)
    for form in ([], ["--openmetrics"], ["--since", "999999999d"]):
        assert project.localci("stats", *form).code == PASSED


def test_nothing_is_changed(project: Project, homes: Homes) -> None:
    def files() -> set[Path]:
        return {*project.path.parent.rglob("*"), *homes.root.rglob("*")}

    before = files()
    assert project.localci("stats").code == PASSED

    assert files() == before
