from __future__ import annotations

import pytest

from localci.config.policy import Requirement
from localci.formats.result import CoverageFigures, ExitFigures, IssueFigures
from localci.verifier.report import MOST_LINES, verdict_lines
from localci.verifier.verdict import AcceptedCheck, Attestation, Reason, Trust, Verdict
from support.cases import bare, judged, line, policy
from support.documents import check, document

TRUST = Trust("refs/remotes/origin/main", "e" * 40, "f" * 64)
NASTY = "\x1b[31m\n::error::\r\x07\x9b\u202e\u2028##[group]\ud800"


def test_an_accepted_commit_is_shown_with_its_figures() -> None:
    checks = {
        "tests": check(),
        "coverage": check(CoverageFigures(87.5)),
        "lint": check(IssueFigures((), 3)),
        "build-of-a-very-long-name": check(ExitFigures(), exit_code=0),
    }
    by = policy(*(Requirement(name) for name in checks))
    assert list(verdict_lines(judged(line(document(checks)), by=by))) == [
        f"accepted  commit {'c' * 40} (by its commit)",
        "  trusted  refs/remotes/origin/main at eeeeeeeeeeee",
        f"  build-of-a-very… {'exit code 0':<36}  ada@example.org",
        f"  coverage         {'87.5 % covered':<36}  ada@example.org",
        f"  lint             {'3 issues':<36}  ada@example.org",
        f"  tests            {'150 tests, 0 failed, 5 skipped':<36}  ada@example.org",
    ]


def test_a_refused_one_says_why_once() -> None:
    lines = list(verdict_lines(judged(line(repository="x.org/y"))))
    assert lines[0] == f"refused  commit {'c' * 40}"
    assert lines[2:] == [
        "  repository-mismatch: it was made for x.org/y",
        "  check-missing: tests: required, but in no result that counts",
    ]


def test_several_lines_are_told_apart() -> None:
    lines = list(
        verdict_lines(judged(line(repository="x.org/y"), line(document({"lint": check()}))))
    )
    assert lines[-2:] == [
        "  line 1, by nobody: repository-mismatch",
        "  line 2, by ada@example.org: counts",
    ]


def test_a_flood_of_lines_is_cut() -> None:
    attestations = (Attestation("", (Reason("malformed", "x"),)),) * (MOST_LINES + 5)
    verdict = Verdict("refused", "c" * 40, "7" * 40, TRUST, attestations=attestations)
    assert list(verdict_lines(verdict))[-1] == "  and 5 more lines"


def test_an_unsigned_result_is_called_so() -> None:
    lines = list(verdict_lines(judged(bare(), by=policy(require_signature=False))))
    assert lines[2].endswith("unsigned")
    assert lines[3].startswith("  unsigned: accepted UNSIGNED")


def test_the_judge_in_its_own_cause_is_said() -> None:
    lines = list(verdict_lines(judged(line(), trust=Trust("HEAD", "c" * 40))))
    assert "this is the commit under test: it was judged by its own policy" in lines[2]


@pytest.mark.parametrize("place", ["trust", "signer", "reason", "attestation"])
def test_nothing_of_a_note_comes_alive(place: str) -> None:
    text = {name: NASTY if name == place else "x" for name in
            ("trust", "signer", "reason", "attestation")}  # fmt: skip
    verdict = Verdict(
        "refused",
        "c" * 40,
        "7" * 40,
        Trust(text["trust"], "e" * 40),
        checks={"tests": AcceptedCheck(text["signer"], check(ExitFigures()))},
        attestations=(Attestation(text["attestation"]),) * 2,
        reasons=(Reason("malformed", text["reason"]),),
    )
    for shown in verdict_lines(verdict):
        assert shown.isprintable(), shown
        assert not shown.lstrip().startswith(("::", "##["))
