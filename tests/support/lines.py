"""Hypothesis strategies: whole cases for the judge, with lines of every kind in their notes.

Everything starts as what counts, and a few things of it are changed, out of small pools: rules that
add up or compare are only reached by values that agree. So a good part of the cases is accepted,
and shrinking leads there.
"""

from __future__ import annotations

import contextlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from localci.config.policy import PathRule, Policy, Requirement, Revocation
from localci.errors import FormatError
from localci.formats.approval import Approval, CheckChange, encode_approval
from localci.formats.bundle import MAX_LINE, read_bundle
from localci.formats.envelope import decode_envelope, encode_envelope
from localci.formats.object_ids import sha256_hex
from localci.formats.result import (
    CoverageFigures,
    IssueFigures,
    Reuse,
    TestFigures,
)
from localci.formats.statement import encode_statement
from localci.formats.strict_json import loads_object
from localci.formats.subject import Subject
from localci.verifier.evidence import Case, HostedResult, PathChange, TrustedCheck
from support.cases import ADA, AUDITOR, BOB, BROKEN, MALLORY, ROBOT, bare, case, envelope, signer
from support.documents import COMMIT, DEFINITION, NOW, REPOSITORY, TREE, check, document, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from localci.config.policy import Signer
    from localci.formats.result import Figures, ResultDocument

OTHER: Final = "9" * 40
CHANGED: Final = "1:" + "e" * 64
"""How the tree under test defines a check that the trust commit defines otherwise."""
INPUTS: Final = "1" * 64
DAY: Final = 86_400

ADAS_NEW_KEY: Final = signer(ADA.name, "ada1" * 10)
EVE: Final = signer("eve@example.org", "e7e0" * 10)
"""Somebody of the team whom a policy may have revoked."""
PATTERN: Final = ".github/**"
BASE_DIGEST: Final = "2" * 64

CHECKS: Final[dict[str, Figures]] = {
    "tests": TestFigures(150, 0, 5),
    "coverage": CoverageFigures(87.5),
    "lint": IssueFigures((), 0),
}
Changes: TypeAlias = "Mapping[str, Any]"


class Note(NamedTuple):
    """A case without its lines, and the lines."""

    case: Case
    lines: tuple[bytes, ...]

    def with_lines(self, *lines: bytes) -> Case:
        """Return the case of a note that holds just these lines."""
        return self.with_notes(b"\n".join(lines))

    def with_notes(self, *notes: bytes) -> Case:
        """Return the case of these notes."""
        return self.case._replace(bundle=read_bundle(notes))


def _few(*changes: Changes) -> st.SearchStrategy[Changes]:
    """Draw none of the changes, or one or two as one; none every other time."""
    one = st.sampled_from([*({} for _ in range(3 * len(changes))), *changes])
    return st.builds(lambda first, second: {**first, **second}, one, one)


# --- policies and cases -----------------------------------------------------------------------

_MAINTAINERS: Final = frozenset({"maintainer"})
_DEVELOPERS: Final = frozenset({"developer"})
_BOTH: Final = _MAINTAINERS | _DEVELOPERS

_TESTS: Final = Requirement("tests", max_failed=0, min_total=1)
_COVERAGE: Final = Requirement("coverage", min_percentage=85.0)
_LINT: Final = Requirement("lint", max_issues=0)
_REQUIREMENTS: Final = st.sampled_from(
    [
        (_TESTS,),
        (_TESTS, _COVERAGE),
        (_TESTS, _COVERAGE, _LINT),
        (_TESTS, _LINT._replace(threshold=2)),
        (_TESTS._replace(threshold=2), _LINT),
        (_TESTS._replace(threshold=1), _LINT._replace(roles=_MAINTAINERS)),
        (_COVERAGE._replace(max_drop=1.0),),
        (_COVERAGE._replace(max_drop=1.0, threshold=2, roles=_DEVELOPERS), _TESTS),
        (_TESTS._replace(commit_binding=True), _LINT),
        (_TESTS._replace(max_age=30), _LINT),
        (_TESTS._replace(roles=frozenset({"runner", "auditor"})), _COVERAGE),
    ]
)
_POLICIES: Final = _few(
    {"threshold": 2},
    {"reuse": "team"},
    {"reuse": "never"},
    {"commit_binding": True},
    {"max_age": 30},
    {"max_age": None},
    {"roles": _DEVELOPERS},
    {"author_alone": False},
    {"require_isolation": True},
    {"checks_from_base": False},
)
_EVES: Final[st.SearchStrategy[Changes]] = st.sampled_from(
    [
        {"revoked": Revocation(NOW - DAY, "left")},
        {"not_after": NOW - DAY},
        {"not_before": NOW + DAY},
        {},
    ]
)
_DEFINED: Final = {name: TrustedCheck(DEFINITION, reads_history=False) for name in CHECKS}
_OWN: Final = {name: TrustedCheck(CHANGED, reads_history=False) for name in CHECKS}
_HISTORY: Final = {name: item._replace(reads_history=True) for name, item in _DEFINED.items()}
_RULE: Final = PathRule(PATTERN, _MAINTAINERS)
_PATH_CHANGE: Final = PathChange(_RULE, (".github/a",), BASE_DIGEST)
_CASES: Final = _few(
    {"path_changes": (_PATH_CHANGE,)},
    {"own_checks": _OWN},
    {"trusted_checks": _HISTORY},
    {"trusted_checks": {}},
    {"base_percentages": {}},
    {"base_percentages": {"coverage": 99.0}},
    {"authors": ("ada",)},
    {"authors": ("stranger",)},
    {"workflows_changed": True},
)


