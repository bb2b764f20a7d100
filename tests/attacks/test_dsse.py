"""DSSE: what is signed is the type and the payload, in that order, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.formats.base64_text import encode_base64
from localci.formats.envelope import PAYLOAD_TYPE, pae
from localci.formats.strict_json import dumps_canonical
from support.attacks import accepted, attack, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scene import Scene


def changed(line: bytes, **fields: object) -> bytes:
    """Return the line with other fields in its envelope."""
    return json.dumps(json.loads(line) | fields).encode("utf-8")


@attack("a line signed as it should be", expect="ACCEPT")
def test_the_line_that_all_others_differ_from(scene: Scene) -> None:
    scene.hang(scene.line())
    accepted(scene.project)


@attack("P01", expect="malformed")
@pytest.mark.parametrize(
    "payload_type",
    [
        "application/vnd.in-toto.provenance+json",
        "application/vnd.in-toto+json ",
        "application/vnd.in-toto+json; charset=utf-8",
        "application/vnd.in-toto+jso\u043d",
        "http://example.org/x",
        "",
        None,
        [PAYLOAD_TYPE],
    ],
)
def test_another_type_after_signing(scene: Scene, payload_type: object) -> None:
    scene.hang(changed(scene.line(), payloadType=payload_type))
    refused(scene.project, "malformed")


@attack(
    "P01", "a signature over another payloadType than the envelope's", expect="signature-invalid"
)
@pytest.mark.parametrize("signed", ["text/plain", "", PAYLOAD_TYPE.upper(), f"{PAYLOAD_TYPE} "])
def test_another_type_at_signing(scene: Scene, signed: str) -> None:
    scene.hang(scene.line(over=pae(signed, scene.payload())))
    refused(scene.project, "signature-invalid")


@attack("P02", expect="malformed")
@attack("P06", expect="malformed")
@pytest.mark.parametrize(
    "payload_type",
    ["application/json", PAYLOAD_TYPE.upper(), "Application/vnd.in-toto+json"],
)
def test_a_type_that_is_not_the_one(scene: Scene, payload_type: str) -> None:
    scene.hang(scene.line(payload_type=payload_type))
    refused(scene.project, "malformed")


SIGNED: dict[str, Callable[[bytes], bytes]] = {
    "the payload alone": lambda payload: payload,
    "the base64 text": lambda payload: encode_base64(payload).encode("ascii"),
    "the encoding of the base64 text": lambda payload: pae(
        PAYLOAD_TYPE, encode_base64(payload).encode("ascii")
    ),
    "the envelope": lambda payload: dumps_canonical(
        {"payload": encode_base64(payload), "payloadType": PAYLOAD_TYPE}
    ),
    "the type and the payload": lambda payload: PAYLOAD_TYPE.encode("ascii") + payload,
    "an encoding with a zero before a length": lambda payload: pae(PAYLOAD_TYPE, payload).replace(
        b" 28 ", b" 028 ", 1
    ),
    "an encoding of another version": lambda payload: pae(PAYLOAD_TYPE, payload).replace(
        b"DSSEv1", b"DSSEv2", 1
    ),
    "an encoding with other blanks": lambda payload: pae(PAYLOAD_TYPE, payload).replace(
        b" ", b"\t", 1
    ),
    "an encoding with a line end": lambda payload: pae(PAYLOAD_TYPE, payload) + b"\n",
    "an encoding without lengths": lambda payload: (
        b"DSSEv1 %s %s" % (PAYLOAD_TYPE.encode("ascii"), payload)
    ),
    "an encoding whose type takes a part of the payload": lambda payload: pae(
        f"{PAYLOAD_TYPE} {len(payload)} {payload[:9].decode('ascii')}", payload[9:]
    ),
}


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(
            name,
            id=name,
            marks=attack(
                *{"the payload alone": ["P03"], "the base64 text": ["P04"]}.get(name, []),
                f"a signature over {name}",
                expect="signature-invalid",
            ),
        )
        for name in SIGNED
    ],
)
def test_a_signature_over_something_else(scene: Scene, what: str) -> None:
    payload = scene.payload()
    scene.hang(scene.line(payload, over=SIGNED[what](payload)))
    refused(scene.project, "signature-invalid")


@attack("P07", expect="signer-unknown")
def test_a_keyid_vouches_for_nobody(scene: Scene) -> None:
    scene.hang(scene.line(by="mallory", keyid=scene.keys["ada"].fingerprint))
    refused(scene.project, "signer-unknown")


@attack("P08", expect="ACCEPT")
@pytest.mark.parametrize("keyid", ["", "mallory", "\u0000", "0" * 40])
def test_a_keyid_is_only_a_hint(scene: Scene, keyid: str) -> None:
    scene.hang(scene.line(keyid=keyid))
    accepted(scene.project)


@attack("P08", "no keyid at all", expect="ACCEPT")
def test_a_signature_without_a_keyid(scene: Scene) -> None:
    line = scene.line()
    sig = json.loads(line)["signatures"][0]["sig"]
    scene.hang(changed(line, signatures=[{"sig": sig}]))
    accepted(scene.project)


@attack("P10", expect="signature-invalid")
def test_the_payload_of_another_envelope(scene: Scene) -> None:
    other = json.loads(scene.line(scene.payload(scene.document(run_id="6" * 32))))["payload"]
    scene.hang(changed(scene.line(), payload=other))
    refused(scene.project, "signature-invalid")


@attack("P10", "the signature of another valid envelope", expect="signature-invalid")
def test_the_signature_of_another_envelope(scene: Scene) -> None:
    other = json.loads(scene.line(scene.payload(scene.document(run_id="6" * 32))))["signatures"]
    scene.hang(changed(scene.line(), signatures=other))
    refused(scene.project, "signature-invalid")


def signatures(line: bytes) -> list[object]:
    """Return the signatures of a line's envelope."""
    found: list[object] = json.loads(line)["signatures"]
    return found


