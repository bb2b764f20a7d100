"""Several checks in one run: at once, in order, again, one after another's failure."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import Check, Report, RunSettings, Service
from localci.formats.result import TestFigures
from localci.git.discovery import find_repository
from localci.prover.plan.matrix import Cell
from localci.prover.plan.plan import PlannedCheck
from localci.prover.run.events import CheckFinished, CheckStarted, ServiceReady, Waiting
from localci.prover.run.run_outcome import NoVerdict, Ran
from localci.prover.run.scheduler import Limits
from localci.prover.run.slots import MachineSlots, core_count
from localci.prover.workspace import pool
from support.repositories import git, make_repository
from support.runs import DEFINITION, INPUTS, Told, log_of, request, run, run_request, summary

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.run.events import Event

SUITE = '<testsuite tests="{0}"><testcase name="a"/></testsuite>'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"one.xml": SUITE.format(1), "a.txt": "one\n", "b.txt": "two\n"}
    return make_repository(tmp_path / "app", files)


def meets(own: str, other: str) -> str:
    """Return a command that ends only if the other one runs at the same time."""
    return f"touch $TMPDIR/{own}; until test -e $TMPDIR/{other}; do sleep 0.01; done"


def with_cells(check: Check, **axis: tuple[str, ...]) -> PlannedCheck:
    ((name, values),) = axis.items()
    cells = tuple(Cell(f"{name}={value}", {name: value}) for value in values)
    return PlannedCheck(check, DEFINITION, INPUTS, cells)


def test_checks_run_at_once(repository: Path) -> None:
    outcome = run(
        repository,
        Check("a", run=meets("a", "b"), timeout=20),
        Check("b", run=meets("b", "a"), timeout=20),
    )
    assert summary(outcome) == {"a": "passed", "b": "passed"}


def test_no_more_at_once_than_jobs(repository: Path) -> None:
    alone = "test ! -e $TMPDIR/busy && touch $TMPDIR/busy && sleep 0.1 && rm $TMPDIR/busy"
    checks = [Check(name, run=alone) for name in ("a", "b", "c")]
    wanted = request(repository, *checks, limits=Limits(jobs=1, fail_fast=False))
    assert run_request(wanted).exit_code == 0


def test_a_heavy_check_runs_alone(repository: Path) -> None:
    outcome = run(
        repository,
        Check("light", run="touch $TMPDIR/busy; sleep 0.2; rm $TMPDIR/busy"),
        Check("heavy", run="test ! -e $TMPDIR/busy", weight=2),
    )
    assert summary(outcome) == {"light": "passed", "heavy": "passed"}


def test_a_check_waits_for_what_it_needs(repository: Path) -> None:
    outcome = run(
        repository,
        Check("build", run="sleep 0.1; touch built"),
        Check("use", run="test -e built", needs=("build",)),
    )
    assert summary(outcome) == {"build": "passed", "use": "passed"}


@pytest.mark.parametrize(
    ("command", "how", "code"), [("false", "failed", 1), ("kill -9 $$", "has no verdict", 4)]
)
def test_without_what_it_needs_a_check_has_no_verdict(
    repository: Path, command: str, how: str, code: int
) -> None:
    outcome = run(
        repository,
        Check("build", run=command),
        Check("use", run="touch $TMPDIR/used", needs=("build",)),
        Check("more", run="true", needs=("use",)),
    )
    assert summary(outcome)["use"] == f"not run: it needs build, which {how}"
    assert summary(outcome)["more"] == "not run: it needs use, which has no verdict"
    assert outcome.exit_code == code


def test_a_failure_that_does_not_count_stops_nobody(repository: Path) -> None:
    outcome = run(
        repository,
        Check("hint", run="false", advisory=True),
        Check("use", run="true", needs=("hint",)),
    )
    assert summary(outcome)["use"] == "passed"
    assert outcome.exit_code == 0


class Releasing(Told):
    """A view that lets go of what the run waits for."""

    def __init__(self, held: contextlib.ExitStack) -> None:
        super().__init__()
        self._held = held

    def tell(self, event: Event) -> None:
        super().tell(event)
        if isinstance(event, Waiting):
            self._held.close()


def test_time_in_which_other_runs_hold_the_cores_is_noted(repository: Path) -> None:
    with contextlib.ExitStack() as held:
        others = held.enter_context(MachineSlots(core_count(), {}))
        assert others.try_take("others", core_count())
        told = Releasing(held)
        outcome = run(repository, Check("a", run="true"), told=told)

    (wait,) = outcome.waits
    (command,) = outcome.spans
    assert told.lines.count("waiting") == 1
    assert wait.began < wait.ended <= command.began


def test_time_in_which_other_runs_hold_the_workspaces_is_noted(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST", 1)
    source, head = find_repository(str(repository)), git(repository, "rev-parse", "HEAD")
    with contextlib.ExitStack() as held:
        held.enter_context(pool.workspace(source, head, RunSettings(), on_wait=pytest.fail))
        outcome = run(repository, Check("a", run="true"), told=Releasing(held))

    (wait,) = outcome.waits
    assert wait.began < wait.ended <= outcome.spans[0].began


def test_who_waits_for_nobody_notes_nothing(repository: Path) -> None:
    assert run(repository, Check("a", run="true"), Check("b", run="true")).waits == ()


def test_fail_fast_ends_the_run(repository: Path) -> None:
    wanted = request(
        repository,
        Check("bad", run="until test -e $TMPDIR/on; do sleep 0.01; done; exit 1"),
        Check("slow", run="touch $TMPDIR/on; sleep 600"),
        Check("later", run="true"),
        limits=Limits(jobs=2, fail_fast=True),
    )
    outcome = run_request(wanted)
    assert summary(outcome)["slow"] == "not run to its end: bad failed (fail_fast)"
    assert summary(outcome)["later"] == "not run to its end: bad failed (fail_fast)"
    assert outcome.exit_code == 1


class TestRetries:
    FLAKY = "test -e $TMPDIR/again || { touch $TMPDIR/again; echo oops; exit 1; }; echo fine"

    def test_a_flaky_check_that_is_tried_again_says_so(self, repository: Path) -> None:
        told = Told()
        outcome = run(repository, Check("flaky", run=self.FLAKY, retries=2), told=told)
        (check,) = outcome.checks
        assert isinstance(check, Ran)
        assert (check.result.passed, check.result.attempts) == (True, 2)
        assert check.log.read_text() == "fine\n"
        assert (check.log.parent / "flaky.log.1").read_text() == "oops\n"
        started = [event for event in told.events if isinstance(event, CheckStarted)]
        assert [event.attempt for event in started] == [1, 2]

    def test_nothing_is_tried_again_unasked(self, repository: Path) -> None:
        assert summary(run(repository, Check("flaky", run=self.FLAKY))) == {"flaky": "exit code 1"}

    def test_a_check_that_fails_each_time_has_failed(self, repository: Path) -> None:
        outcome = run(repository, Check("bad", run="exit 1", retries=2))
        (check,) = outcome.checks
        assert isinstance(check, Ran)
        assert (check.result.passed, check.result.attempts) == (False, 3)

    def test_a_report_of_an_earlier_attempt_is_no_evidence(self, repository: Path) -> None:
        command = (
            "test -e $TMPDIR/again && exit 0;"
            " touch $TMPDIR/again; cp one.xml {reports}/junit.xml; exit 1"
        )
        check = Check("x", run=command, report=Report("junit", "junit.xml"), retries=1)
        outcome = run(repository, check)
        assert isinstance(outcome.checks[0], NoVerdict)


class TestMatrix:
    def test_each_cell_runs_with_its_values(self, repository: Path) -> None:
        check = Check(
            "tests",
            run='echo {matrix.n} "$N"; cp one.xml {reports}/junit.xml',
            report=Report("junit", "junit.xml"),
            env={"N": "v{matrix.n}"},
        )
        told = Told()
        outcome = run(repository, with_cells(check, n=("1", "2 x")), told=told)
        (tests,) = outcome.checks
        assert isinstance(tests, Ran)
        assert tests.result.figures == TestFigures(2, 0, 0)
        assert (tests.log.parent / "tests@n=2 x.log").read_text() == "2 x v2 x\n"
        finished = [event.cell for event in told.events if isinstance(event, CheckFinished)]
        assert sorted(finished) == ["", "n=1", "n=2 x"]

    def test_a_reader_reads_the_report_of_each_cell(self, repository: Path) -> None:
        source = Check("tests", run="cp one.xml {reports}/junit.xml")
        reader = Check("figures", source="tests", report=Report("junit", "junit.xml"))
        cells = {"n": ("1", "2")}
        outcome = run(repository, with_cells(source, **cells), with_cells(reader, **cells))
        assert outcome.results["figures"].figures == TestFigures(2, 0, 0)


class TestChangedFiles:
    def test_whoever_ran_at_the_time_has_no_verdict(self, repository: Path) -> None:
        outcome = run(
            repository,
            Check("bad", run=f"{meets('a', 'b')}; echo x > a.txt", timeout=20),
            Check("beside", run=f"{meets('b', 'a')}; sleep 600", timeout=20),
        )
        said = "tracked files changed while it ran, by bad or beside: a.txt"
        assert summary(outcome) == {"bad": said, "beside": said}
        assert outcome.exit_code == 4

    def test_who_ran_before_or_runs_later_is_untouched(self, repository: Path) -> None:
        outcome = run(
            repository,
            Check("before", run="grep -q one a.txt"),
            Check("bad", run="echo x > a.txt", needs=("before",)),
            Check("later", run="grep -q one a.txt", weight=2),
        )
        assert summary(outcome)["bad"] == "changed tracked files: a.txt"
        assert summary(outcome)["before"] == "passed"
        assert summary(outcome)["later"] == "passed"

    def test_nothing_is_put_back_while_somebody_could_write_there(self, repository: Path) -> None:
        """git would obey the configuration that it finds in the clone."""
        stubborn = (
            f"trap '' TERM; {meets('b', 'a')}; while :; do"
            " printf '[core]\n\tfsmonitor = touch fsmonitor-ran; false\n' >> .git/config; done"
        )
        outcome = run(
            repository,
            Check("bad", run=f"{meets('a', 'b')}; echo x > a.txt", timeout=20),
            Check("beside", run=stubborn, timeout=20),
            Check("later", run="grep -q one a.txt && test ! -e fsmonitor-ran", weight=2),
        )
        assert summary(outcome)["later"] == "passed"
        assert not list(repository.parent.rglob("fsmonitor-ran"))

    def test_a_check_with_a_workspace_of_its_own_may(self, repository: Path) -> None:
        outcome = run(
            repository,
            Check("format", run="echo x > a.txt; touch ready", own_workspace=True),
            Check("beside", run="sleep 0.1; grep -q one a.txt && test ! -e ready"),
        )
        assert summary(outcome) == {"format": "passed", "beside": "passed"}
        again = run(repository, Check("format", run="grep -q one a.txt", own_workspace=True))
        assert summary(again) == {"format": "passed"}


class TestServices:
    SERVER = (
        f"exec {sys.executable} -I -m http.server --bind 127.0.0.1 --directory {{data}} {{port}}"
    )
    ASK = (
        f"{sys.executable} -I -c 'import os, urllib.request as u;"
        ' u.urlopen(os.environ["WEB_URL"])\''
    )
    WEB = Service("web", run=SERVER, env={"WEB_URL": "http://127.0.0.1:{port}/"})

    def test_a_check_uses_a_service_which_ends_with_the_run(self, repository: Path) -> None:
        told = Told()
        check = Check("ask", run=f"{self.ASK}; echo $WEB_URL", services=("web",))
        outcome = run_request(request(repository, check, services=(self.WEB,)), told)
        assert summary(outcome) == {"ask": "passed"}
        assert [event.name for event in told.events if isinstance(event, ServiceReady)] == ["web"]
        assert "GET / HTTP" in (outcome.logs / "_service-web.log").read_text()
        url = log_of(outcome).strip()
        gone = run(repository, Check("ask", run=self.ASK, env={"WEB_URL": url}))
        assert gone.exit_code == 1

    def test_readiness_is_what_its_command_says(self, repository: Path) -> None:
        ready = Service(
            "slow", run="sleep 0.2; touch {data}/on; exec sleep 600", ready="test -e {data}/on"
        )
        outcome = run_request(
            request(repository, Check("x", run="true", services=("slow",)), services=(ready,))
        )
        assert summary(outcome) == {"x": "passed"}

    @pytest.mark.parametrize(
        ("service", "reason"),
        [
            (
                Service("db", run="echo no disk; exit 3", ready="false"),
                "service db ended with exit code 3: no disk",
            ),
            (
                Service("db", run="exec sleep 600", ready="false", ready_timeout=0.3),
                "service db is not ready after 0.3 s (ready_timeout)",
            ),
        ],
    )
    def test_without_its_service_a_check_has_no_verdict(
        self, repository: Path, service: Service, reason: str
    ) -> None:
        outcome = run_request(
            request(
                repository,
                Check("x", run="true", services=("db",)),
                Check("y", run="true"),
                services=(service,),
            )
        )
        assert summary(outcome) == {"x": reason, "y": "passed"}
        assert outcome.checks[0].log == outcome.logs / "_service-db.log"
        assert outcome.exit_code == 4

    def test_a_service_writes_nobodys_report(self, repository: Path) -> None:
        forger = Service(
            "forger",
            run="for d in $TMPDIR/../reports/tests/out $PWD/../reports/tests/out; do mkdir -p $d;"
            " cp one.xml $d/junit.xml; done; exec sleep 600",
            ready="sleep 0.3",
        )
        tests = Check("tests", run="true", report=Report("junit", "junit.xml"))
        asks = Check("ask", run="true", services=("forger",))
        outcome = run_request(
            request(repository, asks, replace(tests, needs=("ask",)), services=(forger,))
        )
        assert "was not written" in summary(outcome)["tests"]

    def test_a_failure_beside_a_service_that_died_is_no_verdict(self, repository: Path) -> None:
        dies = Service(
            "db",
            run="until test -e {data}/end; do sleep 0.01; done",
            ready="true",
            env={"D": "{data}"},
        )
        outcome = run_request(
            request(
                repository,
                Check("x", run="touch $D/end; sleep 0.3; exit 1", services=("db",)),
                services=(dies,),
            )
        )
        assert summary(outcome)["x"].startswith("service db ended with exit code 0")
        assert outcome.exit_code == 4