_WITH_APPROVALS: Final = ("sound", "sound", "result", "approval", "approval")


class Scenario(NamedTuple):
    """What a case is about: how its policy and its circumstances differ from the plainest."""

    policy: Changes = MappingProxyType({})
    case: Changes = MappingProxyType({})
    requirements: tuple[Requirement, ...] = ()
    definition: str = DEFINITION
    kinds: tuple[str, ...] = ("sound",) * 5 + ("result",) * 4 + ("reusing",) * 2 + ("bare",)


SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "one person is enough": Scenario(),
        "two people": Scenario({"threshold": 2}),
        "three people": Scenario({"threshold": 3}),
        "two people for one of the checks": Scenario(
            requirements=(_TESTS, _LINT._replace(threshold=2))
        ),
        "a maintainer": Scenario(requirements=(_TESTS, _LINT._replace(roles=_MAINTAINERS))),
        "a ratchet": Scenario(requirements=(_COVERAGE._replace(max_drop=1.0), _TESTS)),
        "reused in the team": Scenario(
            {"reuse": "team"}, kinds=("origin", "reusing", "reusing", "result")
        ),
        "not the author alone": Scenario({"author_alone": False}, {"authors": ("ada",)}),
        "a protected path": Scenario(case={"path_changes": (_PATH_CHANGE,)}, kinds=_WITH_APPROVALS),
        "a changed check": Scenario(
            case={"own_checks": _OWN}, definition=CHANGED, kinds=_WITH_APPROVALS
        ),
        "an approval by another than the author": Scenario(
            {"author_alone": False},
            {"path_changes": (_PATH_CHANGE,), "own_checks": _OWN, "authors": (BOB.name,)},
            definition=CHANGED,
            kinds=_WITH_APPROVALS,
        ),
        "run by the forge": Scenario({"hosted": True}),
        "not signed": Scenario({"require_signature": False}),
    }
)


@st.composite
def policies(draw: st.DrawFn, scenario: Scenario) -> Policy:
    """Draw a policy."""
    signers = (
        ADA._replace(roles=draw(st.sampled_from([_BOTH, _DEVELOPERS])), accounts=("ada",)),
        ADAS_NEW_KEY._replace(roles=_BOTH),
        BOB._replace(roles=draw(st.sampled_from([_DEVELOPERS, _BOTH]))),
        ROBOT,
        AUDITOR,
        BROKEN,
        EVE._replace(**draw(_EVES)),
    )
    fields: dict[str, Any] = {
        "repositories": (REPOSITORY,),
        "requirements": scenario.requirements or draw(_REQUIREMENTS),
        "signers": signers,
        "digest": "f" * 64,
        "max_age": 30 * DAY,
        "path_rules": (_RULE,),
    }
    drawn = Policy(**{**fields, **draw(_POLICIES), **scenario.policy})
    return drawn if drawn.require_signature else _without_people(drawn)


def _without_people(policy: Policy) -> Policy:
    """Return the policy as one that takes bare documents, and so can ask for nobody."""
    plain = (item._replace(threshold=None, roles=None) for item in policy.requirements)
    return policy._replace(
        requirements=tuple(plain),
        threshold=1,
        roles=None,
        author_alone=True,
        path_rules=(),
    )


