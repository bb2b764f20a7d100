from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.ssh.sshsig import MAX_SIGNATURE, armor, dearmor, read_sshsig
from support.attacks import attack
from support.ssh_keys import ALGORITHMS, SshKeys, keygen, new_pair, sign_ssh, ssh_agent, wire_string

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"SSHSIG\0\0\0\1"
KEY = wire_string(b"ssh-ed25519") + wire_string(bytes(32))
RSA_KEY = (
    wire_string(b"ssh-rsa") + wire_string(b"\1\0\1") + wire_string(b"\0\x80" + bytes(254) + b"\1")
)
SK_KEY = wire_string(b"sk-ssh-ed25519@openssh.com") + wire_string(bytes(32)) + wire_string(b"ssh:")


def inner(algorithm: bytes = b"ssh-ed25519", tail: bytes = b"") -> bytes:
    return wire_string(algorithm) + wire_string(bytes(64)) + tail


def blob(
    key: bytes = KEY,
    namespace: bytes = b"localci",
    reserved: bytes = b"",
    digest: bytes = b"sha512",
    signature: bytes = inner(),
) -> bytes:
    fields = (key, namespace, reserved, digest, signature)
    return MAGIC + b"".join(wire_string(field) for field in fields)


def refusal(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        read_sshsig(data)
    return caught.value.code


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - {"short"}))
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_what_openssh_signs_is_read(ssh_keys: SshKeys, name: str, digest: str) -> None:
    pair = ssh_keys[name]
    signature = sign_ssh(pair.path, b"data", "-O", f"hashalg={digest}")
    found = read_sshsig(signature)
    assert (found.key, found.hash_algorithm) == (pair.key, digest)
    assert dearmor(armor(signature)) == signature


def test_a_security_keys_signature_carries_flags_and_counter() -> None:
    name = b"sk-ssh-ed25519@openssh.com"
    assert read_sshsig(blob(SK_KEY, signature=inner(name, bytes(5)))).algorithm == name.decode()
    assert refusal(blob(SK_KEY, signature=inner(name))) == "signature-invalid"
    assert refusal(blob(SK_KEY, signature=inner(name, bytes(6)))) == "signature-invalid"


@attack("S01", expect="signature-invalid")
@pytest.mark.parametrize("namespace", ["git", "file", "Localci", "localci.", "localci@x.org"])
def test_another_namespace_is_refused(ssh_keys: SshKeys, namespace: str) -> None:
    signature = sign_ssh(ssh_keys["ada"].path, b"data", namespace=namespace)
    assert refusal(signature) == "signature-invalid"


@attack("S05", "a signature that carries a certificate", expect="signature-invalid")
def test_a_signature_with_a_certificate_is_refused(tmp_path: Path) -> None:
    authority, ada = new_pair(tmp_path / "ca"), new_pair(tmp_path / "id")
    keygen("-q", "-s", str(authority.path), "-I", "ada", "-n", "*", str(ada.public_path))
    certificate = tmp_path / "id-cert.pub"
    with ssh_agent(tmp_path, ada), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        signature = sign_ssh(certificate, b"data")
    assert b"cert-v01" in signature
    assert refusal(signature) == "signature-invalid"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "signature-invalid"),
        (MAGIC, "signature-invalid"),
        (blob()[:-1], "signature-invalid"),
        (blob() + b"\0", "signature-invalid"),
        (blob() + wire_string(b""), "signature-invalid"),
        (blob() + blob(), "signature-invalid"),
        (armor(blob()), "signature-invalid"),
        (b"\n" + blob(), "signature-invalid"),
        (blob().replace(MAGIC, b"SSHSIG\0\0\0\2"), "signature-invalid"),
        (blob().replace(MAGIC, b"sshsig\0\0\0\1"), "signature-invalid"),
        (blob(reserved=b"x"), "signature-invalid"),
        (blob(namespace=b""), "signature-invalid"),
        (blob(namespace=b"localci\0"), "signature-invalid"),
        (blob(digest=b"sha1"), "weak-algorithm"),
        (blob(digest=b"md5"), "weak-algorithm"),
        (blob(digest=b""), "weak-algorithm"),
        (blob(digest=b"SHA512"), "weak-algorithm"),
        (blob(signature=b""), "signature-invalid"),
        (blob(signature=inner(tail=b"\0")), "signature-invalid"),
        (blob(signature=inner(b"rsa-sha2-512")), "signature-invalid"),
        (blob(signature=inner(b"ssh-ed25519-cert-v01@openssh.com")), "signature-invalid"),
        (blob(RSA_KEY, signature=inner(b"ssh-ed25519")), "signature-invalid"),
        (blob(RSA_KEY, signature=inner(b"ssh-rsa")), "weak-algorithm"),
        (blob(wire_string(b"ssh-dss")), "weak-algorithm"),
        (blob(signature=wire_string(b"ssh-ed25519") + wire_string(bytes(MAX_SIGNATURE))),
         "signature-invalid"),
        (MAGIC + b"\xff\xff\xff\xff" + blob(), "signature-invalid"),
    ],
    ids=lambda value: ascii(value)[-50:],
)  # fmt: skip
def test_anything_else_is_refused_before_a_process_is_started(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_rsa_with_sha2_is_of_its_keys_kind() -> None:
    for algorithm in (b"rsa-sha2-256", b"rsa-sha2-512"):
        found = read_sshsig(blob(RSA_KEY, signature=inner(algorithm)))
        assert found.algorithm == algorithm.decode()


@given(st.binary(max_size=200).map(lambda rest: MAGIC + rest) | st.binary(max_size=200))
def test_any_bytes_are_a_signature_or_an_error_with_a_code(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        read_sshsig(data)
    assert caught.value.code in {"signature-invalid", "weak-algorithm"}


@given(st.integers(0, len(blob()) - 1), st.integers(1, 255))
def test_no_byte_of_the_frame_can_change_unseen(position: int, mask: int) -> None:
    """What still reads differs in the key, the digest's name or the signature's own bytes."""
    changed = bytearray(blob())
    changed[position] ^= mask
    try:
        found = read_sshsig(bytes(changed))
    except FormatError:
        return
    key_end = len(MAGIC) + 4 + len(KEY)
    in_key = len(MAGIC) + 4 <= position < key_end
    in_signature = position >= len(blob()) - 64
    assert in_key or in_signature or found.hash_algorithm != "sha512"


@pytest.mark.parametrize(
    "text", [b"", b"x", armor(b"a")[1:], armor(b"a") + b"x\n", armor(b"a").replace(b"YQ==", b"YQ=")]
)
def test_what_is_not_one_armored_signature_is_not_taken(text: bytes) -> None:
    with pytest.raises(FormatError):
        dearmor(text)
