"""The rules about people: thresholds, authors, approvals, ratchets, reuse, the forge's own run."""

from __future__ import annotations

from itertools import permutations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from localci.config.policy import BranchRule, PathRule, Requirement, Revocation
from localci.formats.approval import Approval, CheckChange, encode_approval
from localci.formats.envelope import encode_envelope
from localci.formats.object_ids import sha256_hex
from localci.formats.result import CoverageFigures, ExitFigures, Reuse, encode_result
from localci.formats.statement import encode_statement
from localci.formats.strict_json import dumps_canonical
from localci.formats.subject import Subject
from localci.verifier.evidence import HostedResult, PathChange, TrustedCheck
from localci.verifier.judge import base_percentages, judge
from support.cases import (
    ADA,
    AUDITOR,
    BOB,
    BROKEN,
    MALLORY,
    ROBOT,
    TESTS,
    bare,
    case,
    check_signature,
    codes,
    envelope,
    judged,
    line,
    policy,
    signer,
)
from support.documents import COMMIT, DEFINITION, NOW, REPOSITORY, TREE, check, document, statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy, PublicKey, Signer
    from localci.formats.good_signature import GoodSignature
    from localci.formats.result import CheckResult, ResultDocument

RUNS = ["1" * 32, "2" * 32, "3" * 32]
OTHER_COMMIT, OTHER_TREE = "9" * 40, "8" * 40
CHANGED = "1:" + "c" * 64
BASE = "b" * 64
CAROL = signer("maintainer@example.org", "ca40" * 10, role="maintainer")
TWO = policy(threshold=2)


def run_by(who: Signer, run: str, checks: Mapping[str, CheckResult] | None = None) -> bytes:
    return line(document(checks, run_id=run), who)


def reasons(*lines: bytes, by: Policy | None = None, **changes: Any) -> list[str]:
    verdict = judged(*lines, by=by, **changes)
    assert verdict.verdict == "refused"
    return [reason.message for reason in verdict.reasons]


# Thresholds


def test_two_people_with_runs_of_their_own_are_two() -> None:
    lines = run_by(ADA, RUNS[0]), run_by(BOB, RUNS[1])
    verdict = judged(*lines, by=TWO)
    assert (verdict.verdict, verdict.signers) == ("accepted", (ADA.name, BOB.name))
    assert judged(*reversed(lines), by=TWO).verdict == "accepted"


@pytest.mark.parametrize(
    "lines",
    [
        (run_by(ADA, RUNS[0]),),
        (run_by(ADA, RUNS[0]), run_by(ADA, RUNS[1])),
        (run_by(ADA, RUNS[0]), run_by(BOB, RUNS[0])),
        (run_by(ADA, RUNS[0]), run_by(AUDITOR, RUNS[1])),
        (run_by(ADA, RUNS[0]), run_by(MALLORY, RUNS[1])),
        (run_by(ADA, RUNS[0]), run_by(BOB, RUNS[1], {"lint": check()})),
    ],
    ids=["one", "one twice", "one run", "an auditor", "a stranger", "another check"],
)
def test_fewer_are_not(lines: tuple[bytes, ...]) -> None:
    for order in permutations(lines):
        verdict = judged(*order, by=TWO)
        assert verdict.verdict == "refused"
        assert "not-enough-signers" in codes(verdict.reasons)


def test_one_person_with_two_keys_is_one() -> None:
    second = signer(ADA.name, "5ec0" * 10)
    both = policy(threshold=2, signers=(ADA, second, BOB))
    lines = run_by(ADA, RUNS[0]), run_by(second, RUNS[1])
    assert judged(*lines, by=both).verdict == "refused"
    assert judged(*lines, run_by(BOB, RUNS[2]), by=both).verdict == "accepted"


def test_who_signed_somebodys_run_and_has_one_of_his_own_counts() -> None:
    lines = run_by(ADA, RUNS[0]), run_by(BOB, RUNS[0]), run_by(BOB, RUNS[1])
    for order in permutations(lines):
        assert judged(*order, by=TWO).verdict == "accepted"