# --- lines ------------------------------------------------------------------------------------

_PEOPLE: Final = st.sampled_from(
    [ADA, BOB, ROBOT] * 3 + [ADAS_NEW_KEY, ADAS_NEW_KEY, AUDITOR, EVE, MALLORY, BROKEN]
)
_HOW_MANY: Final = st.sampled_from([1, 2, 3, 4, 5, 6, 6, 6, 0])
_NAMES: Final = st.sampled_from(
    [tuple(CHECKS), tuple(CHECKS), tuple(CHECKS), ("tests",), ("coverage", "lint")]
)
_DOCUMENTS: Final = _few(
    {"commit": OTHER},
    {"tree": OTHER},
    {"tree": OTHER, "commit": OTHER},
    {"run_id": "5" * 32},
    {"run_id": "0" * 32},
    {"finished_at": NOW + DAY},
    {"finished_at": NOW - 20},
    {"environment": {"isolation": "namespaces"}},
)
_FIGURES: Final[dict[str, list[Figures]]] = {
    "tests": [TestFigures(5, 0, 5), TestFigures(3, 1, 0), CoverageFigures(99.0)],
    "coverage": [CoverageFigures(84.0), CoverageFigures(86.0), TestFigures(9, 0, 0)],
    "lint": [IssueFigures((), 3)],
}
_CHECKS: Final = {
    name: _few(
        *({"figures": figures} for figures in _FIGURES[name]),
        {"passed": False},
        {"passed": False, "advisory": True},
        {"finished_at": NOW - 20},
        {"started_at": NOW - 40 * DAY, "finished_at": NOW - 35 * DAY},
        {"definition": CHANGED},
        {"definition": ""},
        {"inputs": ""},
        {"reused": True},
        {"reused": True},
    )
    for name in CHECKS
}
_REUSES: Final = _few(
    {"commit": OTHER},
    {"tree": OTHER},
    {"signer": ADA.fingerprint},
    {"signer": MALLORY.fingerprint},
    {"statement": "4" * 64},
)
_APPROVALS: Final = _few(
    {"digest": "6" * 64},
    {"digest": ""},
    {"commit": OTHER},
    {"tree": OTHER},
    {"head": DEFINITION},
)


_Origin: TypeAlias = "tuple[str, bytes]"
"""A statement of the note: the fingerprint of who signed it, and its bytes."""


_BESIDE: Final = st.sampled_from([()] * 9 + [(MALLORY,), (BROKEN,), (BOB,)])


@st.composite
def _reuses(draw: st.DrawFn, origins: Sequence[_Origin]) -> Reuse | None:
    """Draw where a check ran: in one of the statements drawn before, or said to be."""
    if not origins:
        return None
    by, payload = draw(st.sampled_from(origins))
    fields = {"commit": COMMIT, "tree": TREE, "signer": by, "statement": sha256_hex(payload)}
    return Reuse(**{**fields, **draw(_REUSES)})


@st.composite
def documents(
    draw: st.DrawFn,
    definition: str = DEFINITION,
    run_id: str = "a" * 32,
    origins: Sequence[_Origin] = (),
) -> ResultDocument:
    """Draw the document of a run; `origins` are what its checks may be reused from."""
    checks = {}
    for name in draw(_NAMES):
        fields: dict[str, Any] = {
            "figures": CHECKS[name],
            "inputs": INPUTS,
            "definition": definition,
        }
        fields |= draw(_CHECKS[name])
        if fields.pop("reused", False):
            fields["reused_from"] = draw(_reuses(origins))
        checks[name] = check(**fields)
    fields = {"started_at": NOW - 41 * DAY, "run_id": run_id}
    return document(checks, **{**fields, **draw(_DOCUMENTS)})


def _sound(definition: str, run_id: str, reuse: Reuse | None = None) -> ResultDocument:
    checks = {
        name: check(figures, inputs=INPUTS, definition=definition, reused_from=reuse)
        for name, figures in CHECKS.items()
    }
    return document(checks, run_id=run_id, environment={"isolation": "namespaces"})


@st.composite
def _results(
    draw: st.DrawFn, kind: str, by: Signer, definition: str, origins: Sequence[_Origin]
) -> ResultDocument:
    run_id = by.fingerprint[:32]
    if kind == "sound":
        return _sound(definition, run_id)
    if kind == "origin":
        return _sound(definition, run_id)._replace(tree=OTHER, commit=OTHER)
    if kind == "reusing":
        return _sound(definition, run_id, draw(_reuses(origins)))
    return draw(documents(definition, run_id, origins))


