from __future__ import annotations

import hashlib
import os
import platform
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci import __version__
from localci.config.configuration import Check, Report, RunSettings
from localci.errors import LocalciError
from localci.formats.result import (
    CoverageFigures,
    ExitFigures,
    ResultDocument,
    TestFigures,
    decode_result,
    encode_result,
)
from localci.prover.run.durations import known_seconds
from localci.prover.run.run_outcome import Ran
from localci.prover.run.scheduler import Limits
from support.repositories import commit, git, make_repository, write_files
from support.runs import DEFINITION, INPUTS, Told, log_of, request, run, run_request, summary

if TYPE_CHECKING:
    from support.small_disk import SmallDisk

JUNIT = (
    '<testsuite tests="{0}" failures="{1}"><testcase name="a"/><testcase name="b">{2}</testcase>'
    "</testsuite>"
)
GOOD = JUNIT.format(2, 0, "")
BAD = JUNIT.format(2, 1, "<failure/>")
COVERAGE = '{"totals": {"covered_lines": 7, "num_statements": 8, "percent_covered": 87.5}}'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"good.xml": GOOD, "bad.xml": BAD, "coverage.json": COVERAGE, "a.txt": "one\n"}
    return make_repository(tmp_path / "app", files)


def junit(name: str, run: str) -> Check:
    return Check(name, run=run, report=Report("junit", "junit.xml"))


def test_a_passed_check_is_a_result_that_survives_the_wire(repository: Path) -> None:
    outcome = run(repository, junit("tests", "cp good.xml {reports}/junit.xml; echo fine"))
    (check,) = outcome.checks
    assert isinstance(check, Ran)
    result = check.result
    assert result.passed
    assert result.figures == TestFigures(2, 0, 0)
    assert (result.definition, result.inputs) == (DEFINITION, INPUTS)
    assert result.exit_code == 0
    assert result.duration_ms is not None
    assert result.log == hashlib.sha256(b"fine\n").hexdigest()
    assert check.log.read_text() == "fine\n"
    assert outcome.started_at <= result.started_at <= result.finished_at <= outcome.finished_at
    assert outcome.exit_code == 0
    document = ResultDocument(
        commit=outcome.commit,
        tree=outcome.tree,
        run_id=outcome.run_id,
        started_at=outcome.started_at,
        finished_at=outcome.finished_at,
        checks=outcome.results,
        environment=outcome.environment,
    )
    assert decode_result(encode_result(document)) == document


def test_with_one_job_checks_run_in_the_order_of_the_plan(repository: Path) -> None:
    told = Told()
    checks = (Check("z", run="touch first"), Check("a", run="test -e first"))
    wanted = request(repository, *checks, limits=Limits(jobs=1, fail_fast=False))
    assert summary(run_request(wanted, told)) == {"z": "passed", "a": "passed"}
    assert told.lines == ["started z", "finished z", "started a", "finished a"]


@pytest.mark.parametrize(
    ("command", "reason", "code"),
    [
        ("true", "passed", 0),
        ("exit 3", "exit code 3", 1),
        ("kill -SEGV $$", "crashed: SIGSEGV", 1),
        ("sh -c 'kill -ABRT $$'; exit $?", "crashed: SIGABRT", 1),
        ("kill -KILL $$", "ended from outside by SIGKILL, perhaps for want of memory", 4),
        ("kill -TERM $$", "ended from outside by SIGTERM", 4),
        ("/nowhere/no-such-tool --version", "a tool is missing: ", 4),
        ("./a.txt", "a tool cannot be executed: ", 4),
        ("sleep 600", "no end after 0.2 s (its timeout)", 4),
    ],
)
def test_three_outcomes(repository: Path, command: str, reason: str, code: int) -> None:
    timeout = 0.2 if "sleep" in command else 20.0
    outcome = run(repository, Check("x", run=command, timeout=timeout))
    assert summary(outcome)["x"].startswith(reason)
    assert outcome.exit_code == code
    assert ("x" in outcome.results) is (code != 4)