def test_three_people_and_three_runs_are_matched_whoever_signed_what() -> None:
    three = policy(threshold=3, signers=(ADA, BOB, CAROL))
    lines = [
        *(run_by(ADA, run) for run in RUNS[:2]),
        *(run_by(BOB, run) for run in (RUNS[0], RUNS[2])),
        run_by(CAROL, RUNS[0]),
    ]
    for order in permutations(lines):
        assert judged(*order, by=three).verdict == "accepted"
    assert judged(*lines[:4], by=three).verdict == "refused"
    assert judged(lines[0], lines[2], lines[4], by=three).verdict == "refused"


def test_a_check_has_a_threshold_of_its_own() -> None:
    mixed = policy(TESTS, Requirement("lint", threshold=2))
    lint = {"lint": check(ExitFigures())}
    both = {"tests": check(), **lint}
    assert judged(run_by(ADA, RUNS[0], both), by=mixed).verdict == "refused"
    accepted = judged(run_by(ADA, RUNS[0], both), run_by(BOB, RUNS[1], lint), by=mixed)
    assert accepted.verdict == "accepted"


# Targets


def test_what_is_required_goes_by_the_target() -> None:
    strict = policy(
        branch_rules=(BranchRule("release/*", (TESTS._replace(threshold=2),)),),
    )
    assert judged(line(), by=strict, target="main").verdict == "accepted"
    assert judged(line(), by=strict, target="release/1").verdict == "refused"
    assert judged(line(), by=strict, target="refs/heads/release/1").verdict == "refused"


# The author


NOT_ALONE = policy(author_alone=False, signers=(ADA._replace(accounts=("octo-ada",)), BOB, ROBOT))


@pytest.mark.parametrize(
    ("who", "authors", "accepted"),
    [
        (ADA, (), False),
        (ADA, (ADA.name,), False),
        (ADA, ("Octo-Ada",), False),
        (ADA, (BOB.name,), True),
        (ADA, ("stranger",), True),
        (BOB, ("octo-ada",), True),
        (BOB, ("stranger",), False),
        (BOB, ("octo-ada", BOB.name), False),
        (ROBOT, ("octo-ada",), True),
        (ROBOT, ("stranger",), True),
    ],
)
def test_the_author_alone_is_not_enough(
    who: Signer, authors: tuple[str, ...], *, accepted: bool
) -> None:
    verdict = judged(line(by=who), by=NOT_ALONE, authors=authors)
    assert (verdict.verdict == "accepted") == accepted
    if not accepted:
        assert codes(verdict.reasons) == ["not-enough-signers"]
        assert ("--author" in verdict.reasons[0].message) == (not authors)


def test_why_an_unknown_author_may_be_one_of_us_is_said() -> None:
    (reason,) = judged(line(by=BOB), by=NOT_ALONE, authors=("octo",)).reasons
    assert f"knows nobody as octo, who may be {BOB.name}: no `accounts`" in reason.message
    (reason,) = judged(line(by=ADA), by=NOT_ALONE, authors=("octo-ada",)).reasons
    assert reason.message.endswith(f"found: {ADA.name}")


def test_with_somebody_else_the_author_counts_too() -> None:
    two = NOT_ALONE._replace(threshold=2)
    lines = run_by(ADA, RUNS[0]), run_by(BOB, RUNS[1])
    assert judged(*lines, by=two, authors=("octo-ada",)).verdict == "accepted"
    assert judged(*lines, by=two, authors=("octo-ada", BOB.name)).verdict == "refused"


# Approvals


def approval(by: Signer = CAROL, *, at: int = NOW - 20, **changes: Any) -> bytes:
    made = Approval(
        Subject(COMMIT, TREE, REPOSITORY),
        base_commit="e" * 40,
        approved_at=NOW - 25,
        paths={".github/**": BASE},
        checks={"tests": CheckChange(DEFINITION, CHANGED)},
    )
    return encode_envelope(envelope(encode_approval(made._replace(**changes)), by, at=at))


