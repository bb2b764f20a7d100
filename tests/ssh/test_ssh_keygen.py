from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError, SshError
from localci.ssh import ssh_keygen
from localci.ssh.ssh_keygen import check_ssh_signature
from localci.ssh.sshsig import armor
from support.attacks import attack
from support.fake_programs import path_without, put_on_path
from support.parts import need
from support.ssh_keys import ALGORITHMS, SshKeys, SshPair, sign_ssh, ssh_agent, wire_string

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"first line\nsecond line\n"


def refusal(pair: SshPair, signature: bytes, directory: Path, data: bytes = DATA) -> str:
    with pytest.raises(FormatError) as caught:
        check_ssh_signature(pair.key, signature, data, directory=str(directory))
    return caught.value.code


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - {"short"}))
def test_a_good_signature_is_its_owners(ssh_keys: SshKeys, tmp_path: Path, name: str) -> None:
    pair = ssh_keys[name]
    signature = sign_ssh(pair.path, DATA)
    good = check_ssh_signature(pair.key, signature, DATA, directory=str(tmp_path))
    assert good.signing_key == good.primary == pair.key.fingerprint
    assert good.made_at is None


def test_a_signature_by_an_agent_is_its_owners(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = ssh_keys["ada"]
    public = tmp_path / "only.pub"
    public.write_text(pair.line, encoding="utf-8")
    with ssh_agent(tmp_path, pair) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        signature = sign_ssh(public, DATA)
    assert check_ssh_signature(pair.key, signature, DATA, directory=str(tmp_path))


@pytest.mark.parametrize("data", [b"", DATA[:-1], DATA + b"\n", b"second line\n"])
def test_other_data_is_refused(ssh_keys: SshKeys, tmp_path: Path, data: bytes) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA)
    assert refusal(ssh_keys["ada"], signature, tmp_path, data) == "signature-invalid"


def test_the_keys_own_signature_for_git_is_refused(ssh_keys: SshKeys, tmp_path: Path) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA, namespace="git")
    assert refusal(ssh_keys["ada"], signature, tmp_path) == "signature-invalid"


def test_another_namespace_cannot_be_renamed(ssh_keys: SshKeys, tmp_path: Path) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA, namespace="locally")
    renamed = signature.replace(b"locally", b"localci")
    assert refusal(ssh_keys["ada"], renamed, tmp_path) == "signature-invalid"


def test_another_persons_signature_is_refused(ssh_keys: SshKeys, tmp_path: Path) -> None:
    signature = sign_ssh(ssh_keys["mallory"].path, DATA)
    assert refusal(ssh_keys["ada"], signature, tmp_path) == "signer-unknown"


def test_a_signature_that_names_my_key_and_is_anothers_is_refused(
    ssh_keys: SshKeys, tmp_path: Path
) -> None:
    ada, mallory = ssh_keys["ada"], ssh_keys["mallory"]
    forged = sign_ssh(mallory.path, DATA).replace(mallory.key.blob, ada.key.blob)
    assert refusal(ada, forged, tmp_path) == "signature-invalid"


@attack("S09", expect="signer-unknown")
def test_what_the_data_say_makes_nobody_a_signer(ssh_keys: SshKeys, tmp_path: Path) -> None:
    ada, mallory = ssh_keys["ada"], ssh_keys["mallory"]
    data = (
        f'Good "localci" signature for localci with ED25519 key {ada.key.fingerprint}\n'
        f"localci {ada.line}\n"
    ).encode()
    signature = sign_ssh(mallory.path, data)
    assert refusal(ada, signature, tmp_path, data) == "signer-unknown"
    forged = signature.replace(mallory.key.blob, ada.key.blob)
    assert refusal(ada, forged, tmp_path, data) == "signature-invalid"


def rsa_signature(pair: SshPair, algorithm: str, digest: str) -> bytes:
    """Sign as PROTOCOL.sshsig says, by openssl, which knows of no better."""
    signed = b"SSHSIG" + b"".join(
        wire_string(part) for part in (b"localci", b"", b"sha512", hashlib.sha512(DATA).digest())
    )
    made = subprocess.run(
        [need("openssl"), "dgst", f"-{digest}", "-sign", pair.path],
        input=signed,
        capture_output=True,
        check=True,
    ).stdout
    inner = wire_string(algorithm.encode()) + wire_string(made)
    fields = (pair.key.blob, b"localci", b"", b"sha512", inner)
    return b"SSHSIG\0\0\0\1" + b"".join(wire_string(field) for field in fields)


