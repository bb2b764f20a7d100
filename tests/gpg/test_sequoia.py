from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pysequoia
import pytest

from localci.errors import FormatError, GpgError
from localci.gpg import sequoia
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.gpg.packets import read_only_signature
from localci.gpg.sequoia import SequoiaCheck, load_sequoia, read_plain_signature
from support.keys import gpg, short_home, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from localci.formats.good_signature import GoodSignature
    from localci.gpg.certificate import Certificate
    from support.keys import Keys

DATA = b"first line\nsecond line\n"
NAMES = ("ada", "bob", "rsa", "expired", "revoked")


class Counting:
    """gpgv, and how often it was asked."""

    def __init__(self, directory: Path) -> None:
        self.times = 0
        self._directory = str(directory)

    def __call__(self, key: Certificate, signature: bytes, data: bytes) -> GoodSignature:
        self.times += 1
        return check_signature(key, signature, data, directory=self._directory)


@pytest.fixture(scope="module")
def home(keys: Keys) -> Iterator[Path]:
    """A GnuPG home with the secret keys."""
    with short_home() as made:
        for name in NAMES:
            gpg(made, "--import", data=keys[name].secret.encode("ascii"))
        yield made


@pytest.fixture
def gpgv(tmp_path: Path) -> Counting:
    return Counting(tmp_path)


@pytest.fixture
def check(gpgv: Counting) -> SequoiaCheck:
    return SequoiaCheck(pysequoia, gpgv)


def certificate(keys: Keys, name: str) -> Certificate:
    return read_certificate(keys[name].certificate.encode("ascii"))


@pytest.mark.parametrize("name", ["ada", "rsa"])
def test_gpgv_is_asked_about_a_key_once(
    name: str, keys: Keys, home: Path, check: SequoiaCheck, gpgv: Counting
) -> None:
    ours = certificate(keys, name)
    signature = sign(home, keys[name].fingerprint, DATA)
    by_gpgv = check(ours, signature, DATA)
    assert [check(ours, signature, DATA) for _ in range(3)] == [by_gpgv] * 3
    assert (by_gpgv.signing_key, by_gpgv.primary) == (keys[name].fingerprint,) * 2
    assert gpgv.times == 1


def test_gpgv_is_asked_about_each_key(
    keys: Keys, home: Path, check: SequoiaCheck, gpgv: Counting
) -> None:
    for name in ("ada", "bob", "ada", "bob"):
        check(certificate(keys, name), sign(home, keys[name].fingerprint, DATA), DATA)
    # A certificate that was read anew is the same one by its bytes.
    assert gpgv.times == 2


def test_gpgv_vouches_for_a_while_only(
    keys: Keys,
    home: Path,
    check: SequoiaCheck,
    gpgv: Counting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequoia, "VOUCHED_FOR", 0.0)
    signature = sign(home, keys["ada"].fingerprint, DATA)
    for _ in range(3):
        check(certificate(keys, "ada"), signature, DATA)
    assert gpgv.times == 3


def test_gpgv_vouches_for_the_bytes_of_a_certificate(
    keys: Keys, home: Path, check: SequoiaCheck, gpgv: Counting
) -> None:
    """The same key may stand in another certificate as a revoked one."""
    signature = sign(home, keys["ada"].fingerprint, DATA)
    check(certificate(keys, "ada"), signature, DATA)
    gpg(home, "--quick-add-uid", keys["ada"].fingerprint, "Ada the Second <ada@example.net>")
    other = read_certificate(gpg(home, "--export", keys["ada"].fingerprint))
    check(other, signature, DATA)
    assert gpgv.times == 2


@pytest.mark.parametrize(
    ("name", "at", "code"),
    [("expired", "20200601T000000", "key-expired"), ("revoked", "", "key-revoked")],
)
def test_a_key_that_is_out_is_refused_each_time(
    name: str, at: str, code: str, keys: Keys, home: Path, check: SequoiaCheck
) -> None:
    when = ("--faked-system-time", at) if at else ()
    signature = sign(home, keys[name].fingerprint, DATA, *when)
    for _ in range(2):
        with pytest.raises(FormatError) as caught:
            check(certificate(keys, name), signature, DATA)
        assert caught.value.code == code


