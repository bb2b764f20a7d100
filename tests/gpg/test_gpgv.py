from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError, GpgError
from localci.gpg import gpgv
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from support.fake_programs import path_without, put_on_path, write_program
from support.keys import gpg, short_home, sign
from support.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.gpg.certificate import Certificate
    from localci.gpg.status import GoodSignature
    from support.keys import Keys

DATA = b"first line\nsecond line\n"
UNPROTECTED = ("--pinentry-mode", "loopback", "--passphrase", "")


@dataclass(frozen=True)
class Bench:
    """The session's certificates, and signatures over `DATA` by what is the matter with them."""

    certificates: Mapping[str, Certificate]
    signatures: Mapping[str, bytes]

    def check(self, owner: str, signature: str, directory: Path) -> GoodSignature:
        return check_signature(
            self.certificates[owner], self.signatures[signature], DATA, directory=str(directory)
        )

    def refusal(self, owner: str, signature: str, directory: Path) -> str:
        with pytest.raises(FormatError) as caught:
            self.check(owner, signature, directory)
        return caught.value.code


@pytest.fixture(scope="module")
def bench(keys: Keys) -> Bench:
    ada = keys["ada"].fingerprint
    with short_home() as home:
        old = new_key(home, "Old", "sign,cert", *clock("20200101T000000"))
        certificates = {"old": read_certificate(gpg(home, "--export", old))}
        for name in ("ada", "bob", "expired", "rsa", "weak"):
            keys[name].add_to(home)
        gpg(home, "--import", data=keys["revoked"].secret.encode())
        signatures = {
            name: sign(home, keys[name].fingerprint, DATA)
            for name in ("ada", "bob", "rsa", "weak", "revoked")
        }
        signatures |= {
            "expired": sign(
                home, keys["expired"].fingerprint, DATA, *clock("20200601T000000")
            ),
            "short-lived": sign(
                home, old, DATA, "--default-sig-expire", "1d", *clock("20200601T000000")
            ),
            "long ago": sign(home, old, DATA, *clock("20200601T000000")),
            "too early": sign(
                home, ada, DATA, *clock("20200601T000000"), "--ignore-time-conflict",
                "--ignore-valid-from",
            ),
            "future": sign(home, ada, DATA, *clock("20500101T000000")),
            "over nothing": sign(home, ada, b""),
            "over the rest": sign(home, ada, b"second line\n"),
            "text mode": sign(home, ada, DATA, "--textmode"),
            "SHA-1": sign(home, ada, DATA, "--digest-algo", "SHA1"),
            "noisy": sign(
                home, ada, DATA,
                "--sig-notation", "a@b.org=%0A[GNUPG:] REVKEYSIG 0",
                "--sig-policy-url", "https://x/%0A[GNUPG:]%20BADSIG",
            ),
            "armored": gpg(home, "--local-user", ada, "--armor", "-o", "-", "-b", data=DATA),
        }  # fmt: skip
    good = signatures["ada"]
    signatures |= {
        "twice": good + good,
        "two people": good + signatures["bob"],
        "changed": good[:-1] + bytes([good[-1] ^ 1]),
        "cut": good[:-1],
        "empty": b"",
    }
    for name in ("ada", "bob", "expired", "revoked", "rsa", "weak"):
        certificates[name] = read_certificate(keys[name].certificate.encode())
    return Bench(certificates, signatures)


def clock(moment: str) -> tuple[str, str]:
    """Return gpg's option for a clock that stands at another moment."""
    return ("--faked-system-time", moment)


def new_key(home: Path, name: str, usage: str, *options: str) -> str:
    """Make a key that does not expire, and return its fingerprint."""
    gpg(home, *UNPROTECTED, *options, "--quick-generate-key", name, "ed25519", usage, "never")
    listed = gpg(home, "--with-colons", "--list-keys", name).decode().splitlines()
    return next(row.split(":")[9] for row in listed if row.startswith("fpr"))


@pytest.mark.parametrize("name", ["ada", "rsa"])
def test_a_good_signature_is_its_owners(bench: Bench, tmp_path: Path, name: str) -> None:
    good = bench.check(name, name, tmp_path)
    assert good.primary == good.signing_key == bench.certificates[name].fingerprint
    assert abs(good.made_at - time.time()) < 600


def test_text_in_a_signature_is_not_taken_for_status(bench: Bench, tmp_path: Path) -> None:
    assert bench.check("ada", "noisy", tmp_path)


def test_the_time_it_was_made_at_is_the_signatures_own(bench: Bench, tmp_path: Path) -> None:
    assert bench.check("ada", "future", tmp_path).made_at == 2_524_608_000
    assert bench.check("old", "long ago", tmp_path).made_at == 1_590_969_600


@pytest.mark.parametrize(
    ("owner", "signature", "code"),
    [
        ("ada", "bob", "signature-invalid"),
        ("bob", "ada", "signature-invalid"),
        ("expired", "expired", "key-expired"),
        ("revoked", "revoked", "key-revoked"),
        ("weak", "weak", "weak-algorithm"),
        ("ada", "SHA-1", "weak-algorithm"),
        ("ada", "text mode", "signature-invalid"),
        ("ada", "over nothing", "signature-invalid"),
        ("ada", "over the rest", "signature-invalid"),
        ("ada", "armored", "signature-invalid"),
        ("old", "short-lived", "signature-invalid"),
        ("ada", "too early", "signature-invalid"),
        ("ada", "twice", "signature-invalid"),
        ("ada", "two people", "signature-invalid"),
        ("ada", "changed", "signature-invalid"),
        ("ada", "cut", "signature-invalid"),
        ("ada", "empty", "signature-invalid"),
    ],
)
def test_what_gpgv_often_says_yes_to_is_refused(
    bench: Bench, tmp_path: Path, owner: str, signature: str, code: str
) -> None:
    assert bench.refusal(owner, signature, tmp_path) == code