RULE = PathRule(".github/**", frozenset({"maintainer"}))
PROTECTING = policy(signers=(ADA, BOB, ROBOT, AUDITOR, CAROL), path_rules=(RULE,))
TOUCHED = (PathChange(RULE, (".github/workflows/ci.yml",), BASE, "changed by this commit"),)


def test_a_changed_protected_path_is_refused() -> None:
    verdict = judged(line(), by=PROTECTING, path_changes=TOUCHED)
    assert (verdict.verdict, codes(verdict.reasons)) == ("refused", ["protected-path"])
    assert ".github/workflows/ci.yml" in verdict.reasons[0].message
    assert "`localci approve` by a maintainer" in verdict.reasons[0].message


def test_an_approval_lifts_it_in_either_order() -> None:
    for lines in permutations((line(), approval())):
        verdict = judged(*lines, by=PROTECTING, path_changes=TOUCHED)
        assert (verdict.verdict, verdict.signers) == ("accepted", (ADA.name,))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (approval(ADA), "protected-path"),
        (approval(AUDITOR), "protected-path"),
        (approval(ROBOT), "protected-path"),
        (approval(MALLORY), "signer-unknown"),
        (approval(paths={".github/**": "a" * 64}), "protected-path"),
        (approval(paths={"docs/**": BASE}), "protected-path"),
        (approval(subject=Subject(COMMIT, OTHER_TREE, REPOSITORY)), "subject-mismatch"),
        (approval(subject=Subject(COMMIT, TREE, "example.org/other")), "repository-mismatch"),
        (approval(approved_at=NOW + 900, at=NOW + 900), "timestamp-future"),
        (approval(approved_at=NOW, at=NOW - 900), "timestamp-future"),
        (line(by=CAROL), "protected-path"),
    ],
    ids=["a developer", "an auditor", "a machine", "a stranger", "the base moved on",
         "another pattern", "another tree", "another repository", "the future", "signed before",
         "a result is no consent"],
)  # fmt: skip
def test_no_other_approval_does(given: bytes, code: str) -> None:
    for lines in permutations((line(), given)):
        verdict = judged(*lines, by=PROTECTING, path_changes=TOUCHED)
        assert verdict.verdict == "refused"
        assert {code, "protected-path"} <= set(codes(verdict.reasons))


def test_an_outdated_approval_is_said_to_be() -> None:
    said = reasons(
        line(), approval(paths={".github/**": "a" * 64}), by=PROTECTING, path_changes=TOUCHED
    )
    assert "approved before the trusted side moved on" in said[0]


def test_an_approval_is_no_result() -> None:
    assert codes(judged(approval(), by=PROTECTING).reasons) == ["check-missing"]


def test_the_author_does_not_approve_of_his_own_change() -> None:
    alone = PROTECTING._replace(author_alone=False)
    lines = line(by=BOB), approval()
    assert judged(*lines, by=alone, path_changes=TOUCHED, authors=(ADA.name,)).exit_code == 0
    assert judged(*lines, by=alone, path_changes=TOUCHED, authors=(CAROL.name,)).exit_code == 1


@pytest.mark.parametrize(
    ("by", "authors", "why"),
    [
        (ADA, (BOB.name,), f"by {ADA.name} does not count: a developer; wanted: `localci approve`"),
        (CAROL, (CAROL.name,), "does not count: an author approves nothing of his own"),
        (CAROL, ("octo",), f"nobody as octo, who may be {CAROL.name}: no `accounts`"),
        (CAROL, (), "does not count: nobody said who the author is, `localci verify --author"),
    ],
)
def test_why_an_approval_does_not_count_is_said(
    by: Signer, authors: tuple[str, ...], why: str
) -> None:
    alone = PROTECTING._replace(author_alone=False)
    verdict = judged(line(by=BOB), approval(by), by=alone, path_changes=TOUCHED, authors=authors)
    (said,) = [item.message for item in verdict.reasons if item.code == "protected-path"]
    assert why in said
    verdict = judged(AS_CHANGED, approval(by), by=alone, own_checks=OWN, authors=authors)
    changed = [item.message for item in verdict.reasons if item.code == "checks-changed"]
    assert any(why.split(";", maxsplit=1)[0] in message for message in changed)


