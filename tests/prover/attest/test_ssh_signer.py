from __future__ import annotations

from pathlib import Path

import pytest

from localci.errors import SshError, UsageError
from localci.held_key import HeldKey
from localci.prover.attest.my_ssh_key import MySshKey
from localci.prover.attest.ssh_signer import OwnSshKey, SshKeyFromEnvironment
from localci.ssh.ssh_keygen import check_ssh_signature
from localci.ssh.sshsig import read_sshsig
from support.fake_programs import write_program
from support.parts import need
from support.ssh_keys import ALGORITHMS, SshKeys, SshPair, new_pair, ssh_agent

DATA = b"data\n"


def own(pair: SshPair, program: str = "ssh-keygen") -> OwnSshKey:
    return OwnSshKey(MySshKey(str(pair.path), program))


def sign(source: OwnSshKey | SshKeyFromEnvironment, directory: Path) -> None:
    """Examine, sign, and check as the verifier does."""
    source.examine()
    key = source.public_key()
    with source.open() as signer:
        assert signer.keyid == key.fingerprint
        signature = signer.sign(DATA)
    assert check_ssh_signature(key, signature, DATA, directory=str(directory))


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - {"short"}))
def test_my_own_key_signs_what_the_verifier_takes(
    ssh_keys: SshKeys, tmp_path: Path, name: str
) -> None:
    sign(own(ssh_keys[name]), tmp_path)


def test_an_agent_signs_with_the_key_that_git_names(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = ssh_keys["ada"]
    public = tmp_path / "only.pub"
    public.write_text(f"{ada.line}\n", encoding="utf-8")
    with ssh_agent(tmp_path, ssh_keys["mallory"], ada) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        for wanted in (str(public), f"key::{ada.line}", ada.line):
            sign(OwnSshKey(MySshKey(wanted)), tmp_path)


def test_a_secret_half_that_is_nowhere_is_found_out_before_the_run(
    ssh_keys: SshKeys, tmp_path: Path
) -> None:
    ada = ssh_keys["ada"]
    public = tmp_path / "only.pub"
    public.write_text(f"{ada.line}\n", encoding="utf-8")
    for wanted in (str(public), f"key::{ada.line}"):
        source = OwnSshKey(MySshKey(wanted))
        with pytest.raises(UsageError, match=r"agent.* holds the secret half.*ssh-add"):
            source.examine()
        with source.open() as signer, pytest.raises(SshError, match="signed nothing"):
            signer.sign(DATA)


def test_a_passphrase_that_nobody_could_type_is_found_out_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = new_pair(tmp_path / "id", passphrase="a long s3cret")
    monkeypatch.setattr("localci.ssh.command.TERMINAL", str(tmp_path / "no terminal"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SshError, match=r"asks for a passphrase.*no terminal.*ssh-add"):
        own(pair).examine()
    with own(pair).open() as signer, pytest.raises(SshError, match="signed nothing"):
        signer.sign(DATA)
    monkeypatch.setenv("DISPLAY", ":0")
    own(pair).examine()


def test_a_passphrase_is_typed_where_ssh_keygen_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a window, as far as ssh-keygen knows; what stands in is its own interface for that."""
    pair = new_pair(tmp_path / "id", passphrase="a long s3cret")
    askpass = write_program(tmp_path / "askpass", "echo 'a long s3cret'")
    monkeypatch.setenv("SSH_ASKPASS", str(askpass))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.setenv("DISPLAY", ":0")
    sign(own(pair), tmp_path)


def test_a_key_that_is_open_to_others_is_found_out_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = new_pair(tmp_path / "id")
    pair.path.chmod(0o644)
    with pytest.raises(UsageError, match=r"open to others.*chmod 600"):
        own(pair).examine()
    pair.path.chmod(0o600)
    with ssh_agent(tmp_path, pair) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        pair.path.chmod(0o644)
        sign(own(pair), tmp_path)


def test_halves_of_two_keys_are_found_out_before_the_run(ssh_keys: SshKeys, tmp_path: Path) -> None:
    pair = new_pair(tmp_path / "id")
    pair.public_path.write_text(ssh_keys["ada"].line, encoding="utf-8")
    with pytest.raises(UsageError, match="not halves of one key"):
        own(pair).examine()


def test_the_program_that_git_is_told_to_use_signs(ssh_keys: SshKeys, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f'echo "$@" > {told}; exec {need("ssh-keygen")} "$@"'
    program = write_program(tmp_path / "bin" / "op-ssh-sign", script)
    sign(own(ssh_keys["ada"], str(program)), tmp_path)
    said = told.read_text("utf-8")
    # As git calls it: a key's file, and the file to sign.
    assert said.startswith(f"-Y sign -n localci -f {ssh_keys['ada'].path} /")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "wrote no SSH signature"),
        ("echo rubbish > $7.sig", "wrote no SSH signature"),
        ("echo; echo why not >&2; exit 1", "signed nothing: why not"),
        ("exit 255", "it gave no reason"),
        ("kill -9 $$", "killed by signal 9"),
        ('shift 4; exec {keygen} -Y sign -n git "$@"', "would be refused: .*namespace"),
        ('shift 6; exec {keygen} -Y sign -n localci -f {other} "$@"', "would be refused"),
    ],
)
def test_what_every_verifier_would_refuse_is_not_given_out(
    ssh_keys: SshKeys, tmp_path: Path, script: str, said: str
) -> None:
    made = script.format(keygen=need("ssh-keygen"), other=ssh_keys["mallory"].path)
    program = write_program(tmp_path / "bin" / "sign", made)
    with own(ssh_keys["ada"], str(program)).open() as signer:
        with pytest.raises(SshError, match=said) as caught:
            signer.sign(DATA)
        assert "\n" not in str(caught.value)


def test_a_program_that_is_not_there_is_one_line(ssh_keys: SshKeys) -> None:
    source = own(ssh_keys["ada"], "/nowhere/sign")
    with source.open() as signer, pytest.raises(SshError, match="cannot be started"):
        signer.sign(DATA)


@pytest.mark.parametrize("end", ["\n", "", "\r\n\n"])
def test_the_key_of_the_environment_signs_from_memory(
    ssh_keys: SshKeys, tmp_path: Path, end: str
) -> None:
    text = ssh_keys["ada"].path.read_text("ascii").rstrip("\n") + end
    source = SshKeyFromEnvironment(HeldKey(text, None))
    sign(source, tmp_path)
    with source.open() as signer:
        path = Path(signer.key.path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert read_sshsig(signer.sign(DATA)).key == ssh_keys["ada"].key
    assert not path.exists()


@pytest.mark.parametrize("name", ["encrypted", "cut", "pem", "public"])
def test_a_key_of_the_environment_that_cannot_sign_is_one_line(
    ssh_keys: SshKeys, tmp_path: Path, name: str
) -> None:
    encrypted = new_pair(tmp_path / "id", passphrase="a long s3cret")
    text = {
        "encrypted": encrypted.path.read_text("ascii"),
        "cut": ssh_keys["ada"].path.read_text("ascii")[:90],
        "pem": ssh_keys["rsa"].path.read_text("ascii"),
        "public": ssh_keys["ada"].line,
    }[name]
    with pytest.raises(UsageError, match="CI_SIGNING_KEY") as caught:
        SshKeyFromEnvironment(HeldKey(text, "a long s3cret")).examine()
    assert "BEGIN" not in str(caught.value)
    assert "\n" not in str(caught.value)