@pytest.mark.parametrize(
    ("command", "reason", "code"),
    [
        ("cp bad.xml {reports}/junit.xml; exit 1", "1 of 2 tests failed", 1),
        ("cp bad.xml {reports}/junit.xml", "1 of 2 tests failed", 1),
        ("cp good.xml {reports}/junit.xml; exit 1", "exit code 1", 1),
        ("echo '<testsuite/>' > {reports}/junit.xml", "no test ran", 1),
        ("true", "report ", 4),
        ("exit 1", "report ", 4),
        ("echo '<testsuite>' > {reports}/junit.xml", "report ", 4),
        ("cp good.xml junit.xml", "report ", 4),
        ("kill -SEGV $$", "crashed: SIGSEGV", 1),
    ],
)
def test_reports_decide_with_the_exit_code(
    repository: Path, command: str, reason: str, code: int
) -> None:
    outcome = run(repository, junit("tests", command))
    assert summary(outcome)["tests"].startswith(reason)
    assert outcome.exit_code == code


def test_a_crash_without_a_report_has_no_figures(repository: Path) -> None:
    result = run(repository, junit("tests", "kill -SEGV $$")).results["tests"]
    assert not result.passed
    assert result.figures == ExitFigures()


def test_a_report_of_the_run_before_does_not_count(repository: Path) -> None:
    assert run(repository, junit("tests", "cp good.xml {reports}/junit.xml")).exit_code == 0
    assert run(repository, junit("tests", "true")).exit_code == 4


class TestChecksThatReadAnothersReport:
    READER = Check(
        "coverage", source="tests", report=Report("coverage", "coverage.json"), threshold=85.0
    )
    COPY = "cp coverage.json {reports}/; cp good.xml {reports}/junit.xml"

    def test_it_has_the_sources_times_and_log_but_no_exit_code(self, repository: Path) -> None:
        results = run(repository, junit("tests", self.COPY), self.READER).results
        source, reader = results["tests"], results["coverage"]
        assert reader.passed
        assert reader.figures == CoverageFigures(87.5, 85.0)
        assert reader.exit_code is None
        assert reader.duration_ms is None
        assert (reader.started_at, reader.finished_at) == (source.started_at, source.finished_at)
        assert reader.log == source.log

    def test_a_failed_source_does_not_decide(self, repository: Path) -> None:
        outcome = run(repository, junit("tests", self.COPY + "; exit 1"), self.READER)
        assert summary(outcome) == {"tests": "exit code 1", "coverage": "passed"}

    def test_a_source_without_verdict_decides(self, repository: Path) -> None:
        outcome = run(repository, junit("tests", self.COPY + "; kill -KILL $$"), self.READER)
        assert summary(outcome)["coverage"] == "it reads from tests, which has no verdict"
        assert outcome.exit_code == 4

    def test_below_its_threshold_it_fails(self, repository: Path) -> None:
        strict = Check(
            "coverage", source="tests", report=Report("coverage", "coverage.json"), threshold=90.0
        )
        outcome = run(repository, junit("tests", self.COPY), strict)
        assert summary(outcome)["coverage"] == "87.5 % covered, below 90 %"
        assert outcome.results["coverage"].figures == CoverageFigures(87.5, 90.0)

    def test_a_report_that_was_not_written_is_no_verdict(self, repository: Path) -> None:
        outcome = run(repository, junit("tests", "cp good.xml {reports}/junit.xml"), self.READER)
        assert "was not written" in summary(outcome)["coverage"]

    def test_a_later_check_cannot_write_into_it(self, repository: Path) -> None:
        spoiler = Check("other", run="rm -rf {reports}/../../tests", needs=("tests",))
        outcome = run(repository, junit("tests", self.COPY), spoiler, self.READER)
        assert summary(outcome) == {"tests": "passed", "other": "passed", "coverage": "passed"}


def test_a_check_cannot_write_the_report_of_another(repository: Path) -> None:
    forged = "for d in {reports}/../../*/out; do cp good.xml $d/junit.xml; done"
    outcome = run(
        repository,
        junit("tests", "touch $TMPDIR/on; sleep 0.3; exit 1"),
        Check("other", run=f"until test -e $TMPDIR/on; do sleep 0.01; done; {forged}; true"),
    )
    assert outcome.environment["isolation"] == "namespaces"
    assert "was not written" in summary(outcome)["tests"]