def test_what_nobody_may_lift_is_said() -> None:
    rule = PathRule("x", frozenset({"auditor"}))
    by = PROTECTING._replace(path_rules=(rule,))
    (said,) = reasons(line(), by=by, path_changes=(TOUCHED[0]._replace(rule=rule),))
    assert said.endswith("; nobody may lift that")


OWN = MappingProxyType({"tests": TrustedCheck(CHANGED, reads_history=False)})
AS_CHANGED = line(document({"tests": check(definition=CHANGED)}))


def test_a_changed_check_counts_once_it_is_approved() -> None:
    for lines in permutations((AS_CHANGED, approval())):
        assert judged(*lines, by=PROTECTING, own_checks=OWN).verdict == "accepted"
    verdict = judged(AS_CHANGED, by=PROTECTING, own_checks=OWN)
    assert codes(verdict.reasons) == ["checks-changed", "checks-changed"]
    assert not verdict.attestations[0].accepted


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (approval(ADA), OWN),
        (approval(checks={}), OWN),
        (approval(checks={"lint": CheckChange(DEFINITION, CHANGED)}), OWN),
        (approval(checks={"tests": CheckChange("1:" + "0" * 64, CHANGED)}), OWN),
        (approval(checks={"tests": CheckChange("", CHANGED)}), OWN),
        (approval(checks={"tests": CheckChange(DEFINITION, DEFINITION)}), OWN),
        (approval(), {"tests": TrustedCheck("1:" + "0" * 64, reads_history=False)}),
        (approval(), {}),
    ],
)
def test_no_other_approval_lets_it_count(given: bytes, own: Mapping[str, TrustedCheck]) -> None:
    verdict = judged(AS_CHANGED, given, by=PROTECTING, own_checks=own)
    assert verdict.verdict == "refused"
    assert "checks-changed" in codes(verdict.reasons)


def test_a_new_required_check_can_be_approved() -> None:
    lines = AS_CHANGED, approval(checks={"tests": CheckChange("", CHANGED)})
    accepted = judged(*lines, by=PROTECTING, own_checks=OWN, trusted_checks={})
    assert accepted.verdict == "accepted"


# Ratchets


COVERAGE = Requirement("coverage", max_drop=0.5)
RATCHET = policy(COVERAGE)


def covered(percentage: float, who: Signer = ADA, **changes: Any) -> bytes:
    return line(document({"coverage": check(CoverageFigures(percentage))}, **changes), who)


@pytest.mark.parametrize(
    ("base", "accepted"),
    [({}, False), ({"coverage": 85.5}, True), ({"coverage": 85.51}, False),
     ({"coverage": 10.0}, True), ({"other": 10.0}, False)],
)  # fmt: skip
def test_coverage_may_drop_so_far_and_needs_a_base(
    base: Mapping[str, float], *, accepted: bool
) -> None:
    verdict = judged(covered(85.0), by=RATCHET, base_percentages=base)
    assert (verdict.verdict == "accepted") == accepted
    if not accepted:
        assert "threshold-not-met" in codes(verdict.reasons)


def test_a_check_without_coverage_never_meets_a_ratchet() -> None:
    made = line(document({"coverage": check(ExitFigures())}))
    assert (
        "no figure of per cent" in reasons(made, by=RATCHET, base_percentages={"coverage": 0.0})[0]
    )


def base_of(*lines: bytes, by: Policy) -> Mapping[str, float]:
    return base_percentages(case(*lines, by=by), check_signature, lambda: 0.0).percentages


def test_the_base_is_the_least_that_counts() -> None:
    plain = policy(Requirement("coverage"))
    assert base_of(by=plain) == {}
    assert base_of(covered(90.0), covered(80.0, BOB), covered(5.0, MALLORY), by=plain) == {
        "coverage": 80.0
    }
    assert base_of(covered(5.0, AUDITOR), by=plain) == {}
    assert base_of(covered(90.0, run_id=RUNS[0]), by=plain._replace(threshold=2)) == {}


