from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.ssh.public_key import read_key_blob, read_public_key
from support.attacks import attack
from support.ssh_keys import ALGORITHMS, SshKeys, keygen, new_pair, wire_string

if TYPE_CHECKING:
    from pathlib import Path

ED25519 = wire_string(b"ssh-ed25519") + wire_string(bytes(range(32)))
LINE = f"ssh-ed25519 {base64.b64encode(ED25519).decode()}"


def refusal(text: str) -> str:
    with pytest.raises(FormatError) as caught:
        read_public_key(text)
    return caught.value.code


def line_of(name: str, *parts: bytes) -> str:
    blob = b"".join(wire_string(part) for part in (name.encode(), *parts))
    return f"{name} {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize("name", sorted(ALGORITHMS.keys() - {"short"}))
def test_a_key_is_read_with_the_fingerprint_that_openssh_shows(
    ssh_keys: SshKeys, name: str
) -> None:
    pair = ssh_keys[name]
    shown = keygen("-l", "-f", str(pair.public_path)).decode().split()[1]
    assert pair.key.fingerprint == shown
    assert pair.key.fingerprints == (shown,)
    assert pair.key.holds(shown)
    assert not pair.key.holds(shown.lower())
    assert pair.line.startswith(f"{pair.key.line} ")


@pytest.mark.parametrize(
    "line",
    [
        line_of("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"),
        line_of("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\x04" + bytes(64), b"ssh:"),
    ],
)
def test_a_security_keys_public_half_is_read(line: str) -> None:
    assert read_public_key(line).line == line


@attack("S07", "a key with a comment, which is dropped", expect="ACCEPT")
def test_a_comment_is_nobodys_and_dropped() -> None:
    for comment in (
        "",
        " ",
        " ada@example.org",
        ' * namespaces="git" ssh-rsa AAAA',
        f" principal {LINE}",
    ):
        assert read_public_key(LINE + comment).line == LINE


@attack("S07", expect="malformed")
@pytest.mark.parametrize(
    "comment",
    [f"\n* {LINE}", f"\r\n* {LINE}", "\x00", "\x1b[2J", "\u2028x", "\u202ex", "\t", "\x85"],
    ids=ascii,
)
def test_a_comment_cannot_bring_in_a_line_of_its_own(comment: str) -> None:
    assert refusal(f"{LINE} ada{comment}") == "malformed"


@attack("S03", "S04", "S05", "what an allowed_signers line has before the key", expect="malformed")
@pytest.mark.parametrize(
    "before",
    [
        "*",
        "ada@example.org",
        "*,!mallory",
        "cert-authority",
        "* cert-authority",
        'namespaces="localci"',
        'valid-before="20200101"',
        'ada valid-after="20200101",namespaces="git"',
        'command="true"',
        "key::",
        "@cert-authority *",
    ],
)
def test_nothing_stands_before_the_key(before: str) -> None:
    assert refusal(f"{before} {LINE}") == "malformed"


@attack("S05", "a certificate in place of a key", expect="malformed")
def test_a_certificate_is_no_key(tmp_path: Path) -> None:
    authority, ada = new_pair(tmp_path / "ca"), new_pair(tmp_path / "id")
    keygen("-q", "-s", str(authority.path), "-I", "ada", "-n", "*", str(ada.public_path))
    certificate = (tmp_path / "id-cert.pub").read_text("ascii").strip()
    assert certificate.startswith("ssh-ed25519-cert-v01@openssh.com ")
    assert refusal(certificate) == "malformed"
    blob = certificate.split()[1]
    assert refusal(f"ssh-ed25519 {blob}") == "malformed"


def test_a_short_rsa_key_and_dsa_are_too_weak(ssh_keys: SshKeys) -> None:
    short = ssh_keys["short"].public_path.read_text("ascii").strip()
    assert refusal(short) == "weak-algorithm"
    assert refusal(line_of("ssh-dss", b"\1", b"\1", b"\1", b"\1")) == "weak-algorithm"


@pytest.mark.parametrize("exponent", [b"\x01", b"\x02"])
def test_an_rsa_key_that_signs_everything_is_too_weak(exponent: bytes) -> None:
    modulus = b"\x00\x80" + bytes(254) + b"\x01"
    assert refusal(line_of("ssh-rsa", exponent, modulus)) == "weak-algorithm"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 ",
        f" {LINE}",
        f"{LINE}\n",
        LINE.replace(" ", "  ", 1),
        LINE.replace("ssh-ed25519", "ssh-rsa"),
        LINE.replace("ssh-ed25519", "SSH-ED25519"),
        LINE.replace("ssh-ed25519", "ecdsa-sha2-nistp256"),
        LINE[:-1],
        LINE + "=",
        LINE.replace("A", "-", 1),
        "ssh-ed25519 " + base64.b64encode(ED25519 + b"\0").decode(),
        "ssh-ed25519 " + base64.b64encode(ED25519 + wire_string(b"")).decode(),
        line_of("ssh-ed25519", bytes(31)),
        line_of("ssh-ed25519"),
        line_of("ssh-rsa", b"\x03"),
        line_of("ssh-rsa", b"\x00\x03", b"\x00\x80" + bytes(254) + b"\x01"),
        line_of("ssh-rsa", b"\x03", b"\x80" + bytes(254) + b"\x01"),
        line_of("ssh-rsa", b"\x03", b""),
        line_of("ssh-rsa", b"\x03", b"\x00\x80" + bytes(2999) + b"\x01"),
        line_of("ecdsa-sha2-nistp256", b"nistp384", b"\x04" + bytes(96)),
        line_of("ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(32)),
        line_of("ecdsa-sha2-nistp256", b"nistp256", b"\x04" + bytes(63)),
        line_of("sk-ssh-ed25519@openssh.com", bytes(32)),
        line_of("sk-ssh-ed25519@openssh.com", bytes(32), b""),
        line_of("webauthn-sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\x04" + bytes(64)),
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
    ids=lambda text: ascii(text)[:60],
)
def test_anything_but_one_whole_key_is_malformed(text: str) -> None:
    assert refusal(text) == "malformed"


@given(st.binary(max_size=120) | st.binary(max_size=80).map(lambda rest: ED25519[:15] + rest))
def test_any_bytes_are_a_key_or_an_error_with_a_code(blob: bytes) -> None:
    try:
        key = read_key_blob(blob)
    except FormatError as error:
        code = error.code
    else:
        assert read_public_key(key.line) == key
        return
    assert code in {"malformed", "weak-algorithm"}