class TestWhatIsNotCommittedCannotHelp:
    TESTS = Check("tests", run="test -e helper && grep -q fixed code")

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        made = make_repository(tmp_path / "broken", {"code": "broken\n", ".gitignore": "helper\n"})
        write_files(made, {"code": "fixed\n", "helper": ""})
        return made

    def test_an_uncommitted_edit_and_an_ignored_file(self, broken: Path) -> None:
        assert subprocess.run(["sh", "-c", self.TESTS.run], cwd=broken, check=False).returncode == 0
        assert run(broken, self.TESTS).exit_code == 1

    def test_a_staged_edit_and_an_untracked_file(self, broken: Path) -> None:
        (broken / ".gitignore").write_text("")
        git(broken, "add", "code")
        assert run(broken, self.TESTS).exit_code == 1

    def test_a_stash_nor_another_commit(self, broken: Path) -> None:
        first = git(broken, "rev-parse", "HEAD")
        git(broken, "add", "--force", "helper")
        commit(broken, {})
        assert run(broken, self.TESTS).exit_code == 0
        assert run(broken, self.TESTS, revision=first).exit_code == 1

    def test_files_left_by_a_run_before(self, broken: Path) -> None:
        helper = Check("help", run="echo fixed > code; touch helper")
        assert run(broken, helper).exit_code == 4
        assert run(broken, self.TESTS).exit_code == 1

    def test_the_working_directory_is_not_touched(self, broken: Path) -> None:
        before = git(broken, "status", "--porcelain", "--ignored")
        run(broken, Check("x", run="rm -rf ..?* .[!.]* *"))
        assert git(broken, "status", "--porcelain", "--ignored") == before
        assert (broken / "code").read_text() == "fixed\n"


def test_a_check_that_changes_tracked_files_has_no_verdict_and_spoils_no_other(
    repository: Path,
) -> None:
    changes = Check("format", run="echo two > a.txt; rm bad.xml", weight=2)
    reads = Check("next", run="grep one a.txt && test -e bad.xml", weight=2)
    outcome = run(repository, changes, reads)
    assert summary(outcome) == {
        "format": "changed tracked files: a.txt, bad.xml",
        "next": "passed",
    }
    assert outcome.exit_code == 4


def test_placeholders(repository: Path) -> None:
    line = (
        "test -d {reports} && echo {commit} {tree} \"${reports}{other}\" && awk '{print $1}' a.txt"
    )
    outcome = run(repository, Check("x", run=line))
    assert log_of(outcome) == f"{outcome.commit} {outcome.tree} {{other}}\none\n"


def test_a_tool_may_clear_its_reports_first(repository: Path) -> None:
    line = "rm -rf {reports} && mkdir {reports} && cp good.xml {reports}/junit.xml"
    outcome = run(repository, junit("tests", line))
    assert summary(outcome) == {"tests": "passed"}
    assert outcome.environment["isolation"] == "namespaces"


def test_reports_in_a_directory_with_a_space(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp dir").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp dir"))
    outcome = run(repository, junit("tests", "cp good.xml {reports}/junit.xml"))
    assert summary(outcome) == {"tests": "passed"}


