from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError, UsageError
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.gpg.keyring import Keyring, SecretKey
from localci.gpg.packets import read_only_signature
from support.fake_programs import path_without, write_program
from support.isolation import stop_agents
from support.keys import gpg, short_home

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys

DATA = b"this line counts too\nsecond line\n"
UNPROTECTED = ("--pinentry-mode", "loopback", "--passphrase", "")
NOW = 1_800_000_000


def new_key(home: Path, name: str, usage: str, *options: str) -> str:
    options = options or UNPROTECTED
    gpg(home, *options, "--quick-generate-key", name, "ed25519", usage, "never")
    listed = gpg(home, "--with-colons", "--list-keys", name).decode().splitlines()
    return next(row.split(":")[9].lower() for row in listed if row.startswith("fpr"))


def holds(home: Path, primary: str, signature: bytes, data: bytes, directory: Path) -> bool:
    certificate = read_certificate(gpg(home, "--export", primary))
    return check_signature(certificate, signature, data, directory=str(directory)) is not None


@pytest.mark.parametrize(
    "data", [DATA, b"", b"\n", b"one line", b"\r\n\0\xff", b"x" * 100_000], ids=len
)
def test_every_byte_is_signed(ada: Key, homes: Homes, tmp_path: Path, data: bytes) -> None:
    keyring = Keyring()
    signature = keyring.sign(keyring.signing_key(""), data)
    assert read_only_signature(signature).issuer_fingerprint == ada.fingerprint
    assert read_only_signature(signature).hash_algorithm == 10
    assert holds(homes.gnupg, ada.fingerprint, signature, data, tmp_path)


def test_what_gpg_is_configured_to_do_changes_nothing(
    ada: Key, keys: Keys, homes: Homes, tmp_path: Path
) -> None:
    keys["bob"].add_to(homes.gnupg)
    (homes.gnupg / "gpg.conf").write_text(
        f"armor\ntextmode\ndigest-algo SHA1\ndefault-key {keys['bob'].fingerprint}\n"
        "comment x\nsig-notation a@b.org=c\n",
        encoding="ascii",
    )
    keyring = Keyring()
    signature = keyring.sign(keyring.signing_key(ada.fingerprint), DATA)
    assert read_only_signature(signature).issuer_fingerprint == ada.fingerprint
    assert holds(homes.gnupg, ada.fingerprint, signature, DATA, tmp_path)


def test_the_home_that_is_named_is_used(keys: Keys) -> None:
    with short_home() as home:
        keys["bob"].add_to(home)
        assert [key.primary for key in Keyring(str(home)).secret_keys()] == [
            keys["bob"].fingerprint
        ]
    assert Keyring().secret_keys() == ()


@pytest.mark.parametrize(
    "wanted",
    [
        "{fpr}",
        "{fpr}!",
        "0x{fpr}",
        "{FPR}",
        " {spaced} ",
        "{id}",
        "0x{id}",
        "{short}",
        "ada@example.org",
        "<ada@example.org>",
        "Ada Lovelace",
        "lovelace",
    ],
)
def test_a_key_is_found_by_what_git_calls_it(keys: Keys, homes: Homes, wanted: str) -> None:
    keys["ada"].add_to(homes.gnupg)
    keys["bob"].add_to(homes.gnupg)
    fpr = keys["ada"].fingerprint
    spaced = " ".join(fpr[i : i + 4] for i in range(0, 40, 4))
    name = wanted.format(fpr=fpr, FPR=fpr.upper(), spaced=spaced, id=fpr[-16:], short=fpr[-8:])
    assert Keyring().signing_key(name).primary == fpr


def test_the_only_key_needs_no_name(ada: Key) -> None:
    found = Keyring().signing_key("")
    assert (found.fingerprint, found.primary) == (ada.fingerprint, ada.fingerprint)
    assert found.user_ids == ("Ada Lovelace <ada@example.org>",)
    assert found.expires_at is None
    found.examine(time.time())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("", "several secret keys fit"),
        ("example.org", "several secret keys fit"),
        ("eve@example.org", "user.signingkey is eve@example.org, but no secret key of that name"),
        ("0" * 40, "no secret key of that name can sign"),
    ],
)
def test_a_name_that_fits_none_or_several_is_an_error(
    keys: Keys, homes: Homes, wanted: str, message: str
) -> None:
    keys["ada"].add_to(homes.gnupg)
    keys["bob"].add_to(homes.gnupg)
    with pytest.raises(UsageError, match=message):
        Keyring().signing_key(wanted)


def test_without_any_key_the_next_step_is_named() -> None:
    with pytest.raises(UsageError, match="no secret key to sign with; `localci key generate`"):
        Keyring().signing_key("")


def test_a_public_key_signs_nothing(keys: Keys, homes: Homes) -> None:
    gpg(homes.gnupg, "--import", data=keys["ada"].certificate.encode())
    assert Keyring().secret_keys() == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [("expired", r"expired on 2020-12-31; extend it"), ("revoked", "is revoked; make a new one")],
)
def test_a_key_that_no_verifier_takes_is_found_and_refused(
    keys: Keys, homes: Homes, name: str, message: str
) -> None:
    keys[name].add_to(homes.gnupg)
    found = Keyring().signing_key("")
    with pytest.raises(UsageError, match=message):
        found.examine(time.time())


