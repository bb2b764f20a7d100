"""Notes and policies with names: what honest people and others have put on one commit.

The fuzzer starts from these, and its corpus on disk is written from them
(`tests/fuzz/make_corpus.py`), so that no format can change and leave the corpus behind.
"""

from __future__ import annotations

import contextlib
import json
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.policy import PathRule, Requirement
from localci.errors import FormatError
from localci.formats.approval import Approval, CheckChange, encode_approval
from localci.formats.base64_text import decode_base64
from localci.formats.envelope import decode_envelope, encode_envelope
from localci.formats.object_ids import sha256_hex
from localci.formats.result import CoverageFigures, IssueFigures, Reuse, TestFigures
from localci.formats.statement import decode_statement, encode_statement
from localci.formats.strict_json import loads_object
from localci.formats.subject import Subject
from localci.verifier.evidence import PathChange, TrustedCheck
from support.cases import (
    ADA,
    AUDITOR,
    BOB,
    MALLORY,
    TESTS,
    bare,
    case,
    check_signature,
    envelope,
    line,
    policy,
)
from support.documents import COMMIT, DEFINITION, NOW, REPOSITORY, TREE, check, document, statement
from support.lines import BASE_DIGEST, CHANGED, INPUTS, OTHER, PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.envelope import Envelope
    from localci.verifier.evidence import Case

APPROVERS: Final = frozenset({"maintainer"})

_COVERED: Final = document(
    {"tests": check(), "coverage": check(CoverageFigures(87.5)), "lint": check(IssueFigures((), 0))}
)
_ADA: Final = line()
_BOB: Final = line(document(run_id="b" * 32), BOB)
_OTHER_COMMIT: Final = line(document(commit=OTHER))


def _payload(of: bytes) -> bytes:
    return decode_base64(json.loads(of)["payload"], "the payload")


def _reusing(by: str) -> bytes:
    reuse = Reuse(OTHER, OTHER, by, "a" * 64)
    return line(document({"tests": check(reused_from=reuse)}))


def _url_safe(of: bytes) -> bytes:
    value = json.loads(of)
    texts = [value["payload"], *(signature["sig"] for signature in value["signatures"])]
    for text in texts:
        of = of.replace(text.encode(), text.translate(str.maketrans("+/", "-_")).encode())
    return of


def _reused_in_the_team() -> bytes:
    """Bob's run of another tree, and Ada's statement that it holds for this one too."""
    ran = {"tests": check(inputs=INPUTS)}
    origin = document(ran, commit=OTHER, tree=OTHER, run_id="b" * 32)
    of_bob = line(origin, BOB)
    reuse = Reuse(OTHER, OTHER, BOB.fingerprint, sha256_hex(_payload(of_bob)))
    reusing = document({"tests": check(inputs=INPUTS, reused_from=reuse)})
    return line(reusing) + b"\n" + of_bob


def _approved() -> bytes:
    """Ada's run of a check as the tree changes it, and Bob's consent to that and to the paths."""
    ran = document({"tests": check(definition=CHANGED)})
    approval = Approval(
        Subject(COMMIT, TREE, REPOSITORY),
        OTHER,
        NOW - 50,
        {PATTERN: BASE_DIGEST},
        {"tests": CheckChange(DEFINITION, CHANGED)},
    )
    return line(ran) + b"\n" + encode_envelope(envelope(encode_approval(approval), BOB))


def _forged() -> bytes:
    """Ada's good signature, around a payload that she never saw."""
    other = envelope(encode_statement(statement(document(run_id="f" * 32))), MALLORY)
    signatures = envelope(_payload(_ADA), ADA).signatures
    return encode_envelope(other._replace(signatures=signatures))


ACCEPTED_NOTES: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "of-the-commit": _ADA,
        "of-another-commit-of-the-tree": _OTHER_COMMIT,
        "by-two-people": _ADA + b"\n" + _BOB + b"\n",
        "with-more-checks": line(_COVERED),
        "reused-from-ones-own": _reusing(ADA.fingerprint),
        "between-strangers": b"\n\n{\n" + line(by=MALLORY) + b"\n" + _ADA + b"\r\n\xff\n",
        "with-fields-of-the-future": json.dumps(json.loads(_ADA) | {"later": [None]}).encode(),
        "url-safe-base64": _url_safe(_ADA),
        "two-signatures": encode_envelope(envelope(_payload(_ADA), MALLORY, ADA)),
        "reused-in-the-team": _reused_in_the_team(),
        "approved": _approved(),
        "unsigned": bare(),
    }
)
REFUSED_NOTES: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "empty": b"",
        "by-a-stranger": line(by=MALLORY),
        "forged": _forged(),
        "failed": line(document({"tests": check(TestFigures(2, 1, 0), passed=False)})),
        "of-another-tree": line(document(tree=OTHER)),
        "reused-from-a-stranger": _reusing(MALLORY.fingerprint),
        "approved-by-nobody": _approved().partition(b"\n")[0],
        "of-next-year": line(document(finished_at=NOW + 31_536_000)),
        "of-another-repository": line(repository="example.org/mallory/app"),
        "two-objects-on-a-line": _ADA + _ADA,
        "nested": b'{"payload":' + b"[" * 500,
        "a-key-twice": _ADA.replace(b'{"payload"', b'{"payload":"","payload"'),
        "not-a-number": b'{"version":"1.0","checks":{"tests":{"total":NaN}}}',
    }
)

_MAINTAINERS: Final = tuple(
    person._replace(roles=person.roles | {"maintainer"}) for person in (ADA, BOB)
)
CASES: Final[tuple[Case, ...]] = (
    case(),
    case(by=policy(threshold=2)),
    case(
        by=policy(
            TESTS, Requirement("coverage", min_percentage=85.0), Requirement("lint", max_issues=0)
        )
    ),
    case(by=policy(commit_binding=True, reuse="never")),
    case(by=policy(max_age=90, reuse="team", author_alone=False), authors=(AUDITOR.name,)),
    case(
        by=policy(signers=_MAINTAINERS),
        own_checks={"tests": TrustedCheck(CHANGED, reads_history=False)},
        path_changes=(PathChange(PathRule(PATTERN, APPROVERS), (".github/a",), BASE_DIGEST),),
    ),
    case(by=policy(require_signature=False)),
)
"""Cases of every temper, their notes empty: at least one accepts each of the notes above."""


def payloads(note: bytes) -> tuple[Envelope, ...]:
    """Return the envelopes of a note, those that are some."""
    found = []
    for each in note.split(b"\n"):
        with contextlib.suppress(FormatError):
            found.append(decode_envelope(loads_object(each, "the line")))
    return tuple(found)


def _is_by_the_team(read: Envelope) -> bool:
    for person, signature in product((ADA, BOB), read.signatures):
        with contextlib.suppress(FormatError):
            check_signature(person.key, signature.sig, read.signed_bytes)
            return True
    return False


def _passed_statements() -> Mapping[bytes, str]:
    found = {}
    for note in (*ACCEPTED_NOTES.values(), *REFUSED_NOTES.values()):
        for each in payloads(note):
            with contextlib.suppress(FormatError):
                of = decode_statement(each.payload)
                if not of.document.failed and _is_by_the_team(each):
                    found[each.signed_bytes] = of.tree
    return MappingProxyType(found)


PASSED_STATEMENTS: Final = _passed_statements()
"""What is signed above, as it is signed, and says of a tree that all passed; by that tree."""