def test_a_base_that_nobody_can_read_is_no_refusal() -> None:
    made = base_percentages(
        case(covered(90.0, BROKEN), by=policy(Requirement("coverage"))),
        check_signature,
        lambda: 0.0,
    )
    assert (dict(made.percentages), codes(made.unavailable)) == ({}, ["unavailable"])


# Reuse of a colleague's result

TEAM = policy(reuse="team", signers=(ADA, BOB, ROBOT))
INPUTS = "1" * 64
ORIGIN_DOCUMENT = document(
    {"tests": check(inputs=INPUTS)}, commit=OTHER_COMMIT, tree=OTHER_TREE, run_id=RUNS[0]
)


def origin(of: ResultDocument = ORIGIN_DOCUMENT, by: Signer = ADA) -> tuple[bytes, str]:
    payload = encode_statement(statement(of))
    return encode_envelope(envelope(payload, by)), sha256_hex(payload)


def reusing(
    digest: str, *, by: Signer = BOB, signer_key: str = ADA.fingerprint, **changes: Any
) -> bytes:
    reuse = Reuse(OTHER_COMMIT, OTHER_TREE, signer_key, digest)
    made = check(**({"inputs": INPUTS, "reused_from": reuse} | changes))
    return line(document({"tests": made}, run_id=RUNS[1]), by)


def test_a_colleagues_result_counts_for_who_ran_it() -> None:
    where, digest = origin()
    for lines in permutations((where, reusing(digest))):
        verdict = judged(*lines, by=TEAM)
        assert (verdict.verdict, verdict.signers) == ("accepted", (ADA.name,))


@pytest.mark.parametrize("reuse", ["own", "never"])
def test_only_where_the_policy_says_team(reuse: str) -> None:
    where, digest = origin()
    verdict = judged(where, reusing(digest), by=TEAM._replace(reuse=reuse))
    assert "reuse-refused" in codes(verdict.reasons)


def test_each_of_several_people_runs_it_himself() -> None:
    where, digest = origin()
    verdict = judged(where, reusing(digest), run_by(ADA, RUNS[2]), by=TEAM._replace(threshold=2))
    assert "reuse-refused" in codes(verdict.reasons)


@pytest.mark.parametrize(
    "made",
    [
        origin(by=MALLORY),
        origin(ORIGIN_DOCUMENT._replace(checks={"tests": check(inputs="2" * 64)})),
        origin(ORIGIN_DOCUMENT._replace(checks={"tests": check()})),
        origin(ORIGIN_DOCUMENT._replace(checks={"lint": check(inputs=INPUTS)})),
        origin(
            ORIGIN_DOCUMENT._replace(checks={"tests": check(inputs=INPUTS, definition=CHANGED)})
        ),
        origin(ORIGIN_DOCUMENT._replace(checks={"tests": check(inputs=INPUTS, passed=False)})),
        origin(
            ORIGIN_DOCUMENT._replace(
                checks={"tests": check(inputs=INPUTS, finished_at=NOW - 40 * 86_400)}
            )
        ),
        origin(
            ORIGIN_DOCUMENT._replace(
                checks={
                    "tests": check(
                        inputs=INPUTS,
                        reused_from=Reuse(COMMIT, TREE, BOB.fingerprint, "0" * 64),
                    )
                }
            )
        ),
    ],
    ids=["a stranger's", "other inputs", "no inputs", "another check", "another definition",
         "failed", "stale", "itself reused"],
)  # fmt: skip
def test_no_other_origin_counts(made: tuple[bytes, str]) -> None:
    where, digest = made
    for lines in permutations((where, reusing(digest))):
        assert judged(*lines, by=TEAM).verdict == "refused"


def test_who_reuses_has_to_be_one_who_counts() -> None:
    where, digest = origin()
    given = TEAM._replace(signers=(*TEAM.signers, AUDITOR))
    assert judged(where, reusing(digest, by=AUDITOR), by=given).verdict == "refused"