class TestEnvironment:
    def environment_of(
        self, repository: Path, *, settings: RunSettings, check: Check
    ) -> dict[str, str]:
        lines = log_of(run(repository, check, settings=settings)).splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    def test_it_holds_what_is_passed_and_what_the_configuration_says(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
        monkeypatch.setenv("SECRET", "x")
        monkeypatch.setenv("CHOSEN", "y")
        seen = self.environment_of(
            repository,
            settings=RunSettings(pass_env=("PATH", "CHOSEN", "GIT_DIR"), env={"A": "1", "B": "1"}),
            check=Check("x", run="env", env={"B": "2"}),
        )
        assert "/clones/" in seen.pop("PWD")
        assert Path(seen.pop("TMPDIR")).name == "tmp"
        assert seen.pop("PATH") == os.environ["PATH"]
        seen.pop("_", None)
        assert seen.pop("LOCALCI_SLOTS_HELD") == "1"
        assert seen.pop("TERM") == "xterm-256color"
        assert {seen.pop("PAGER"), seen.pop("GIT_PAGER")} == {"cat"}
        assert seen == {"CHOSEN": "y", "A": "1", "B": "2"}

    def test_the_temporary_directory_is_private_and_removed(self, repository: Path) -> None:
        line = 'cd "$TMPDIR" && touch x && mkdir closed && touch closed/y && chmod 0 closed && pwd'
        temporary = Path(log_of(run(repository, Check("x", run=line))).strip())
        assert not temporary.parent.exists()

    def test_the_record_of_the_machine(self, repository: Path) -> None:
        settings = RunSettings(isolation="none")
        assert run(repository, Check("x", run="true"), settings=settings).environment == {
            "os": platform.system().lower(),
            "arch": platform.machine(),
            "python": platform.python_version(),
            "localci": __version__,
            "isolation": "none",
            "tools": {},
        }


class TestEditableInstalls:
    @pytest.fixture
    def installed(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        prefix = repository / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
        packages = next(prefix.glob("lib/python*/site-packages"))
        # As `pip install -e` writes it; test_editable_installs does that with pip itself.
        write_files(packages, {"app.pth": f"{repository}\n"})
        monkeypatch.setenv("PATH", f"{prefix}/bin:{os.environ['PATH']}")
        return prefix

    @pytest.mark.usefixtures("installed")
    def test_it_is_refused_before_anything_runs(self, repository: Path) -> None:
        told = Told()
        with pytest.raises(LocalciError, match="has an editable install of this working directory"):
            run(repository, Check("x", run="true"), told=told)
        assert told.lines == []

    @pytest.mark.usefixtures("installed")
    def test_one_of_the_main_worktree_is_refused_in_a_linked_one(
        self, repository: Path, tmp_path: Path
    ) -> None:
        git(repository, "worktree", "add", "--quiet", "../linked")
        with pytest.raises(LocalciError, match="has an editable install"):
            run(tmp_path / "linked", Check("x", run="true"))

    def test_where_the_project_has_a_setup_it_only_leaves_path(
        self, repository: Path, installed: Path
    ) -> None:
        settings = RunSettings(setup="true", keep=(".venv",))
        outcome = run(repository, Check("x", run="command -v python"), settings=settings)
        assert str(installed) not in log_of(outcome)

    @pytest.mark.usefixtures("installed")
    def test_it_does_not_matter_where_path_is_not_passed(self, repository: Path) -> None:
        settings = RunSettings(pass_env=("HOME",))
        assert run(repository, Check("x", run="true"), settings=settings).exit_code == 0


class TestExitCode:
    @pytest.mark.parametrize(
        ("checks", "code"),
        [
            ([Check("a", run="true")], 0),
            ([Check("a", run="exit 1"), Check("b", run="kill -9 $$")], 1),
            ([Check("a", run="true"), Check("b", run="kill -9 $$")], 4),
            ([Check("a", run="exit 1", advisory=True)], 0),
            ([Check("a", run="exit 1", advisory=True), Check("b", run="exit 1")], 1),
        ],
    )
    def test_failed_before_no_verdict_before_passed(
        self, repository: Path, checks: list[Check], code: int
    ) -> None:
        assert run(repository, *checks).exit_code == code

    def test_an_advisory_failure_is_marked(self, repository: Path) -> None:
        result = run(repository, Check("a", run="exit 1", advisory=True)).results["a"]
        assert result.advisory
        assert not result.passed


def test_durations_are_remembered(repository: Path) -> None:
    outcome = run(repository, Check("a", run="true"), Check("b", run="kill -9 $$"))
    common_dir = str(repository / ".git")
    duration = outcome.results["a"].duration_ms
    assert duration is not None
    known = known_seconds(common_dir)
    assert list(known) == ["a"]
    assert known["a"] == pytest.approx(duration / 1000, abs=0.002)


def test_each_run_has_logs_of_its_own(repository: Path) -> None:
    first = run_request(request(repository, Check("a", run="echo 1")), run_id="1" * 32)
    second = run_request(request(repository, Check("a", run="echo 2")), run_id="2" * 32)
    assert (first.logs / "a.log").read_text() == "1\n"
    assert (second.logs / "a.log").read_text() == "2\n"


def test_a_check_that_fills_the_disk_has_no_verdict(
    repository: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path))
    outcome = run(repository, Check("x", run="head -c 9000000 /dev/zero > big"))
    assert summary(outcome) == {"x": "the disk is full"}
    assert outcome.exit_code == 4


def test_a_read_only_state_directory_is_told(
    repository: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(disk.path))
    disk.make_read_only()
    with pytest.raises(LocalciError, match="Read-only file system; set XDG_STATE_HOME"):
        run(repository, Check("x", run="true"))


def test_nothing_is_left_running(repository: Path) -> None:
    mark = f"6{secrets.randbelow(10**12)}"
    outcome = run(repository, Check("x", run=f"setsid sleep {mark} > /dev/null 2>&1 & echo on"))
    assert log_of(outcome) == "on\n"
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _content(path)]


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
