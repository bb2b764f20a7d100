from __future__ import annotations

import pytest

from localci.config.configuration import Check, Report
from localci.formats.result import (
    CoverageFigures,
    ExitFigures,
    Figures,
    IssueFigures,
    TestFigures,
)
from localci.prover.run.decision import Answer, Evidence, decide

CHECK = Check("x", run="true")
PASSED, FAILED, NO_VERDICT = Answer.PASSED, Answer.FAILED, Answer.NO_VERDICT


@pytest.mark.parametrize(
    ("code", "answer", "reason"),
    [
        (0, PASSED, ""),
        (1, FAILED, "exit code 1"),
        (2, FAILED, "exit code 2"),
        (124, FAILED, "exit code 124"),
        (125, FAILED, "exit code 125"),
        (126, NO_VERDICT, "a tool cannot be executed: sh: said this"),
        (127, NO_VERDICT, "a tool is missing: sh: said this"),
        (128, FAILED, "exit code 128"),
        (255, FAILED, "exit code 255"),
        # Ended from outside, as subprocess tells it and as shells do.
        (-1, NO_VERDICT, "ended from outside by SIGHUP"),
        (129, FAILED, "exit code 129"),
        (-2, NO_VERDICT, "ended from outside by SIGINT"),
        (130, NO_VERDICT, "ended from outside by SIGINT"),
        (131, NO_VERDICT, "ended from outside by SIGQUIT"),
        (-9, NO_VERDICT, "ended from outside by SIGKILL, perhaps for want of memory"),
        (137, NO_VERDICT, "ended from outside by SIGKILL, perhaps for want of memory"),
        (-15, NO_VERDICT, "ended from outside by SIGTERM"),
        (143, NO_VERDICT, "ended from outside by SIGTERM"),
        (-24, NO_VERDICT, "ended from outside by SIGXCPU"),
        (152, NO_VERDICT, "ended from outside by SIGXCPU"),
        (153, NO_VERDICT, "ended from outside by SIGXFSZ"),
        # Crashes of the code.
        (-4, FAILED, "crashed: SIGILL"),
        (132, FAILED, "crashed: SIGILL"),
        (133, FAILED, "crashed: SIGTRAP"),
        (-6, FAILED, "crashed: SIGABRT"),
        (134, FAILED, "crashed: SIGABRT"),
        (135, FAILED, "crashed: SIGBUS"),
        (136, FAILED, "crashed: SIGFPE"),
        (-11, FAILED, "crashed: SIGSEGV"),
        (139, FAILED, "crashed: SIGSEGV"),
        (159, FAILED, "crashed: SIGSYS"),
        # Signals that are the code's own business.
        (-13, FAILED, "ended by SIGPIPE"),
        (141, FAILED, "exit code 141"),
        (142, FAILED, "exit code 142"),
    ],
)
def test_exit_codes(code: int, answer: Answer, reason: str) -> None:
    decision = decide(CHECK, Evidence(code, ExitFigures(), last_line="sh: said this"))
    assert (decision.answer, decision.reason) == (answer, reason)


def test_a_missing_tool_is_named_even_if_it_said_nothing() -> None:
    decision = decide(CHECK, Evidence(127, ExitFigures()))
    assert decision.reason == "a tool is missing (exit code 127)"


@pytest.mark.parametrize("code", [0, 1, 139, -15])
def test_a_timeout_is_no_verdict_however_it_ended(code: int) -> None:
    decision = decide(Check("x", timeout=90.0), Evidence(code, ExitFigures(), timed_out=True))
    assert decision.answer is NO_VERDICT
    assert decision.reason == "no end after 90 s (its timeout)"


@pytest.mark.parametrize(
    ("code", "answer"),
    [(0, NO_VERDICT), (1, NO_VERDICT), (127, NO_VERDICT), (-9, NO_VERDICT), (139, FAILED),
     (-6, FAILED), (None, NO_VERDICT)],
)  # fmt: skip
def test_a_report_that_is_no_evidence(code: int | None, answer: Answer) -> None:
    assert decide(CHECK, Evidence(code, None, "report x was not written")).answer is answer


def test_a_missing_report_is_the_reason() -> None:
    assert decide(CHECK, Evidence(0, None, "report x was not written")).reason == (
        "report x was not written"
    )


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        (Evidence(0, ExitFigures(), disk_full=True), PASSED),
        (Evidence(1, ExitFigures(), disk_full=True), NO_VERDICT),
        (Evidence(0, None, "report x is cut off", disk_full=True), NO_VERDICT),
        (Evidence(135, ExitFigures(), disk_full=True), NO_VERDICT),
        (Evidence(0, TestFigures(3, 1, 0), disk_full=True), NO_VERDICT),
    ],
)
def test_a_full_disk_excuses_all_but_a_check_that_passed(
    evidence: Evidence, answer: Answer
) -> None:
    decision = decide(CHECK, evidence)
    assert decision.answer is answer
    assert decision.reason == ("" if answer is PASSED else "the disk is full")


