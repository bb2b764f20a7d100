"""What is said of a commit, for each verdict and each end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import FAILED, NO_VERDICT
from localci.forge.posting.compose import (
    MOST_ANNOTATIONS,
    Found,
    compose,
    found_document,
    is_path_inside,
)
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS, Annotation, Row
from localci.formats.result import (
    CheckResult,
    CoverageFigures,
    ExitFigures,
    Issue,
    IssueFigures,
    ResultDocument,
    Reuse,
    TestFigures,
)
from localci.verifier.verdict import (
    ACCEPTED,
    NOT_FOUND,
    REFUSED,
    AcceptedCheck,
    Reason,
    Trust,
    Verdict,
)
from localci.verifier.verdict import ERROR as UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMIT, TREE, TRUSTED = "c" * 40, "7" * 40, "b" * 40


def verdict(what: str, *reasons: Reason, **fields: Any) -> Verdict:
    trust = fields.pop("trust", Trust("main", TRUSTED))
    return Verdict(what, COMMIT, TREE, trust, reasons=reasons, **fields)


def check(*, passed: bool = True, **fields: Any) -> CheckResult:
    figures = fields.pop("figures", TestFigures(2, 0 if passed else 1, 0))
    return CheckResult(passed, figures, 100, 110, **fields)


def found(**checks: CheckResult) -> Found:
    return found_document(ResultDocument(COMMIT, TREE, "5" * 32, 100, 110, checks))


def issues(count: int, *, file: str = "a.py", warnings: int = 0) -> IssueFigures:
    listed = tuple(Issue("E1", file, line) for line in range(1, count + 1))
    warned = tuple(Issue("W1", file, line) for line in range(1, warnings + 1))
    return IssueFigures(listed, count, warned, warnings)


MISSING = verdict(NOT_FOUND, Reason("no-attestation", "nothing is there"))
ADA = verdict(ACCEPTED, signers=("ada",), checks={"tests": AcceptedCheck("ada", check())})


def said(about: Verdict, run: Found | None = None) -> tuple[str, str]:
    posting = compose(about, run)
    assert (posting.commit, posting.tree, posting.name) == (COMMIT, TREE, "localci/report")
    return posting.state, posting.title


def test_what_the_verifier_accepts_is_a_success_with_who_signed() -> None:
    assert said(ADA) == (SUCCESS, "accepted: ada")
    assert compose(ADA, None).signers == ("ada",)


def test_what_it_refuses_is_a_failure_with_the_first_reason() -> None:
    refused = verdict(
        REFUSED, Reason("check-failed", "tests failed"), Reason("stale", "it is too old")
    )
    assert said(refused) == (FAILURE, "refused, check-failed: tests failed (and 1 more)")
    assert compose(refused, None).reasons == ("check-failed: tests failed", "stale: it is too old")


def test_a_refusal_stays_one_whatever_passed_here() -> None:
    refused = verdict(REFUSED, Reason("not-enough-signers", "1 of 2"))
    assert said(refused, found(tests=check())) == (FAILURE, "refused, not-enough-signers: 1 of 2")


def test_what_could_not_be_evaluated_is_an_error() -> None:
    undecided = verdict(UNDECIDED, Reason("policy-missing", "there is no policy"))
    assert said(undecided, found(tests=check()))[0] == ERROR
    assert said(undecided)[1] == "no verdict, policy-missing: there is no policy"


def test_a_run_that_passed_and_that_nobody_judged_is_no_success_and_says_so() -> None:
    posting = compose(MISSING, found(tests=check()))
    assert (posting.state, posting.title) == (PENDING, "passed, not signed")
    assert posting.signers == ()
    assert "not signed" in posting.reasons[0]


def test_a_run_that_failed_is_a_failure_whatever_was_accepted() -> None:
    failed = found(tests=check(passed=False), lint=check())
    assert said(MISSING, failed) == (FAILURE, "failed: tests")
    assert said(ADA, failed) == (FAILURE, "failed: tests")
    assert "was accepted all the same" in compose(ADA, failed).reasons[0]
    assert [row.outcome for row in compose(ADA, failed).rows] == ["passed", "failed"]


def test_a_run_without_a_verdict_is_an_error_with_its_rows() -> None:
    rows = (Row("lint", "passed"), Row("tests", "no-verdict", note="it took longer than 10 s"))
    run = Found(110, NO_VERDICT, rows=rows)
    assert said(MISSING, run) == (ERROR, "no verdict: tests")
    assert compose(MISSING, run).rows == rows


def test_a_run_that_failed_and_has_a_check_without_a_verdict_is_a_failure() -> None:
    rows = (Row("lint", "failed"), Row("style", "failed", note="advisory"), Row("t", "no-verdict"))
    assert said(MISSING, Found(110, FAILED, rows=rows, failed=("lint",))) == (
        FAILURE, "failed: lint",
    )  # fmt: skip


def test_many_names_are_counted() -> None:
    checks = {f"c{n}": check(passed=False) for n in range(9)}
    assert said(MISSING, found(**checks))[1] == "failed: c0, c1, c2, c3, c4 and 4 more"


def test_a_commit_judged_by_its_own_policy_is_said_to_be() -> None:
    own = verdict(ACCEPTED, signers=("ada",), trust=Trust("HEAD", COMMIT))
    assert said(own) == (SUCCESS, "accepted by its own policy: ada")
    assert compose(own, None).reasons == ("the commit was judged by its own policy",)


@pytest.mark.parametrize("what", [REFUSED, NOT_FOUND, UNDECIDED])
@pytest.mark.parametrize("run", [None, found(tests=check()), found(tests=check(passed=False))])
def test_nothing_is_a_success_but_what_the_verifier_accepts(what: str, run: Found | None) -> None:
    assert compose(verdict(what, Reason("stale", "it is too old")), run).state != SUCCESS


@pytest.mark.parametrize(
    ("result", "row"),
    [
        (check(duration_ms=1500), Row("x", "passed", "2 tests, 0 failed, 0 skipped", 1.5)),
        (check(figures=CoverageFigures(85.5)), Row("x", "passed", "85.5 % covered")),
        (
            check(passed=False, figures=ExitFigures(), exit_code=3),
            Row("x", "failed", "exit code 3"),
        ),
        (
            check(passed=False, figures=issues(2), advisory=True),
            Row("x", "failed", "2 issues", note="advisory"),
        ),
        (
            check(figures=ExitFigures(), attempts=2, cells=("a=1", "a=2")),
            Row("x", "passed", "exit code 0, 2 attempts", note="2 cells"),
        ),
        (
            check(figures=ExitFigures(), reused_from=Reuse("f" * 40, TREE, "k", "s")),
            Row("x", "passed", "exit code 0", note="ran at ffffffffffff"),
        ),
    ],
)
def test_a_row_says_what_is_to_be_known_of_a_check(result: CheckResult, row: Row) -> None:
    assert compose(MISSING, found(x=result)).rows == (row,)


def test_only_a_check_that_counted_bears_the_name_of_who_signed_it() -> None:
    run = found(tests=check(), lint=check())
    assert [(row.check, row.note) for row in compose(ADA, run).rows] == [
        ("lint", ""), ("tests", "by ada"),
    ]  # fmt: skip


def annotations(**checks: CheckResult) -> tuple[tuple[Annotation, ...], int]:
    posting = compose(MISSING, found(**checks))
    return posting.annotations, posting.findings


@pytest.mark.parametrize(
    ("result", "levels"),
    [
        (check(passed=False, figures=issues(1, warnings=1)), ["failure", "warning"]),
        (check(passed=False, figures=issues(1, warnings=1), advisory=True), ["warning"] * 2),
        (check(figures=issues(1)), ["warning"]),
    ],
)
def test_only_what_made_a_check_fail_is_a_failure(result: CheckResult, levels: list[str]) -> None:
    listed, total = annotations(lint=result)
    assert [one.level for one in listed] == levels
    assert total == len(levels)


def test_a_finding_says_its_check_and_rule_on_its_line() -> None:
    listed, _ = annotations(lint=check(passed=False, figures=issues(1)))
    assert listed == (Annotation("a.py", 1, "failure", "lint: E1"),)


def test_failures_stand_before_warnings_and_all_are_counted() -> None:
    listed, total = annotations(
        a=check(figures=issues(3)), z=check(passed=False, figures=issues(2))
    )
    assert [one.level for one in listed] == ["failure"] * 2 + ["warning"] * 3
    assert total == 5


def test_of_many_findings_the_first_are_shown_and_all_are_counted() -> None:
    many: Mapping[str, CheckResult] = {f"c{n}": check(figures=issues(50)) for n in range(12)}
    listed, total = annotations(**many)
    assert (len(listed), total) == (MOST_ANNOTATIONS, 600)


@pytest.mark.parametrize("line", [None, 0, 2**40])
def test_a_finding_without_a_line_is_only_counted(line: int | None) -> None:
    figures = IssueFigures((Issue("E1", "a.py", line),), 1)
    assert annotations(lint=check(figures=figures)) == ((), 1)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../x",
        "a/..",
        "./a",
        "a//b",
        "a/",
        ".",
        "a\nb",
        "a\x1b[m",
        "\ud800",
        "a\u202eb",
        "a" * 1001,
    ],
)
def test_a_finding_outside_of_the_tree_is_only_counted(path: str) -> None:
    assert not is_path_inside(path)
    assert annotations(lint=check(figures=issues(1, file=path))) == ((), 1)


@pytest.mark.parametrize("path", ["a", "src/a b.py", "..a/b..c", "ü/é.py", "a/.b", "-x"])
def test_a_path_in_the_tree_is_one(path: str) -> None:
    assert is_path_inside(path)