@attack("Mallory's signatures before Ada's on one envelope", expect="ACCEPT")
def test_signatures_of_strangers_beside_a_good_one(scene: Scene) -> None:
    good = scene.line()
    strangers = signatures(scene.line(by="mallory")) + signatures(scene.line(by="bob"))
    scene.hang(changed(good, signatures=[*strangers * 3, *signatures(good)]))
    assert accepted(scene.project)["signers"] == ["ada@example.org"]


@attack("a signature of Ada's on something else before Ada's own", expect="signature-invalid")
def test_one_signature_of_a_key_is_looked_at(scene: Scene) -> None:
    good = scene.line()
    first = signatures(scene.line(over=b"something else"))
    scene.hang(changed(good, signatures=[*first, *signatures(good)]))
    refused(scene.project, "signature-invalid")
    scene.hang(changed(good, signatures=[*first, *signatures(good)]), good)
    accepted(scene.project)


@attack("G42", "a signature over a payload less its first line", expect="signature-invalid")
def test_a_payload_that_begins_with_a_line_of_its_own(scene: Scene) -> None:
    # What an old defect of signing with an empty passphrase would leave behind.
    payload = b"\n" + scene.payload()
    whole = pae(PAYLOAD_TYPE, payload)
    scene.hang(scene.line(payload, over=whole.partition(b"\n")[2]))
    refused(scene.project, "signature-invalid")


@attack("a payload that is nothing, or no statement", expect="schema-invalid")
@pytest.mark.parametrize("payload", [b"{}", b'{"_type":"x"}'], ids=["empty", "other"])
def test_a_signed_payload_that_is_no_statement(scene: Scene, payload: bytes) -> None:
    scene.hang(scene.line(payload))
    refused(scene.project, "schema-invalid")


@attack("a signed payload that is no JSON", expect="malformed")
@pytest.mark.parametrize("payload", [b"", b"x", b"[]", b"null"], ids=["none", "x", "list", "null"])
def test_a_signed_payload_that_is_no_object(scene: Scene, payload: bytes) -> None:
    scene.hang(scene.line(payload))
    refused(scene.project, "malformed")
