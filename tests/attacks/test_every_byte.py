"""One changed byte: real signatures, asked of gpgv and ssh-keygen, at every position there is.

What may change without a word is asserted byte by byte: in an OpenPGP signature its unhashed
area, the two bytes that only speed up a refusal, and the low bits of how long a number is; in a
note's line whatever leaves the payload, its type and the signature the same.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from localci.config.policy import Signer
from localci.errors import FormatError
from localci.formats.envelope import (
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    decode_envelope,
    encode_envelope,
    pae,
)
from localci.formats.statement import encode_statement
from localci.formats.strict_json import loads_object
from localci.gpg.certificate import read_certificate
from localci.gpg.packets import read_packets
from localci.verifier.judge import judge
from localci.verifier.signature_check import signature_check
from localci.verifier.verdict import ACCEPTED, ERROR
from support.cases import case, judged, line, policy
from support.documents import check, document, statement
from support.keys import short_home, sign
from support.ssh_keys import SshKeys, sign_ssh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localci.config.policy import PublicKey
    from localci.verifier.evidence import SignatureCheck
    from localci.verifier.verdict import Verdict
    from support.keys import Keys

GOOD = line()
KINDS = ("ada", "rsa", "ssh")
"""An Ed25519 and an RSA key of gpg's, and one of ssh-keygen's."""


class Signed(NamedTuple):
    """A signed statement, whom the policy trusts, and the check by the real program."""

    payload: bytes
    sig: bytes
    key: PublicKey
    check: SignatureCheck

    def verdict(self, envelope: Envelope) -> Verdict:
        """Judge a note of that envelope alone."""
        signer = Signer("ada@example.org", self.key, frozenset({"developer"}))
        asked = case(encode_envelope(envelope), by=policy(signers=(signer,)), now=time.time())
        return judge(asked, self.check, lambda: 0.0)

    def envelope(self, *, payload: bytes | None = None, sig: bytes | None = None) -> Envelope:
        """Return the envelope, with another payload or signature."""
        signature = Signature("", self.sig if sig is None else sig)
        return Envelope(self.payload if payload is None else payload, PAYLOAD_TYPE, (signature,))


@pytest.fixture(scope="module", params=KINDS)
def signed(
    request: pytest.FixtureRequest,
    keys: Keys,
    shared: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Signed:
    now = int(time.time())
    ran = check(started_at=now - 20, finished_at=now - 10)
    of = document({"tests": ran}, started_at=now - 20, finished_at=now - 10)
    payload = encode_statement(statement(of))
    checks = signature_check(str(tmp_path_factory.mktemp("check")))
    if request.param == "ssh":
        pair = SshKeys(shared / "ssh-keys")["ada"]
        return Signed(payload, sign_ssh(pair.path, pae(PAYLOAD_TYPE, payload)), pair.key, checks)
    made = keys[request.param]
    with short_home() as home:
        made.add_to(home)
        sig = sign(home, made.fingerprint, pae(PAYLOAD_TYPE, payload))
    return Signed(payload, sig, read_certificate(made.certificate.encode("ascii")), checks)


def flips(data: bytes, *masks: int) -> Iterator[tuple[int, bytes]]:
    """Yield the data with each byte changed by each mask, and where."""
    for position, byte in enumerate(data):
        for mask in masks:
            yield position, data[:position] + bytes([byte ^ mask]) + data[position + 1 :]


def free_bits(sig: bytes) -> dict[int, int]:
    """Return which bits of which bytes of an OpenPGP signature stand for nothing (RFC 4880, 5.2.3).

    Positions outside say the packet's length, its version, class and algorithms, what is hashed,
    and the numbers of the signature.
    """
    body = next(iter(read_packets(sig))).body
    start = len(sig) - len(body)
    unhashed = 6 + int.from_bytes(body[4:6], "big")
    end = unhashed + 2 + int.from_bytes(body[unhashed : unhashed + 2], "big")
    # The unhashed area, and the left 16 bits of the digest.
    free = {start + position: 0xFF for position in range(unhashed + 2, end + 2)}
    position = end + 2
    while position < len(body):
        # A number's length counts bits, of which readers make whole bytes.
        free[start + position + 1] = 0x07
        position += 2 + (int.from_bytes(body[position : position + 2], "big") + 7) // 8
    return free


def test_the_envelope_itself_is_accepted(signed: Signed) -> None:
    assert signed.verdict(signed.envelope()).verdict == ACCEPTED


def test_no_byte_of_what_is_signed_can_change(signed: Signed) -> None:
    """Type and payload, in their pre-authentication encoding, straight to gpgv and ssh-keygen.

    A note whose payload was changed is mostly refused before, and costs no process.
    """
    for position, changed in flips(pae(PAYLOAD_TYPE, signed.payload), 0x01):
        with pytest.raises(FormatError) as refused:
            signed.check(signed.key, signed.sig, changed)
        assert refused.value.code == "signature-invalid", position


def test_no_byte_of_the_payload_can_change(signed: Signed) -> None:
    for position, changed in flips(signed.payload, 0x01, 0x02, 0x20):
        verdict = signed.verdict(signed.envelope(payload=changed))
        assert verdict.verdict not in {ACCEPTED, ERROR}, position


def test_no_byte_of_the_signature_can_change_that_stands_for_something(signed: Signed) -> None:
    free = {} if signed.sig.startswith(b"SSHSIG") else free_bits(signed.sig)
    as_it_was = signed.verdict(signed.envelope())
    masks = (0x01, 0x08, 0x80) if len(signed.sig) > 200 else tuple(1 << bit for bit in range(8))
    for position, changed in flips(signed.sig, *masks):
        verdict = signed.verdict(signed.envelope(sig=changed))
        assert verdict.verdict != ERROR, position
        if verdict.verdict == ACCEPTED:
            assert (changed[position] ^ signed.sig[position]) & ~free.get(position, 0) == 0
            # And then nothing that anybody reads has changed.
            assert verdict == as_it_was


def test_no_byte_can_be_added_to_a_signature_or_lost(signed: Signed) -> None:
    ends = (signed.sig + b"\0", b"\0" + signed.sig, signed.sig[:-1], signed.sig[1:], signed.sig * 2)
    for changed in ends:
        assert signed.verdict(signed.envelope(sig=changed)).exit_code == 1


def test_a_changed_line_is_the_same_envelope_or_refused() -> None:
    """Every byte of the line itself: with all that JSON and base64 could make of it."""
    signed = decode_envelope(loads_object(GOOD, "the line"))
    accepted = 0
    for position, changed in flips(GOOD, *(1 << bit for bit in range(8)), 0x7E):
        for text in (changed, GOOD[:position] + GOOD[position + 1 :]):
            if judged(text).verdict != ACCEPTED:
                continue
            accepted += 1
            read = decode_envelope(loads_object(text, "the line"))
            assert (read.payload, read.payload_type) == (signed.payload, signed.payload_type)
    # The hint `keyid` is free, value and name: nobody looks at it.
    assert accepted


def test_another_spelling_of_the_same_bytes_is_the_same_envelope() -> None:
    as_it_was = judged(GOOD)
    value = json.loads(GOOD)
    texts = (value["payload"], value["signatures"][0]["sig"])
    url_safe = GOOD
    for text in texts:
        url_safe = url_safe.replace(text.encode(), _url_safe(text).encode())
    escaped = GOOD.replace(texts[0].encode(), b"".join(b"\\u%04x" % ord(c) for c in texts[0]))
    spaced = json.dumps(value, separators=(" , ", " : "), sort_keys=True).encode()
    backwards = json.dumps(dict(reversed(value.items()))).encode()
    assert GOOD not in {url_safe, escaped, spaced, backwards}
    for spelling in (url_safe, escaped, spaced, backwards, GOOD + b"\r"):
        assert judged(spelling) == as_it_was


def _url_safe(text: str) -> str:
    return text.translate(str.maketrans("+/", "-_"))