@st.composite
def _approvals(draw: st.DrawFn) -> bytes:
    """Draw the payload of an approval."""
    fields: dict[str, Any] = {
        "commit": COMMIT,
        "tree": TREE,
        "digest": BASE_DIGEST,
        "head": CHANGED,
    }
    fields |= draw(_APPROVALS)
    change = CheckChange(DEFINITION, fields["head"])
    return encode_approval(
        Approval(
            Subject(fields["commit"], fields["tree"], REPOSITORY),
            OTHER,
            NOW - 50,
            {PATTERN: fields["digest"]} if fields["digest"] else {},
            dict.fromkeys(CHECKS, change),
        )
    )


@st.composite
def _lines(draw: st.DrawFn, scenario: Scenario) -> tuple[bytes, ...]:
    """Draw the lines of a note: results that may reuse earlier ones, approvals, bare documents."""
    found: list[bytes] = []
    origins: list[_Origin] = []
    for _ in range(draw(_HOW_MANY)):
        kind, by = draw(st.sampled_from(scenario.kinds)), draw(_PEOPLE)
        if kind == "approval":
            found.append(encode_envelope(envelope(draw(_approvals()), by)))
            continue
        of = draw(_results(kind, by, scenario.definition, origins))
        if kind == "bare":
            found.append(bare(of))
            continue
        payload = encode_statement(statement(of))
        origins.append((by.fingerprint, payload))
        beside = draw(_BESIDE)
        found.append(encode_envelope(envelope(payload, *beside, by, at=NOW - 10)))
    return tuple(draw(st.permutations(found)))


@st.composite
def notes(draw: st.DrawFn, name: str) -> Note:
    """Draw a case of the scenario of that name, and the lines of its note."""
    scenario = SCENARIOS[name]
    by = draw(policies(scenario))
    changes: dict[str, Any] = {"trusted_checks": _DEFINED, "base_percentages": {"coverage": 87.0}}
    changes |= draw(_CASES)
    if by.hosted:
        of = draw(documents())
        changes["hosted"] = HostedResult(bare(of), of.commit, of.tree, NOW - 30)
    if not by.path_rules:
        changes.pop("path_changes", None)
    return Note(case(by=by, **{**changes, **scenario.case}), draw(_lines(scenario)))


# --- what others add --------------------------------------------------------------------------


def mutated(of: bytes) -> st.SearchStrategy[bytes]:
    """Draw what a few changed, lost, added or doubled bytes make of a line."""
    position = st.integers(0, max(0, len(of) - 1))
    changes: list[Callable[[int, bytes], bytes]] = [
        lambda at, new: of[:at] + new + of[at + len(new) :],
        lambda at, new: of[:at] + of[at + len(new) :],
        lambda at, new: of[:at] + new + of[at:],
        lambda at, new: of[:at] + of[: at + len(new)] + of[at:],
    ]
    return st.builds(
        lambda change, at, new: change(at, new).replace(b"\n", b" "),
        st.sampled_from(changes),
        position,
        st.binary(min_size=1, max_size=4),
    )


def taken_over(good: Iterable[bytes], by: Signer) -> tuple[bytes, ...]:
    """Return the payloads of the good lines as signed by somebody else."""
    found = []
    for line in good:
        with contextlib.suppress(FormatError):
            payload = decode_envelope(loads_object(line, "the line")).payload
            found.append(encode_envelope(envelope(payload, by)))
    return tuple(found)


def hostile_lines(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Draw a line that nobody of the policy signed, made with what the good lines offer."""
    others = st.sampled_from([encode_envelope(envelope(encode_statement(statement()), MALLORY))])
    made = [
        st.binary(max_size=200).map(lambda data: data.replace(b"\n", b"")),
        others,
        st.sampled_from(
            [
                b"[" * 60_000,
                b'{"payload":' * 5_000,
                b'{"a":"' + b"\\u0000" * 9_000 + b'"}',
                b" " * (MAX_LINE + 1),
                b"\xef\xbb\xbf{}",
                b'{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}',
            ]
        ),
        documents().map(bare),
    ]
    if good:
        one = st.sampled_from(list(good))
        made.append(one.flatmap(mutated))
    return st.one_of(made)