def test_other_data_are_refused(bench: Bench, tmp_path: Path) -> None:
    ada, good = bench.certificates["ada"], bench.signatures["ada"]
    for data in (b"", DATA + b"\n", DATA[:-1], DATA.upper(), DATA.replace(b"\n", b"\r\n")):
        with pytest.raises(FormatError) as caught:
            check_signature(ada, good, data, directory=str(tmp_path))
        assert caught.value.code == "signature-invalid"


def test_a_call_does_not_see_what_an_earlier_one_left(bench: Bench, tmp_path: Path) -> None:
    assert bench.check("bob", "bob", tmp_path)
    assert bench.check("ada", "ada", tmp_path)
    assert bench.refusal("ada", "bob", tmp_path) == "signature-invalid"


def test_a_subkey_counts_if_it_may_sign(tmp_path: Path) -> None:
    with short_home() as home:
        primary = new_key(home, "C", "cert")
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, "ed25519", "sign", "never")
        pinned = read_certificate(gpg(home, "--export", primary))
        signature = sign(home, pinned.keys[1].fingerprint, DATA)
    good = check_signature(pinned, signature, DATA, directory=str(tmp_path))
    assert (good.signing_key, good.primary) == (pinned.keys[1].fingerprint, primary.lower())


def test_a_key_that_may_no_longer_sign_does_not_count(tmp_path: Path) -> None:
    with short_home() as home:
        primary = new_key(home, "C", "sign,cert")
        signature = sign(home, primary, DATA)
        commands = b"change-usage\nS\nQ\nsave\n"
        gpg(home, *UNPROTECTED, "--command-fd", "0", "--edit-key", primary, data=commands)
        pinned = read_certificate(gpg(home, "--export", primary))
    with pytest.raises(FormatError) as caught:
        check_signature(pinned, signature, DATA, directory=str(tmp_path))
    assert caught.value.code == "signature-invalid"


def test_a_revoked_or_expired_subkey_does_not_count(tmp_path: Path) -> None:
    with short_home() as home:
        primary = new_key(home, "C", "cert")
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, "ed25519", "sign", "never")
        subkey = read_certificate(gpg(home, "--export", primary)).keys[1].fingerprint
        signature = sign(home, subkey, DATA)
        commands = b"key 1\nrevkey\ny\n0\n\ny\nsave\n"
        gpg(home, *UNPROTECTED, "--command-fd", "0", "--edit-key", primary, data=commands)
        pinned = read_certificate(gpg(home, "--export", primary))
    with pytest.raises(FormatError) as caught:
        check_signature(pinned, signature, DATA, directory=str(tmp_path))
    assert caught.value.code == "key-revoked"


def test_without_gpgv_nobody_can_say(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_without(monkeypatch, tmp_path / "bin", "gpgv")
    with pytest.raises(GpgError, match="gpgv cannot be started"):
        bench.check("ada", "ada", tmp_path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 0", "ended with 0 and reported nothing"),
        ("exit 1", "ended with 1 and reported nothing"),
        ("exit 127", "ended with 127 and reported nothing"),
        ("echo '[GNUPG:] NEWSIG'; echo '[GNUPG:] GOODSIG x' >&2; exit 0", "reported nothing"),
        ("echo 'gpgv: Good signature' >/dev/fd/$2", "reported nothing"),
        ("echo '[GNUPG:] NEWSIG' >/dev/fd/$2; kill -9 $$", "killed by signal 9"),
        ("exec tail -f /dev/null", "gave no answer"),
        ("exec 3>&- 4>&- tail -f /dev/null", "gave no answer"),
    ],
)
def test_a_gpgv_that_says_nothing_usable_is_no_verdict(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    # A real gpgv cannot be made to do these.
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", script)
    monkeypatch.setattr(gpgv, "TIMEOUT", 0.3)
    with pytest.raises(GpgError, match=message):
        bench.check("ada", "ada", tmp_path)


def test_a_gpgv_that_cannot_read_the_signature_refuses_it(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", "exit 2")
    assert bench.refusal("ada", "ada", tmp_path) == "signature-invalid"


def test_a_program_called_gpgv_here_is_not_started(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path / "gpgv", f"touch {tmp_path}/fired")
    monkeypatch.chdir(tmp_path)
    assert bench.check("ada", "ada", tmp_path)
    assert not (tmp_path / "fired").exists()


@pytest.mark.parametrize("variable", ["LANGUAGE", "LC_ALL", "LANG"])
def test_the_users_language_changes_nothing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "de_DE.UTF-8")
    assert bench.check("ada", "ada", tmp_path)
    assert bench.refusal("ada", "changed", tmp_path) == "signature-invalid"


def test_a_disk_that_cannot_be_written_is_no_verdict(bench: Bench, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kibibytes=64) as disk:
        disk.fill()
        with pytest.raises(GpgError, match="cannot be written: No space left on device"):
            bench.check("ada", "ada", disk.path)
    with pytest.raises(GpgError, match="cannot be written: No such file or directory"):
        bench.check("ada", "ada", tmp_path / "nowhere")