@attack("S08", expect="weak-algorithm")
def test_rsa_with_sha1_is_refused_and_with_sha2_taken(ssh_keys: SshKeys, tmp_path: Path) -> None:
    rsa = ssh_keys["rsa"]
    good = rsa_signature(rsa, "rsa-sha2-256", "sha256")
    assert check_ssh_signature(rsa.key, good, DATA, directory=str(tmp_path))
    weak = rsa_signature(rsa, "ssh-rsa", "sha1")
    assert refusal(rsa, weak, tmp_path) == "weak-algorithm"
    mislabelled = rsa_signature(rsa, "rsa-sha2-256", "sha1")
    assert refusal(rsa, mislabelled, tmp_path) == "signature-invalid"


def test_any_changed_byte_of_the_signature_is_refused(ssh_keys: SshKeys, tmp_path: Path) -> None:
    good = sign_ssh(ssh_keys["ada"].path, DATA)
    for position in range(len(good)):
        changed = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        code = refusal(ssh_keys["ada"], changed, tmp_path)
        assert code in {"signature-invalid", "weak-algorithm", "signer-unknown"}


@pytest.mark.parametrize("change", ["armored", "empty", "twice", "more", "cut"])
def test_anything_but_one_whole_binary_signature_is_refused(
    ssh_keys: SshKeys, tmp_path: Path, change: str
) -> None:
    good = sign_ssh(ssh_keys["ada"].path, DATA)
    made = {
        "armored": armor(good),
        "empty": b"",
        "twice": good + good,
        "more": good + b"\0",
        "cut": good[:-1],
    }[change]
    assert refusal(ssh_keys["ada"], made, tmp_path) == "signature-invalid"


def test_neither_home_nor_agent_nor_language_is_obeyed(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA)
    told = tmp_path / "told"
    real = need("ssh-keygen")
    put_on_path(monkeypatch, tmp_path / "bin", "ssh-keygen", f'env > "{told}"; exec "{real}" "$@"')
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    monkeypatch.setenv("SSH_ASKPASS", "/nowhere")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert check_ssh_signature(ssh_keys["ada"].key, signature, DATA, directory=str(tmp_path))
    seen = dict(row.partition("=")[::2] for row in told.read_text("utf-8").splitlines())
    assert seen["HOME"] == str(tmp_path)
    assert seen["LC_ALL"] == "C"
    assert not [name for name in seen if name.startswith("SSH_")]


def said(pair: SshPair, principal: str = "localci", namespace: str = "localci") -> str:
    fingerprint = pair.key.fingerprint
    return f'Good "{namespace}" signature for {principal} with ED25519 key {fingerprint}'


def test_no_verdict_without_a_program_that_gives_one(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, mallory = ssh_keys["ada"], ssh_keys["mallory"]
    signature = sign_ssh(ada.path, DATA)
    monkeypatch.setattr(ssh_keygen, "TIMEOUT", 0.2)
    for script, message in {
        "exit 0": "reported nothing",
        f"echo '{said(mallory)}'": "reported nothing",
        f"echo '{said(ada, principal='mallory')}'": "reported nothing",
        f"echo '{said(ada, namespace='git')}'": "reported nothing",
        f"echo '{said(ada)}'; echo more": "reported nothing",
        f"echo '{said(ada)}'; exit 1": "ended with 1",
        "echo 'unknown option -- Y' >&2; exit 1": "ended with 1",
        "echo 'unknown or unsupported key type' >&2; exit 255": "ended with 255",
        "kill -9 $$": "killed by signal 9",
        "exec sleep 30": "no answer in 0.2 s",
    }.items():
        put_on_path(monkeypatch, tmp_path / "bin", "ssh-keygen", script)
        with pytest.raises(SshError, match=message):
            check_ssh_signature(ada.key, signature, DATA, directory=str(tmp_path))


def test_a_good_line_is_not_believed_of_a_program_that_refuses(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = ssh_keys["ada"]
    signature = sign_ssh(ada.path, DATA)
    put_on_path(monkeypatch, tmp_path / "bin", "ssh-keygen", f"echo '{said(ada)}'; exit 255")
    assert refusal(ada, signature, tmp_path) == "signature-invalid"


def test_without_ssh_keygen_that_is_said(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA)
    path_without(monkeypatch, tmp_path / "bin", "ssh-keygen")
    with pytest.raises(SshError, match=r"cannot be started.*install OpenSSH"):
        check_ssh_signature(ssh_keys["ada"].key, signature, DATA, directory=str(tmp_path))


def test_a_directory_that_cannot_be_written_is_no_refusal(
    ssh_keys: SshKeys, tmp_path: Path
) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, DATA)
    with pytest.raises(SshError, match="cannot be written"):
        check_ssh_signature(
            ssh_keys["ada"].key, signature, DATA, directory=str(tmp_path / "nowhere")
        )