@pytest.mark.parametrize(
    ("check", "figures", "reason"),
    [
        (CHECK, TestFigures(150, 0, 5), ""),
        (CHECK, TestFigures(150, 2, 5), "2 of 150 tests failed"),
        (CHECK, TestFigures(0, 0, 0), "no test ran"),
        (CHECK, TestFigures(5, 0, 5), "no test ran"),
        (CHECK, TestFigures(5, 0, 4), ""),
        (CHECK, CoverageFigures(0.0), ""),
        (Check("x", threshold=85.0), CoverageFigures(85.0), ""),
        (Check("x", threshold=85.0), CoverageFigures(84.99), "84.99 % covered, below 85 %"),
        (Check("x", threshold=0.0), CoverageFigures(0.0), ""),
        (CHECK, IssueFigures((), 0), ""),
        (CHECK, IssueFigures((), 1), "1 issue, 0 are allowed"),
        (Check("x", max_issues=3), IssueFigures((), 3), ""),
        (Check("x", max_issues=3), IssueFigures((), 4), "4 issues, 3 are allowed"),
    ],
)
@pytest.mark.parametrize("code", [0, None, 1])
def test_figures_and_exit_code_both_have_to_be_good(
    check: Check, figures: Figures, reason: str, code: int | None
) -> None:
    decision = decide(check, Evidence(code, figures))
    expected = reason or ("exit code 1" if code else "")
    assert decision.reason == expected
    assert decision.answer is (FAILED if expected else PASSED)


class TestExitCodesOfTools:
    """What the exit codes mean that a check declares."""

    FORMATTER = Check("x", run="true", failed_codes=(1, 123))
    SCANNER = Check("x", run="true", report=Report("sarif", "r"), report_codes=(1,), max_issues=2)
    RUNNER = Check("x", run="true", report=Report("junit", "r"), failed_codes=(1,))

    @pytest.mark.parametrize(("code", "answer"), [(0, PASSED), (1, FAILED), (123, FAILED)])
    def test_a_declared_failure_is_one(self, code: int, answer: Answer) -> None:
        assert decide(self.FORMATTER, Evidence(code, ExitFigures())).answer is answer

    @pytest.mark.parametrize("code", [2, 101, 255, 139, 134, -11])
    def test_any_other_end_is_no_answer_of_a_tool_that_only_looks(self, code: int) -> None:
        for check, figures in ((self.FORMATTER, ExitFigures()), (self.SCANNER, None)):
            decision = decide(check, Evidence(code, figures, last_line="panic!"))
            assert decision.answer is NO_VERDICT
            assert decision.reason == f"its tool gave up with exit code {code}: panic!"

    @pytest.mark.parametrize(("found", "answer"), [(1, PASSED), (2, PASSED), (3, FAILED)])
    @pytest.mark.parametrize("code", [0, 1])
    def test_with_a_report_code_the_report_alone_decides(
        self, code: int, found: int, answer: Answer
    ) -> None:
        assert decide(self.SCANNER, Evidence(code, IssueFigures((), found))).answer is answer

    def test_a_report_that_holds_nothing_contradicts_it(self) -> None:
        decision = decide(self.SCANNER, Evidence(1, IssueFigures((), 0)))
        assert (decision.answer, decision.reason) == (
            NO_VERDICT,
            "exit code 1 says more than its empty report",
        )
        warned = IssueFigures((), 0, (), 3)
        assert decide(self.SCANNER, Evidence(1, warned)).answer is PASSED

    def test_without_its_report_nothing_is_decided(self) -> None:
        decision = decide(self.SCANNER, Evidence(1, None, "not JSON"))
        assert (decision.answer, decision.reason) == (NO_VERDICT, "not JSON")

    def test_a_crash_of_what_runs_the_code_is_the_codes(self) -> None:
        decision = decide(self.RUNNER, Evidence(139, None, "no report"))
        assert (decision.answer, decision.reason) == (FAILED, "crashed: SIGSEGV")

    def test_a_failure_that_no_test_tells_of_is_one(self) -> None:
        decision = decide(self.RUNNER, Evidence(1, TestFigures(3, 0, 0)))
        assert (decision.answer, decision.reason) == (FAILED, "exit code 1")

    def test_a_missing_tool_comes_with_the_way_to_install_it(self) -> None:
        check = Check("x", run="true", install="pip install ruff", failed_codes=(1,))
        decision = decide(check, Evidence(127, None, last_line="sh: ruff: not found"))
        assert decision.reason == (
            "a tool is missing: sh: ruff: not found; install it: pip install ruff"
        )