def test_an_origin_that_is_not_there_refuses() -> None:
    _, digest = origin()
    assert "not in the note" in reasons(reusing(digest), by=TEAM)[0]


def test_the_figures_are_those_of_who_ran_it() -> None:
    failing = check(inputs=INPUTS)._replace(figures=check().figures._replace(failed=7))  # type: ignore[call-arg]
    where, digest = origin(ORIGIN_DOCUMENT._replace(checks={"tests": failing}))
    assert "threshold-not-met" in codes(judged(where, reusing(digest), by=TEAM).reasons)


def test_an_origin_that_nobody_can_check_is_no_refusal() -> None:
    where, digest = origin(by=BROKEN)
    given = TEAM._replace(signers=(*TEAM.signers, BROKEN))
    made = reusing(digest, signer_key=BROKEN.fingerprint)
    assert judged(where, made, by=given).exit_code == 4


def test_what_reads_history_is_not_reused_from_another_commit() -> None:
    reuse = Reuse(OTHER_COMMIT, TREE, ADA.fingerprint, "0" * 64)
    made = line(document({"tests": check(reused_from=reuse)}))
    assert judged(made).verdict == "accepted"
    reading = {"tests": TrustedCheck(DEFINITION, reads_history=True)}
    verdict = judged(made, trusted_checks=reading)
    assert "subject-mismatch" in codes(verdict.reasons)


# Isolation


@pytest.mark.parametrize(
    ("environment", "accepted"),
    [({}, False), ({"isolation": "none"}, False), ({"isolation": True}, False),
     ({"isolation": "namespaces"}, True)],
)  # fmt: skip
def test_a_run_can_be_asked_to_be_held_apart(
    environment: Mapping[str, Any], *, accepted: bool
) -> None:
    verdict = judged(line(document(environment=environment)), by=policy(require_isolation=True))
    assert (verdict.verdict == "accepted") == accepted


# The forge's own run


HOSTING = policy(hosted=True)


def hosted(of: ResultDocument | None = None, **changes: Any) -> HostedResult:
    of = document() if of is None else of
    made = HostedResult(dumps_canonical(encode_result(of)), COMMIT, TREE, NOW - 40)
    return made._replace(**changes)


def test_the_forges_own_run_counts_as_a_machine() -> None:
    verdict = judged(by=HOSTING, hosted=hosted())
    assert (verdict.verdict, verdict.signers) == ("accepted", ("hosted",))
    runners = HOSTING._replace(roles=frozenset({"runner"}))
    assert judged(by=runners, hosted=hosted()).verdict == "accepted"
    developers = HOSTING._replace(roles=frozenset({"developer"}))
    assert judged(by=developers, hosted=hosted()).verdict == "refused"


def test_its_time_is_the_forges() -> None:
    old = document({"tests": check()})
    stale = hosted(old, finished_at=NOW - 40 * 86_400)
    assert judged(by=HOSTING, hosted=stale).verdict == "refused"


def test_two_of_its_runs_are_one() -> None:
    both = HOSTING._replace(threshold=2)
    assert judged(by=both, hosted=hosted()).verdict == "refused"
    assert judged(line(), by=both, hosted=hosted()).verdict == "accepted"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"by": policy(), "hosted": hosted()}, "unsigned"),
        ({"hosted": hosted(), "workflows_changed": True}, "protected-path"),
        ({"hosted": hosted(document=b"{")}, "malformed"),
        ({"hosted": hosted(commit=OTHER_COMMIT)}, "subject-mismatch"),
        ({"hosted": hosted(tree=OTHER_TREE)}, "subject-mismatch"),
        ({"hosted": hosted(document(tree=OTHER_TREE), tree=OTHER_TREE)}, "subject-mismatch"),
        ({"hosted": hosted(finished_at=NOW + 900)}, "timestamp-future"),
        ({"hosted": hosted(document({"tests": check(passed=False)}))}, "result-failed"),
        ({"hosted": hosted(document({"tests": check(definition=CHANGED)}))}, "checks-changed"),
        (
            {"hosted": hosted(document({"tests": check(
                reused_from=Reuse(COMMIT, TREE, ADA.fingerprint, "0" * 64))}))},
            "reuse-refused",
        ),
    ],
)  # fmt: skip
def test_it_is_held_to_every_rule(given: dict[str, Any], code: str) -> None:
    verdict = judged(**({"by": HOSTING} | given))
    assert verdict.verdict == "refused"
    assert code in codes(verdict.reasons)