def test_a_key_that_can_sign_comes_before_one_that_no_longer_does(keys: Keys, homes: Homes) -> None:
    keys["expired"].add_to(homes.gnupg)
    home = homes.gnupg
    primary = new_key(home, "Subkeys", "cert")
    for _ in range(2):
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, "ed25519", "sign", "never")
    first, second = (key.fingerprint for key in Keyring().secret_keys() if key.primary == primary)
    commands = b"key 1\nrevkey\ny\n0\n\ny\nsave\n"
    gpg(home, *UNPROTECTED, "--command-fd", "0", "--edit-key", primary, data=commands)
    found = Keyring().signing_key("Subkeys")
    assert found.fingerprint == second != first
    assert found.primary == primary


def test_an_exclamation_mark_means_this_very_key(homes: Homes, tmp_path: Path) -> None:
    home = homes.gnupg
    primary = new_key(home, "Both", "sign,cert")
    gpg(home, *UNPROTECTED, "--quick-add-key", primary, "ed25519", "sign", "never")
    keyring = Keyring()
    subkey = keyring.signing_key(primary).fingerprint
    assert subkey != primary
    assert keyring.signing_key(f"{subkey}!").fingerprint == subkey
    assert keyring.signing_key(f"{primary}!").fingerprint == primary
    for wanted in (subkey, primary):
        signature = keyring.sign(keyring.signing_key(f"{wanted}!"), DATA)
        assert read_only_signature(signature).issuer_fingerprint == wanted
        assert holds(home, primary, signature, DATA, tmp_path)


def test_a_key_whose_secret_part_is_elsewhere_is_not_offered(homes: Homes) -> None:
    with short_home() as home:
        primary = new_key(home, "Laptop", "sign,cert")
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, "ed25519", "sign", "never")
        subkeys = gpg(home, "--export-secret-subkeys", primary)
    gpg(homes.gnupg, "--import", data=subkeys)
    (found,) = Keyring().secret_keys()
    assert found.primary == primary
    assert found.fingerprint != primary


def test_a_passphrase_is_handed_over(homes: Homes, tmp_path: Path) -> None:
    protected = ("--pinentry-mode", "loopback", "--passphrase", "s3cret")
    primary = new_key(homes.gnupg, "Locked", "sign,cert", *protected)
    stop_agents(homes.gnupg)  # which had kept the passphrase
    keyring = Keyring()
    key = keyring.signing_key("")
    with pytest.raises(GpgError, match=f"gpg did not sign with {primary}: "):
        keyring.sign(key, DATA, passphrase="wrong")
    signature = keyring.sign(key, DATA, passphrase="s3cret")
    assert holds(homes.gnupg, primary, signature, DATA, tmp_path)


@pytest.mark.parametrize("passphrase", ["s3cret\n", "a\rb", "a\0b"], ids=repr)
def test_a_passphrase_with_a_line_end_is_refused(ada: Key, passphrase: str) -> None:
    keyring = Keyring()
    with pytest.raises(UsageError, match="line end") as caught:
        keyring.sign(keyring.signing_key(""), DATA, passphrase=passphrase)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(UsageError, match="line end"):
        keyring.import_key(ada.secret, passphrase=passphrase)


def test_a_key_that_gpg_lost_does_not_sign(ada: Key, homes: Homes) -> None:
    keyring = Keyring()
    key = keyring.signing_key("")
    gpg(homes.gnupg, "--yes", "--delete-secret-keys", ada.fingerprint.upper())
    with pytest.raises(GpgError, match=f"did not sign with {ada.fingerprint}: .*No secret key; "):
        keyring.sign(key, DATA)


def test_a_key_is_imported_and_exported(keys: Keys) -> None:
    keyring = Keyring()
    keyring.import_key(keys["ada"].secret)
    fingerprint = keys["ada"].fingerprint
    assert keyring.signing_key("").fingerprint == fingerprint
    assert read_certificate(keyring.export(fingerprint)).fingerprint == fingerprint
    with pytest.raises(GpgError, match="no public key"):
        keyring.export("0" * 40)


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n"])
def test_a_text_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no OpenPGP key"):
        Keyring().import_key(text)


@pytest.mark.parametrize(("expires_at", "refused"), [(NOW, True), (NOW + 1, False), (None, False)])
def test_a_key_is_good_until_its_last_second(expires_at: int | None, *, refused: bool) -> None:
    key = SecretKey("a" * 40, "a" * 40, (), "u", expires_at)
    if refused:
        with pytest.raises(UsageError, match="expired on 2027-01-15"):
            key.examine(NOW)
    else:
        key.examine(NOW)


def test_without_gpg_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path_without(monkeypatch, tmp_path / "bin", "gpg")
    with pytest.raises(GpgError, match="gpg is not installed or not on PATH; install GnuPG"):
        Keyring()


def test_a_gpg_that_does_not_work_is_no_verdict(tmp_path: Path) -> None:
    broken = write_program(tmp_path / "gpg", "exit 1")
    with pytest.raises(GpgError, match="gpg does not start"):
        Keyring(program=str(broken))


def test_a_home_that_is_no_directory_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(GpgError, match="gpg does not start"):
        Keyring(str(tmp_path / "x"))


def test_a_home_with_too_long_a_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("x" * 90)
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    with pytest.raises(GpgError, match="too long for gpg-agent"):
        Keyring()
