"""What holds of every note, whatever stands in it (design 8, items 3, 4 and 10)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from localci.config.policy import HOSTED, UNSIGNED
from localci.verifier.judge import base_percentages, judge
from localci.verifier.report import verdict_lines
from localci.verifier.verdict import ACCEPTED, ERROR, NOT_FOUND, REFUSED, encode_verdict
from support import lines as strategies
from support.cases import AUDITOR, BROKEN, MALLORY, check_signature, judged, policy
from support.notes import ACCEPTED_NOTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Signer
    from localci.verifier.evidence import Case
    from localci.verifier.verdict import Verdict

MANY = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def percentages_of(case: Case) -> Mapping[str, float]:
    return base_percentages(case, check_signature, lambda: 0.0).percentages


EACH = pytest.mark.parametrize("scenario", strategies.SCENARIOS)


def verdict_of(case: Case) -> Verdict:
    return judge(case, check_signature, lambda: 0.0)


def accepts(case: Case) -> bool:
    return verdict_of(case).verdict == ACCEPTED


@EACH
@MANY
@given(data=st.data())
def test_a_verdict_says_what_it_must(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    case = note.with_lines(*note.lines)
    verdict = verdict_of(case)
    encoded = json.loads(json.dumps(encode_verdict(verdict), allow_nan=False))
    assert encoded["verdict"] in {ACCEPTED, REFUSED, NOT_FOUND, ERROR}
    assert all(line.isprintable() for line in verdict_lines(verdict))
    if verdict.verdict != ACCEPTED:
        assert verdict.exit_code in {1, 3, 4}
        assert verdict.reasons
        return
    assert verdict.exit_code == 0
    assert {reason.code for reason in verdict.reasons} <= {"unsigned"}
    assert verdict.checks is not None
    required = {requirement.name for requirement in case.requirements}
    assert set(verdict.checks) == required
    assert all(found.result.passed for found in verdict.checks.values())
    assert len(verdict.signers) >= max(map(case.policy.threshold_of, case.requirements)) or (
        not case.policy.require_signature
    )
    people = {signer.name for signer in case.policy.signers if signer.counts_from(case.now)}
    assert set(verdict.signers) <= people | {HOSTED, UNSIGNED}


@EACH
@MANY
@given(data=st.data())
def test_deleting_lines_never_helps(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    kept = [line for line in note.lines if data.draw(st.booleans())]
    if accepts(note.with_lines(*kept)):
        assert accepts(note.with_lines(*note.lines))


@EACH
@MANY
@given(data=st.data())
def test_cutting_bytes_off_never_helps(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    whole = b"\n".join(note.lines)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    if accepts(note.with_notes(whole[start:end])):
        assert accepts(note.with_notes(whole))


@EACH
@MANY
@given(data=st.data())
def test_losing_one_of_two_notes_or_both_never_helps(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    middle = data.draw(st.integers(0, len(note.lines)))
    of_commit, of_tree = b"\n".join(note.lines[:middle]), b"\n".join(note.lines[middle:])
    both = accepts(note.with_notes(of_commit, of_tree))
    for fewer in ((of_commit,), (of_tree,), ()):
        assert both or not accepts(note.with_notes(*fewer))


@EACH
@MANY
@given(data=st.data())
def test_the_order_of_lines_does_not_decide(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    shuffled = data.draw(st.permutations(note.lines))
    assert accepts(note.with_lines(*shuffled)) == accepts(note.with_lines(*note.lines))


@EACH
@MANY
@given(data=st.data())
def test_strangers_lines_change_nothing(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    alone = verdict_of(note.with_lines(*note.lines))
    drawn = data.draw(st.lists(strategies.hostile_lines(note.lines), max_size=3))
    copies = strategies.taken_over(
        note.lines, data.draw(st.sampled_from([MALLORY, BROKEN, AUDITOR]))
    )
    hostile = [line for line in (*drawn, *copies) if line not in note.lines]
    if not note.case.policy.require_signature:
        hostile = [line for line in hostile if b"commit_sha" not in line]
    mixed = [*hostile, *note.lines] if data.draw(st.booleans()) else [*note.lines, *hostile]
    together = verdict_of(note.with_lines(*mixed))
    assert (together.verdict == ACCEPTED) == (alone.verdict == ACCEPTED)
    assert (together.signers, together.checks) == (alone.signers, alone.checks)


@pytest.mark.parametrize("by", [MALLORY, BROKEN, AUDITOR], ids=lambda by: by.name)
def test_a_copy_of_what_a_check_was_reused_from_does_not_stand_before_it(by: Signer) -> None:
    honest = ACCEPTED_NOTES["reused-in-the-team"]
    copies = strategies.taken_over(honest.split(b"\n"), by)
    team = policy(reuse="team")
    assert judged(honest, by=team).verdict == ACCEPTED
    assert judged(*copies, honest, by=team).verdict == ACCEPTED


@EACH
@MANY
@given(data=st.data())
def test_losing_lines_of_the_base_never_lowers_its_bar(scenario: str, data: st.DataObject) -> None:
    note = data.draw(strategies.notes(scenario))
    kept = [line for line in note.lines if data.draw(st.booleans())]
    fewer = percentages_of(note.with_lines(*kept))
    whole = percentages_of(note.with_lines(*note.lines))
    assert all(whole[name] <= percentage for name, percentage in fewer.items())


@EACH
def test_notes_of_every_scenario_are_accepted_and_refused(scenario: str) -> None:
    drawn = strategies.notes(scenario)
    few = settings(MANY, max_examples=2_000, database=None, phases=[Phase.generate])
    note = find(drawn, lambda note: accepts(note.with_lines(*note.lines)), settings=few)
    assert note.lines or note.case.policy.hosted
    find(
        drawn,
        lambda note: note.lines != () and not accepts(note.with_lines(*note.lines)),
        settings=few,
    )