@pytest.mark.parametrize(("by", "over"), [("bob", DATA), ("ada", DATA + b"more")])
def test_what_sequoia_refuses_is_gpgvs_to_refuse(
    by: str, over: bytes, keys: Keys, home: Path, check: SequoiaCheck, gpgv: Counting
) -> None:
    ours = certificate(keys, "ada")
    check(ours, sign(home, keys["ada"].fingerprint, DATA), DATA)
    with pytest.raises(FormatError) as caught:
        check(ours, sign(home, keys[by].fingerprint, over), DATA)
    assert caught.value.code == "signature-invalid"
    assert gpgv.times == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--sig-notation", "a@b.org=c"),
        ("--default-sig-expire", "1y"),
        ("--sig-policy-url", "https://example.org/"),
    ],
    ids=lambda options: options[0],
)
def test_what_says_more_than_who_and_when_is_gpgvs_to_judge(
    options: tuple[str, ...], keys: Keys, home: Path, check: SequoiaCheck, gpgv: Counting
) -> None:
    ours = certificate(keys, "ada")
    signature = sign(home, keys["ada"].fingerprint, DATA, *options)
    assert read_plain_signature(signature) is None
    for _ in range(2):
        check(ours, signature, DATA)
    assert gpgv.times == 2


@pytest.mark.parametrize("name", ["ada", "rsa"])
def test_no_change_of_a_bit_is_accepted_that_gpgv_would_refuse(
    name: str, keys: Keys, home: Path, gpgv: Counting
) -> None:
    """Every bit of a good signature; only what Sequoia alone accepts is asked of gpgv here."""
    ours = certificate(keys, name)
    good = sign(home, keys[name].fingerprint, DATA)
    asked: list[bytes] = []

    def ask(key: Certificate, signature: bytes, data: bytes) -> GoodSignature:
        if signature == good:
            return gpgv(key, signature, data)
        asked.append(signature)
        raise GpgError("left to gpgv")

    check = SequoiaCheck(pysequoia, ask)
    check(ours, good, DATA)
    accepted = []
    for place in range(len(good)):
        for bit in range(8):
            changed = good[:place] + bytes([good[place] ^ (1 << bit)]) + good[place + 1 :]
            try:
                accepted.append((changed, check(ours, changed, DATA)))
            except GpgError:
                assert changed in asked
    # The first bytes of the digest are a hint that nobody has to look at (RFC 4880, 5.2.3).
    assert len(accepted) <= 16
    for changed, said in accepted:
        assert gpgv(ours, changed, DATA) == said
    assert len(asked) + len(accepted) == len(good) * 8


def test_the_plain_form_says_what_the_packet_says(keys: Keys, home: Path) -> None:
    for name in ("ada", "rsa"):
        signature = sign(home, keys[name].fingerprint, DATA)
        plain = read_plain_signature(signature)
        packet = read_only_signature(signature)
        assert plain is not None
        assert (plain.issuer, plain.made_at) == (packet.issuer_fingerprint, packet.created_at)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda good: good[:-1],
        lambda good: good + b"\0",
        lambda good: good + good,
        lambda good: b"\xc2" + good[1:],
        lambda good: good[:2] + b"\x05" + good[3:],
        lambda good: good[:3] + b"\x01" + good[4:],
        lambda good: good[:5] + b"\x02" + good[6:],
        # One byte more behind the numbers, and in the length.
        lambda good: bytes([good[0], good[1] + 1]) + good[2:] + b"\0",
    ],
)
def test_everything_else_has_not_the_plain_form(
    change: Callable[[bytes], bytes], keys: Keys, home: Path
) -> None:
    good = sign(home, keys["ada"].fingerprint, DATA)
    assert read_plain_signature(good) is not None
    assert read_plain_signature(change(good)) is None


def test_a_key_renewed_in_gpg_does_not_lose_what_it_signed(
    check: SequoiaCheck, gpgv: Counting
) -> None:
    with short_home() as home:
        unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
        when = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - 86_400))
        clock = ("--faked-system-time", when)
        gpg(home, *clock, *unprotected, "--quick-generate-key", "Rae", "ed25519", "sign,cert", "1y")
        listed = gpg(home, "--with-colons", "--list-keys").decode().splitlines()
        primary = next(row.split(":")[9] for row in listed if row.startswith("fpr")).lower()
        before = sign(home, primary, DATA, *clock)
        gpg(home, *unprotected, "--quick-set-expire", primary, "2y")
        after = sign(home, primary, DATA)
        renewed = read_certificate(gpg(home, "--export", primary))
    for signature in (before, after, before, after):
        assert check(renewed, signature, DATA).primary == primary
    # About the key, and again about what to Sequoia was signed before the key existed.
    assert gpgv.times == 2


def test_keys_of_another_kind_are_asked_about_elsewhere() -> None:
    def ask(key: object, signature: bytes, data: bytes) -> GoodSignature:
        raise GpgError("asked elsewhere")

    with pytest.raises(GpgError, match="asked elsewhere"):
        SequoiaCheck(pysequoia, ask)("an SSH key", b"SSHSIG", DATA)


def test_without_the_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_sequoia() is pysequoia
    monkeypatch.setitem(sys.modules, "pysequoia", None)
    assert load_sequoia() is None