def test_a_bare_line_of_the_note_is_not_the_forges() -> None:
    assert codes(judged(bare(), by=HOSTING).attestations[0].reasons) == ["unsigned"]


# What reviewers broke


def test_the_author_does_not_vouch_alone_for_a_colleagues_result() -> None:
    where, digest = origin(by=BOB)
    alone = TEAM._replace(author_alone=False)
    vouched = reusing(digest, by=ADA, signer_key=BOB.fingerprint)
    assert judged(where, vouched, by=alone, authors=(ADA.name,)).verdict == "refused"
    assert judged(where, vouched, by=alone, authors=("carol@example.org",)).verdict == "refused"
    people = (s._replace(accounts=(s.name[:3],)) for s in (ADA, BOB))
    known = alone._replace(signers=(*people, ROBOT))
    assert judged(where, vouched, by=known, authors=("stranger",)).verdict == "accepted"


@pytest.mark.parametrize("who", ["unsigned", "hosted"])
def test_nobody_reuses_a_colleagues_result_unsigned(who: str) -> None:
    where, digest = origin()
    reuse = Reuse(OTHER_COMMIT, OTHER_TREE, ADA.fingerprint, digest)
    of = document({"tests": check(inputs=INPUTS, reused_from=reuse)}, run_id=RUNS[1])
    given = TEAM._replace(hosted=True, require_signature=who == "hosted")
    if who == "hosted":
        verdict = judged(where, by=given, hosted=hosted(of))
    else:
        verdict = judged(where, bare(of), by=given)
    assert verdict.verdict == "refused"
    assert "reuse-refused" in codes(verdict.reasons)


def test_what_a_revoked_key_signed_is_not_reused() -> None:
    old = signer(ADA.name, "01d0" * 10, revoked=Revocation(NOW, "stolen"))
    auditor = signer(ADA.name, "a0d1" * 10, role="auditor")
    for key in (old, auditor):
        reuse = Reuse(OTHER_COMMIT, TREE, key.fingerprint, "0" * 64)
        made = line(document({"tests": check(reused_from=reuse)}))
        verdict = judged(made, by=policy(signers=(ADA, key)))
        assert "reuse-refused" in codes(verdict.reasons)


def test_an_approval_ages_as_a_result_does() -> None:
    old = approval(approved_at=NOW - 40 * 86_400, at=NOW - 40 * 86_400)
    verdict = judged(line(), old, by=PROTECTING, path_changes=TOUCHED)
    assert {"stale", "protected-path"} <= set(codes(verdict.reasons))


def test_the_forges_own_run_says_nothing_of_its_isolation() -> None:
    of = document(environment={"isolation": "namespaces"})
    assert judged(by=HOSTING, hosted=hosted(of)).verdict == "accepted"
    strict = HOSTING._replace(require_isolation=True)
    assert judged(by=strict, hosted=hosted(of)).verdict == "refused"


def test_each_signature_is_asked_about_once() -> None:
    asked: list[bytes] = []

    def counting(key: PublicKey, signature: bytes, data: bytes) -> GoodSignature:
        asked.append(signature)
        return check_signature(key, signature, data)

    where, digest = origin()
    copies = [
        made[:-1] + b',"x":%d}' % number
        for made in (reusing(digest), where)
        for number in range(20)
    ]
    given = case(*copies, by=TEAM._replace(threshold=1, max_age=1))
    assert judge(given, counting, lambda: 0.0).verdict == "refused"
    assert len(asked) == 2
