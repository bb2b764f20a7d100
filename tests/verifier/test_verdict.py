from __future__ import annotations

import json

import pytest

from localci.formats.result import encode_check
from localci.formats.strict_json import dumps_canonical
from localci.verifier.verdict import (
    ACCEPTED,
    ERROR,
    NOT_FOUND,
    REFUSED,
    AcceptedCheck,
    Attestation,
    Reason,
    Trust,
    Verdict,
    encode_verdict,
)
from support.documents import check

TRUST = Trust("refs/remotes/origin/main", "e" * 40, "f" * 64)


@pytest.mark.parametrize(
    ("verdict", "codes", "code"),
    [
        (ACCEPTED, [], 0),
        (ACCEPTED, ["unsigned"], 0),
        (REFUSED, ["signature-invalid"], 1),
        (NOT_FOUND, ["no-attestation"], 3),
        (ERROR, ["unavailable", "check-missing"], 4),
        (ERROR, [], 4),
        (ERROR, ["policy-missing"], 2),
        (ERROR, ["policy-invalid"], 2),
        ("anything else", [], 4),
    ],
)
def test_exit_codes_are_those_of_the_design(verdict: str, codes: list[str], code: int) -> None:
    reasons = tuple(Reason(reason, "") for reason in codes)
    assert Verdict(verdict, "c" * 40, "7" * 40, TRUST, reasons=reasons).exit_code == code


def test_the_json_has_every_field_always() -> None:
    smallest = encode_verdict(Verdict(ERROR, "c" * 40, "7" * 40, TRUST))
    whole = encode_verdict(
        Verdict(
            ACCEPTED,
            "e" * 40,
            "7" * 40,
            TRUST,
            target="main",
            match="tree",
            signers=("ada",),
            checks={"tests": AcceptedCheck("ada", check())},
            attestations=(Attestation("", (Reason("malformed", "\x1b[31m"),)), Attestation("ada")),
            reasons=(Reason("unsigned", "x"),),
        )
    )
    assert list(smallest) == [
        "verdict", "commit", "tree", "target", "trust", "self_judged", "match", "signers",
        "checks", "attestations", "reasons",
    ]  # fmt: skip
    assert list(whole) == list(smallest)
    assert whole == {
        "verdict": "accepted",
        "commit": "e" * 40,
        "tree": "7" * 40,
        "target": "main",
        "trust": {
            "ref": "refs/remotes/origin/main",
            "commit": "e" * 40,
            "policy_digest": "f" * 64,
        },
        "self_judged": True,
        "match": "tree",
        "signers": ["ada"],
        "checks": {"tests": {"signer": "ada", **encode_check(check())}},
        "attestations": [
            {
                "signer": "",
                "accepted": False,
                "reasons": [{"code": "malformed", "message": "\x1b[31m"}],
            },
            {"signer": "ada", "accepted": True, "reasons": []},
        ],
        "reasons": [{"code": "unsigned", "message": "x"}],
    }
    assert json.loads(dumps_canonical(whole)) == whole
