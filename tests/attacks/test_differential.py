"""Every OpenPGP input of the attack suite, also put to two other implementations.

`pysequoia` is the fast verifier of `verify --range`, `sqop` another release of Sequoia behind the
Stateless OpenPGP interface. Where either says something else than localci, the case is listed here
with the reason. Nothing that is not listed may be judged differently by any of them.
"""

from __future__ import annotations

import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import pysequoia
import pytest

from localci.config.policy import Policy, Signer
from localci.errors import FormatError
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, pae
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.gpg.sequoia import SequoiaCheck
from localci.verifier.signatures import identify_signer
from support.openpgp_cases import CASES
from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localci.formats.good_signature import GoodSignature
    from support.openpgp_cases import Case
    from support.openpgp_keys import Workshop

    Check = Callable[..., GoodSignature]

PAYLOAD: Final = b"what is signed\nin two lines\n"
DATA: Final = pae(PAYLOAD_TYPE, PAYLOAD)
PYSEQUOIA: Final = "pysequoia"
SQOP: Final = "sqop"
BOTH: Final = frozenset({PYSEQUOIA, SQOP})


class Difference(NamedTuple):
    """Who judges a case otherwise than localci does, and why localci does not follow."""

    who: frozenset[str]
    why: str


_FIRST_ONLY: Final = "it reads the first packet and passes over the rest; a second reader may not"
_BOTH_READ: Final = "it takes what holds out of several; one signature is one packet"
_EXPIRED: Final = (
    "it asks whether the key was good when it signed, and who holds the key chooses that time;"
    " localci, as gpgv, asks whether it is good now"
)
_ARMOR: Final = "it reads armor; an envelope holds binary packets, in which no text can hide"
_FORM: Final = "it passes over bytes that are no part of the signature"

DIFFERENCES: Final = {
    "a key that was renewed after it signed": Difference(
        BOTH,
        "gpg replaces the self-signature when it moves the expiry, and to Sequoia the key then did"
        " not exist before; honest results must not be lost by a renewal, so gpgv's word holds",
    ),
    "a key that expired, signed before that": Difference(BOTH, _EXPIRED),
    "an expired subkey under a good key": Difference(BOTH, _EXPIRED),
    "an expired key's date set back by hand": Difference(BOTH, _EXPIRED),
    "a key that was superseded after it signed": Difference(
        BOTH, "a mild revocation leaves older signatures standing there; here a revoked key is out"
    ),
    "a text signature": Difference(BOTH, "it takes class 01, in which line ends do not count"),
    "bytes behind the numbers of a signature": Difference(BOTH, _FORM),
    "a good signature twice": Difference(BOTH, _BOTH_READ),
    "a good signature, then Mallory's": Difference(BOTH, _BOTH_READ),
    "Mallory's signature, then a good one": Difference(frozenset({SQOP}), _BOTH_READ),
    "a marker packet before a signature": Difference(frozenset({SQOP}), _FORM),
    "a line end after a signature": Difference(frozenset({PYSEQUOIA}), _FIRST_ONLY),
    "a padding packet after a signature": Difference(frozenset({PYSEQUOIA}), _FIRST_ONLY),
    "a packet of experimental kind after a signature": Difference(
        frozenset({PYSEQUOIA}), _FIRST_ONLY
    ),
    "a signature, then a literal packet": Difference(frozenset({PYSEQUOIA}), _FIRST_ONLY),
    "a good signature, then a certificate": Difference(frozenset({PYSEQUOIA}), _FIRST_ONLY),
    "an issuer named by its key id alone": Difference(
        BOTH, "it finds the key by eight bytes; localci wants the whole fingerprint"
    ),
    "text before armor": Difference(BOTH, _ARMOR),
    "an armored signature": Difference(BOTH, _ARMOR),
    "two armored signatures": Difference(BOTH, _ARMOR),
    "armor headers with status text": Difference(BOTH, _ARMOR),
    "armor with a false checksum": Difference(BOTH, _ARMOR),
}
MORE_LENIENT: Final = {"a key that was renewed after it signed"}
"""What localci accepts though both others refuse it; gpgv's own word stands behind each."""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where gpgv's files go."""
    return tmp_path_factory.mktemp("gpgv")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_implementations_agree_or_the_difference_is_known(
    case: Case, openpgp: Workshop, directory: Path
) -> None:
    blob, pinned = case.made(openpgp, DATA), openpgp.certificates[case.pinned]
    says = {
        PYSEQUOIA: pysequoia_accepts(pinned, blob),
        SQOP: sqop_accepts(pinned, blob, directory),
    }
    assert accepts(partial(check_signature, directory=str(directory)), pinned, blob) == (
        case.accepted
    )
    otherwise = {name for name, said in says.items() if said != case.accepted}
    known = DIFFERENCES.get(case.text)
    assert otherwise == (set() if known is None else known.who)
    assert any(says.values()) or not case.accepted or case.text in MORE_LENIENT


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_the_fast_check_accepts_what_gpgv_accepts_and_nothing_else(
    case: Case, openpgp: Workshop, directory: Path
) -> None:
    """Once gpgv has vouched for the key, so that Sequoia is asked where it is ever asked."""
    pinned = openpgp.certificates[case.pinned]
    check = SequoiaCheck(pysequoia, partial(check_signature, directory=str(directory)))
    for good in CASES:
        if good.accepted and good.pinned == case.pinned:
            assert accepts(check, pinned, good.made(openpgp, DATA))
    blob = case.made(openpgp, DATA)
    assert [accepts(check, pinned, blob) for _ in range(2)] == [case.accepted] * 2


def test_every_difference_that_is_listed_is_a_case() -> None:
    assert {case.text for case in CASES} >= DIFFERENCES.keys()
    assert DIFFERENCES.keys() >= MORE_LENIENT


def accepts(check: Check, pinned: bytes, blob: bytes) -> bool:
    """Tell whether localci accepts by one of its checks, where the policy knows the one key."""
    signer = Signer("somebody", read_certificate(pinned), frozenset({"developer"}))
    policy = Policy(repositories=(), requirements=(), signers=(signer,), digest="")
    envelope = Envelope(PAYLOAD, PAYLOAD_TYPE, (Signature("", blob),))
    try:
        identify_signer(envelope, policy, check, time.time())
    except FormatError:
        return False
    return True


def pysequoia_accepts(pinned: bytes, blob: bytes) -> bool:
    """Tell whether Sequoia's bindings accept, with nothing of localci's around them."""
    certificate = pysequoia.Cert.from_bytes(pinned)
    try:
        signature = pysequoia.Sig.from_bytes(blob)
        found = pysequoia.verify(bytes=DATA, store=lambda _: [certificate], signature=signature)
    except Exception:  # noqa: BLE001 - whatever it raises is a no
        return False
    return bool(found.valid_sigs)


def sqop_accepts(pinned: bytes, blob: bytes, directory: Path) -> bool:
    """Tell whether `sqop verify` accepts (0 is yes; 1, 3, 41 are noes, 101 a crash)."""
    certificate, signature = directory / "certificate", directory / "sqop-signature"
    certificate.write_bytes(pinned)
    signature.write_bytes(blob)
    done = subprocess.run(
        [need("sqop"), "verify", str(signature), str(certificate)],
        input=DATA,
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 1, 3, 41, 101}, done.stderr
    return done.returncode == 0
