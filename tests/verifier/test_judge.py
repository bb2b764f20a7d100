"""Whole notes in, verdicts out: the reason codes and the order of exit codes (design 4.4, 4.5)."""

from __future__ import annotations

import json
from itertools import count, permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.config.policy import Requirement, Revocation
from localci.formats.base64_text import encode_base64
from localci.formats.bundle import MAX_LINE, MAX_NOTE, Bundle, read_bundle
from localci.formats.envelope import PAYLOAD_TYPE, encode_envelope
from localci.formats.result import (
    CoverageFigures,
    ExitFigures,
    IssueFigures,
    Reuse,
    TestFigures,
)
from localci.formats.statement import encode_statement
from localci.gpg.certificate import Certificate, PublicKey
from localci.verifier.evidence import TrustedCheck
from localci.verifier.judge import TIME_LIMIT, judge
from localci.verifier.verdict import Reason, Trust
from support.cases import (
    ADA,
    AUDITOR,
    BOB,
    BROKEN,
    MALLORY,
    ROBOT,
    TESTS,
    TRUST,
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
from support.documents import COMMIT, DEFINITION, NOW, TREE, check, document, statement

if TYPE_CHECKING:
    from localci.config.policy import Policy, Signer
    from localci.gpg.status import GoodSignature

OTHER = "9" * 40
GOOD = line()
PAYLOAD = encode_statement(statement())
DAY = 86_400


def keys_of(signer: Signer) -> tuple[PublicKey, ...]:
    assert isinstance(signer.key, Certificate)
    return signer.key.keys


def edited(original: bytes, **changes: Any) -> bytes:
    """Return a line with other values in its envelope."""
    return json.dumps(json.loads(original) | changes).encode()


def with_payload(**changes: Any) -> bytes:
    """Return a line whose statement says something else, signed as it stands."""
    payload = json.dumps(json.loads(PAYLOAD) | changes).encode()
    return encode_envelope(envelope(payload, ADA))


def reused(by: str) -> Reuse:
    return Reuse(OTHER, OTHER, by, "a" * 64)


def test_one_good_line_is_accepted_and_shown() -> None:
    verdict = judged(GOOD, target="main")
    assert (verdict.verdict, verdict.exit_code, verdict.match) == ("accepted", 0, "commit")
    assert (verdict.commit, verdict.tree, verdict.trust) == (COMMIT, TREE, TRUST)
    assert (verdict.signers, verdict.target) == (("ada@example.org",), "main")
    assert verdict.checks is not None
    assert verdict.checks["tests"].signer == "ada@example.org"
    assert verdict.checks["tests"].result == check()
    assert [attestation.accepted for attestation in verdict.attestations] == [True]
    assert verdict.reasons == ()
    assert not verdict.self_judged


def test_without_a_line_it_is_missing() -> None:
    verdict = judged()
    assert (verdict.verdict, verdict.exit_code) == ("missing", 3)
    assert codes(verdict.reasons) == ["no-attestation"]


LINES: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"hello", "malformed"),
    "not UTF-8": (b'{"payload":"\xff"}', "malformed"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "malformed"),
    "two on a line": (GOOD + GOOD, "malformed"),
    "pretty-printed": (b"{", "malformed"),
    "deep": (b'{"payload":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "malformed"),
    "NUL": (GOOD.replace(b"{", b"{\0", 1), "malformed"),
    "payload twice": (GOOD.replace(b'{"payload"', b'{"payload":"e30=","payload"', 1), "malformed"),
    "result twice": (
        encode_envelope(
            envelope(PAYLOAD.replace(b'"result":', b'"result":"FAILED","result":'), ADA)
        ),
        "malformed",
    ),
    "an infinite figure": (
        encode_envelope(envelope(PAYLOAD.replace(b'"total":150', b'"total":1e999'), ADA)),
        "malformed",
    ),
    "true as a figure": (
        encode_envelope(envelope(PAYLOAD.replace(b'"failed":0', b'"failed":false'), ADA)),
        "schema-invalid",
    ),
    "no signatures": (edited(GOOD, signatures=[]), "malformed"),
    "signatures as object": (edited(GOOD, signatures={}), "malformed"),
    "many signatures": (edited(GOOD, signatures=[{"sig": "AAAA"}] * 1000), "too-large"),
    "large payload": (
        edited(GOOD, payload=encode_base64(b" " * 47_001)),
        "too-large",
    ),
    "another type": (edited(GOOD, payloadType="application/json"), "malformed"),
    "type in capitals": (edited(GOOD, payloadType=PAYLOAD_TYPE.upper()), "malformed"),
    "signed without PAE": (
        encode_envelope(envelope(PAYLOAD, ADA, over=PAYLOAD)),
        "signature-invalid",
    ),
    "signed the base64": (
        encode_envelope(envelope(PAYLOAD, ADA, over=encode_base64(PAYLOAD).encode())),
        "signature-invalid",
    ),
    "signed another type": (
        encode_envelope(envelope(PAYLOAD, ADA, over=b"DSSEv1 1 x 2 {}")),
        "signature-invalid",
    ),
    "payload of another": (
        edited(GOOD, payload=json.loads(line(document(run_id="6" * 32)))["payload"]),
        "signature-invalid",
    ),
    "a forged figure": (
        edited(GOOD, payload=encode_base64(PAYLOAD.replace(b'"total":150', b'"total":151'))),
        "signature-invalid",
    ),
    "no OpenPGP": (edited(GOOD, signatures=[{"sig": "AAAA"}]), "signature-invalid"),
    "empty signature": (edited(GOOD, signatures=[{"sig": ""}]), "signature-invalid"),
    "a stranger": (line(by=MALLORY), "signer-unknown"),
    "a stranger with Ada's keyid": (
        edited(
            line(by=MALLORY),
            signatures=[
                {**json.loads(line(by=MALLORY))["signatures"][0], "keyid": ADA.fingerprint}
            ],
        ),
        "signer-unknown",
    ),
    "statement v0.1": (with_payload(_type="https://in-toto.io/Statement/v0.1"), "schema-invalid"),
    "another predicate": (with_payload(predicateType="https://slsa.dev/x"), "schema-invalid"),
    "no subject": (with_payload(subject=[]), "schema-invalid"),
    "two subjects": (with_payload(subject=json.loads(PAYLOAD)["subject"] * 2), "schema-invalid"),
    "another tree": (line(document(tree=OTHER)), "subject-mismatch"),
    "a longer tree": (line(document(tree=TREE + "0" * 24)), "subject-mismatch"),
    "another repository": (line(repository="example.org/mallory/app"), "repository-mismatch"),
    "another case": (line(repository="example.org/acme/App"), "repository-mismatch"),
    "failed": (line(document({"tests": check(passed=False)})), "result-failed"),
    "another check failed": (
        line(document({"tests": check(), "lint": check(passed=False)})),
        "result-failed",
    ),
    "unsigned": (bare(), "unsigned"),
    "unsigned, another tree": (bare(document(tree=OTHER)), "subject-mismatch"),
    "no document": (b"{}", "schema-invalid"),
    "signed in the future": (line(at=NOW + 301), "timestamp-future"),
    "finished in the future": (line(document(finished_at=NOW + 301), at=NOW), "timestamp-future"),
    "finished after the signature": (line(at=NOW - 361), "timestamp-future"),
    "finished before it started": (line(document(started_at=NOW + 241)), "schema-invalid"),
    "check finished before it started": (
        line(document({"tests": check(started_at=NOW + 241)})),
        "schema-invalid",
    ),
    "check finished after the run": (
        line(document({"tests": check(finished_at=NOW + 241)})),
        "schema-invalid",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_is_not_sound_is_refused_with_its_code(name: str) -> None:
    bad, code = LINES[name]
    verdict = judged(bad)
    assert (verdict.verdict, verdict.exit_code) == ("refused", 1)
    (attestation,) = verdict.attestations
    assert codes(attestation.reasons) == [code]
    assert not attestation.accepted
    assert codes(verdict.reasons) == [code, "check-missing"]
    assert verdict.signers == ()
    assert not verdict.checks


@pytest.mark.parametrize("name", LINES)
def test_a_good_line_counts_beside_any_other(name: str) -> None:
    bad, _ = LINES[name]
    assert judged(bad, GOOD).exit_code == 0
    assert judged(GOOD, bad).exit_code == 0


CHECKS: dict[str, tuple[Any, Policy, list[str]]] = {
    "failing, only advised": (
        check(passed=False, advisory=True), policy(), ["check-failed"]),
    "failed tests": (
        check(TestFigures(10, 1, 0)), policy(), ["threshold-not-met"]),
    "all skipped": (
        check(TestFigures(10, 0, 10)), policy(), ["threshold-not-met"]),
    "no figures": (
        check(ExitFigures()), policy(), ["threshold-not-met", "threshold-not-met"]),
    "figures of another kind": (
        check(CoverageFigures(100.0)), policy(), ["threshold-not-met", "threshold-not-met"]),
    "stale": (
        check(finished_at=NOW - 30 * DAY - 1, started_at=0), policy(), ["stale"]),
    "stale for this check": (
        check(finished_at=NOW - DAY - 1, started_at=0),
        policy(TESTS._replace(max_age=DAY)), ["stale"]),
    "another definition": (
        check(definition="1:" + "e" * 64), policy(), ["checks-changed"]),
    "no definition": (
        check(definition=""), policy(), ["checks-changed"]),
    "reused though never": (
        check(reused_from=reused(ADA.fingerprint)), policy(reuse="never"), ["reuse-refused"]),
    "reused from another": (
        check(reused_from=reused(BOB.fingerprint)), policy(), ["reuse-refused"]),
    "reused from a stranger": (
        check(reused_from=reused(MALLORY.fingerprint)), policy(), ["reuse-refused"]),
    "reused from a name": (
        check(reused_from=reused(ADA.name)), policy(), ["reuse-refused"]),
    "the wrong role": (
        check(), policy(roles=frozenset({"maintainer"})), ["not-enough-signers"]),
    "the wrong role for this check": (
        check(), policy(TESTS._replace(roles=frozenset({"runner"}))), ["not-enough-signers"]),
    "several things": (
        check(TestFigures(10, 1, 9), definition=""), policy(),
        ["threshold-not-met", "checks-changed"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_a_required_check_that_does_not_count_says_why(name: str) -> None:
    made, by, expected = CHECKS[name]
    verdict = judged(line(document({"tests": made})), by=by)
    assert (verdict.verdict, verdict.exit_code) == ("refused", 1)
    (attestation,) = verdict.attestations
    assert attestation.signer == "ada@example.org"
    assert codes(attestation.reasons) == expected
    assert codes(verdict.reasons)[-1] == "not-enough-signers"
    assert set(expected) <= set(codes(verdict.reasons))


COUNTING: dict[str, tuple[Any, Policy]] = {
    "at the limit of age": (check(finished_at=NOW - 30 * DAY, started_at=0), policy()),
    "old without a limit": (check(finished_at=0, started_at=0), policy(max_age=None)),
    "a longer age for this check": (
        check(finished_at=NOW - 50 * DAY, started_at=0),
        policy(TESTS._replace(max_age=60 * DAY)),
    ),
    "reused from oneself": (check(reused_from=reused(ADA.fingerprint)), policy()),
    "another definition, the head's count": (
        check(definition="1:" + "e" * 64),
        policy(checks_from_base=False),
    ),
    "without any bar": (check(ExitFigures()), policy(Requirement("tests"))),
    "the role asked for": (check(), policy(roles=frozenset({"developer", "maintainer"}))),
    "the check's role before the global": (
        check(),
        policy(TESTS._replace(roles=frozenset({"developer"})), roles=frozenset({"maintainer"})),
    ),
}


@pytest.mark.parametrize("name", COUNTING)
def test_a_required_check_counts(name: str) -> None:
    made, by = COUNTING[name]
    assert judged(line(document({"tests": made})), by=by).exit_code == 0


def test_an_auditor_is_shown_and_never_counted() -> None:
    for by in (
        policy(),
        policy(roles=frozenset({"auditor"})),
        policy(roles=frozenset({"auditor", "runner"})),
    ):
        verdict = judged(line(by=AUDITOR), by=by)
        assert verdict.exit_code == 1
        assert verdict.attestations[0].signer == "carol@example.org"
        assert codes(verdict.attestations[0].reasons) == ["not-enough-signers"]
    assert judged(line(by=ROBOT), by=policy(roles=frozenset({"auditor", "runner"}))).exit_code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revoked": Revocation(NOW - DAY, "laptop stolen")}, "key-revoked"),
        ({"revoked": Revocation(NOW + DAY, "")}, "key-revoked"),
        ({"not_before": NOW + 1}, "key-not-yet-valid"),
        ({"not_after": NOW}, "key-expired"),
        ({"not_after": NOW - DAY}, "key-expired"),
        ({"not_before": NOW}, ""),
        ({"not_after": NOW + 1}, ""),
        ({"not_before": NOW - DAY, "not_after": NOW + DAY}, ""),
    ],
    ids=str,
)
def test_a_signers_window_is_the_verifiers_clock(changes: dict[str, Any], code: str) -> None:
    verdict = judged(line(), by=policy(signers=(ADA._replace(**changes), BOB)))
    assert verdict.exit_code == (1 if code else 0)
    assert codes(verdict.attestations[0].reasons) == ([code] if code else [])


@pytest.mark.parametrize(
    ("at", "finished_at", "code"),
    [
        (NOW + 300, NOW - 60, 0),
        (NOW + 300, NOW + 300, 0),
        (NOW - 360, NOW - 60, 0),
        (NOW + 301, NOW - 60, 1),
        (NOW, NOW + 300, 0),
        (NOW, NOW + 301, 1),
    ],
)
def test_two_clocks_may_differ_by_five_minutes(at: int, finished_at: int, code: int) -> None:
    made = document(finished_at=finished_at)
    assert judged(line(made, at=at)).exit_code == code


def test_the_same_tree_under_another_commit_counts() -> None:
    verdict = judged(line(document(commit=OTHER)))
    assert (verdict.exit_code, verdict.match) == (0, "tree")
    both = judged(line(document(commit=OTHER)), GOOD)
    assert (both.exit_code, both.match) == (0, "tree")
    assert judged(GOOD, line(document(commit=OTHER))).match == "commit"


@pytest.mark.parametrize(
    ("by", "history"),
    [
        (policy(commit_binding=True), False),
        (policy(TESTS._replace(commit_binding=True)), False),
        (policy(), True),
        (policy(checks_from_base=False), True),
    ],
    ids=["policy", "requirement", "reads history", "reads history, head's definitions"],
)
def test_what_is_bound_to_its_commit_does_not_count_for_another(
    by: Policy, *, history: bool
) -> None:
    trusted = {"tests": TrustedCheck(DEFINITION, reads_history=history)}
    verdict = judged(line(document(commit=OTHER)), by=by, trusted_checks=trusted)
    assert verdict.exit_code == 1
    assert codes(verdict.attestations[0].reasons) == ["subject-mismatch"]
    assert judged(GOOD, by=by, trusted_checks=trusted).exit_code == 0


def test_a_check_that_the_trust_commit_does_not_know_is_changed() -> None:
    verdict = judged(GOOD, trusted_checks={})
    assert codes(verdict.attestations[0].reasons) == ["checks-changed"]
    assert judged(GOOD, by=policy(checks_from_base=False), trusted_checks={}).exit_code == 0


LINT = Requirement("lint", max_issues=0)
COVERAGE = Requirement("coverage", min_percentage=85.0)


def test_statements_of_several_people_add_up() -> None:
    by = policy(TESTS, LINT, COVERAGE)
    mine = line(document({"tests": check(), "coverage": check(CoverageFigures(85.0))}))
    other = document({"lint": check(IssueFigures((), 0))}, commit=OTHER)
    theirs = line(other, by=BOB)
    verdict = judged(mine, theirs, by=by)
    assert (verdict.exit_code, verdict.match) == (0, "tree")
    assert verdict.signers == ("ada@example.org", "bob@example.org")
    assert verdict.checks is not None
    assert {n: c.signer for n, c in verdict.checks.items()} == {
        "coverage": "ada@example.org",
        "lint": "bob@example.org",
        "tests": "ada@example.org",
    }
    alone = judged(mine, by=by)
    assert codes(alone.reasons) == ["check-missing"]
    assert "lint" in alone.reasons[0].message


def test_a_required_check_in_no_statement_is_missing() -> None:
    verdict = judged(line(document({"lint": check()})))
    assert verdict.exit_code == 1
    assert codes(verdict.reasons) == ["check-missing"]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_failed_line_never_vetoes(order: tuple[int, ...]) -> None:
    failed = line(document({"tests": check(passed=False)}, run_id="6" * 32))
    lines = (GOOD, failed, line(by=MALLORY))
    assert judged(*(lines[index] for index in order)).exit_code == 0


UNSIGNED = policy(require_signature=False)


def test_a_bare_document_counts_where_no_signature_is_asked_for() -> None:
    verdict = judged(bare(), by=UNSIGNED)
    assert (verdict.exit_code, verdict.signers) == (0, ())
    assert codes(verdict.reasons) == ["unsigned"]
    assert verdict.checks is not None
    assert verdict.checks["tests"].signer == "unsigned"


def test_a_signed_line_is_not_called_unsigned_there() -> None:
    verdict = judged(GOOD, by=UNSIGNED)
    assert (verdict.exit_code, verdict.signers, verdict.reasons) == (0, ("ada@example.org",), ())


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (document(tree=OTHER), "subject-mismatch"),
        (document({"tests": check(passed=False)}), "result-failed"),
        (document(finished_at=NOW + 301), "timestamp-future"),
        (document({"tests": check(TestFigures(1, 1, 0))}), "threshold-not-met"),
        (document({"tests": check(definition="")}), "checks-changed"),
        (document({"tests": check(reused_from=reused(ADA.fingerprint))}), "reuse-refused"),
        (document({"tests": check(finished_at=0, started_at=0)}), "stale"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_rule_holds_for_a_bare_document_too(made: Any, code: str) -> None:
    verdict = judged(bare(made), by=UNSIGNED)
    assert verdict.exit_code == 1
    assert codes(verdict.attestations[0].reasons) == [code]


def test_a_broken_envelope_is_never_a_bare_document() -> None:
    hybrid = json.dumps(json.loads(bare()) | {"payload": "e30="}).encode()
    assert codes(judged(hybrid, by=UNSIGNED).attestations[0].reasons) == ["malformed"]


def test_of_several_signatures_one_that_holds_is_enough() -> None:
    both = encode_envelope(envelope(PAYLOAD, MALLORY, ADA))
    assert judged(both).signers == ("ada@example.org",)
    wrong = json.loads(encode_envelope(envelope(PAYLOAD, BOB, over=b"")))["signatures"]
    right = json.loads(GOOD)["signatures"]
    assert judged(edited(GOOD, signatures=wrong + right)).signers == ("ada@example.org",)
    assert judged(edited(GOOD, signatures=right * 8)).exit_code == 0


@pytest.mark.parametrize(
    "changed",
    [
        edited(GOOD, x={"y": 1}),
        edited(GOOD, signatures=[{**json.loads(GOOD)["signatures"][0], "keyid": ""}]),
        edited(GOOD, signatures=[{**json.loads(GOOD)["signatures"][0], "keyid": "\n::error::"}]),
        edited(GOOD, signatures=[{"sig": json.loads(GOOD)["signatures"][0]["sig"], "cert": "x"}]),
        edited(GOOD, payload=json.loads(GOOD)["payload"].replace("+", "-").replace("/", "_")),
        GOOD + b"\r",
        b"  " + GOOD,
    ],
    ids=["field", "no keyid", "keyid", "signature field", "URL-safe", "CRLF", "blanks"],
)
def test_what_no_signature_covers_may_change(changed: bytes) -> None:
    assert changed != GOOD
    assert judged(changed).exit_code == 0


def test_a_subkey_signs_for_its_person() -> None:
    subkey = signer("sub", "50b0" * 10)
    two_keys = Certificate(b"", (*keys_of(ADA), *keys_of(subkey)))

    def check_either(certificate: Certificate, sig: bytes, data: bytes) -> GoodSignature:
        assert certificate is two_keys
        return check_signature(subkey.key, sig, data)

    by = policy(signers=(ADA._replace(key=two_keys),))
    verdict = judge(case(line(by=subkey), by=by), check_either, lambda: 0.0)
    assert verdict.signers == ("ada@example.org",)


def test_a_renewed_key_may_reuse_what_the_old_one_ran() -> None:
    new = signer("x", "aaaa" * 10)._replace(name=ADA.name)
    by = policy(signers=(ADA._replace(revoked=None), new))
    made = document({"tests": check(reused_from=reused(ADA.fingerprint))})
    assert judged(line(made, by=new), by=by).exit_code == 0


def test_only_what_names_this_tree_costs_a_signature_check() -> None:
    asked: list[bytes] = []

    def counting(certificate: Certificate, sig: bytes, data: bytes) -> GoodSignature:
        asked.append(data)
        return check_signature(certificate, sig, data)

    others = [line(document(tree=f"{number:040x}")) for number in range(50)]
    verdict = judge(case(*others, line(by=MALLORY), GOOD), counting, lambda: 0.0)
    assert verdict.exit_code == 0
    assert len(asked) == 1


def test_nothing_is_read_beyond_what_suffices() -> None:
    verdict = judged(line(by=MALLORY), GOOD, line(by=BOB), line(by=BROKEN))
    assert verdict.exit_code == 0
    assert [attestation.signer for attestation in verdict.attestations] == ["", ADA.name]


def test_what_could_not_be_checked_is_no_verdict() -> None:
    verdict = judged(line(by=BROKEN))
    assert (verdict.verdict, verdict.exit_code) == ("error", 4)
    assert codes(verdict.reasons) == ["unavailable", "check-missing"]
    assert "gpgv gave no answer" in verdict.reasons[0].message


def test_what_could_not_be_read_is_no_verdict_and_no_obstacle() -> None:
    unread = (Reason("unavailable", "the object is missing"),)
    assert judged(unread=unread).exit_code == 4
    assert judged(line(by=MALLORY), unread=unread).exit_code == 4
    assert judged(GOOD, unread=unread).exit_code == 0


def test_exit_codes_come_in_the_order_of_the_design() -> None:
    broken, refused = line(by=BROKEN), line(by=MALLORY)
    for order in permutations((broken, refused, GOOD)):
        assert judged(*order).exit_code == 0
    for pair in permutations((broken, refused)):
        verdict = judged(*pair)
        assert verdict.exit_code == 4
        assert {code for a in verdict.attestations for code in codes(a.reasons)} == {
            "unavailable",
            "signer-unknown",
        }
    assert judged(refused).exit_code == 1
    assert judged().exit_code == 3


def test_after_the_time_limit_nobody_can_say() -> None:
    ticks = count(step=TIME_LIMIT / 3 + 0.1)
    bad = [line(by=MALLORY, at=NOW - number) for number in range(9)]
    verdict = judged(*bad, GOOD, clock=lambda: next(ticks))
    assert (verdict.verdict, verdict.exit_code) == ("error", 4)
    assert "within 30 s" in verdict.reasons[0].message
    assert len(verdict.attestations) == 2


def test_acceptance_within_the_time_limit_stands() -> None:
    ticks = count(step=TIME_LIMIT / 3 + 0.1)
    assert judged(line(by=MALLORY), GOOD, clock=lambda: next(ticks)).exit_code == 0


def test_what_is_too_large_is_seen_and_refused() -> None:
    long = read_bundle((b"x" * (MAX_LINE + 1),))
    for bundle in (long, read_bundle((b"x\n" * MAX_NOTE,))):
        verdict = judged(bundle=bundle)
        assert (verdict.verdict, verdict.exit_code) == ("refused", 1)
        assert codes(verdict.reasons) == ["too-large", "check-missing"]
    beside = Bundle((GOOD,), oversized_lines=1, oversized_notes=1)
    assert judged(bundle=beside).exit_code == 0


def test_a_commit_under_its_own_policy_is_said_to_be() -> None:
    own = Trust("HEAD", COMMIT, "f" * 64)
    assert judged(GOOD, trust=own).self_judged
    assert judged(trust=own).self_judged


POOL = (
    GOOD,
    line(document(commit=OTHER)),
    line(document({"lint": check(IssueFigures((), 0))}), by=BOB),
    line(document({"lint": check(IssueFigures((), 3))}), by=BOB),
    line(document({"tests": check(), "lint": check(passed=False)})),
    line(document({"tests": check(passed=False, advisory=True)})),
    line(document({"tests": check(finished_at=0, started_at=0)})),
    line(by=AUDITOR),
    line(by=ROBOT),
    line(by=BROKEN),
    bare(),
    *(bad for bad, _ in LINES.values()),
)
POLICIES = (
    policy(),
    policy(TESTS, LINT),
    policy(TESTS, LINT._replace(roles=frozenset({"runner"}))),
    policy(commit_binding=True),
    UNSIGNED,
)
LISTS = st.lists(st.sampled_from(POOL), max_size=6)


@given(LISTS, LISTS, st.sampled_from(POLICIES))
def test_more_lines_never_turn_accepted_into_anything_else(
    lines: list[bytes], more: list[bytes], by: Policy
) -> None:
    if judged(*lines, by=by).exit_code == 0:
        assert judged(*lines, *more, by=by).exit_code == 0
        assert judged(*more, *lines, by=by).exit_code == 0


@given(LISTS.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))),
       st.sampled_from(POLICIES))  # fmt: skip
def test_the_order_of_the_lines_decides_nothing(
    orders: tuple[list[bytes], list[bytes]], by: Policy
) -> None:
    one, other = (judged(*lines, by=by) for lines in orders)
    assert one.exit_code == other.exit_code
    if one.exit_code:
        assert {*one.reasons} == {*other.reasons}


@given(LISTS, st.sampled_from(POLICIES))
def test_a_line_seen_is_never_missing_and_none_never_refused(
    lines: list[bytes], by: Policy
) -> None:
    verdict = judged(*lines, by=by)
    assert (verdict.exit_code == 3) == (not lines)
    assert (verdict.exit_code == 0) == (verdict.verdict == "accepted")
