from __future__ import annotations

import pytest

from localci.git.settings import GitSettings
from localci.held_key import OPENSSH, HeldKey
from localci.prover.attest.choose_signer import choose_signer
from localci.prover.attest.openpgp_signer import KeyFromEnvironment, OwnKey
from localci.prover.attest.ssh_signer import OwnSshKey, SshKeyFromEnvironment

PGP = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n"


@pytest.mark.parametrize(
    ("values", "armored", "kind"),
    [
        ({}, None, OwnKey),
        ({"gpg.format": "openpgp", "user.signingkey": "/k"}, None, OwnKey),
        ({"gpg.format": "x509"}, None, OwnKey),
        ({"gpg.format": "ssh"}, None, OwnSshKey),
        ({"gpg.format": "ssh", "localci.signingkey": "ada@example.org"}, None, OwnKey),
        ({"localci.signingkey": "~/.ssh/id_ed25519"}, None, OwnSshKey),
        ({"gpg.format": "ssh"}, PGP, KeyFromEnvironment),
        ({}, f"{OPENSSH}\n", SshKeyFromEnvironment),
    ],
)
def test_the_key_that_was_handed_over_wins_then_git_decides(
    values: dict[str, str], armored: str | None, kind: type
) -> None:
    held = None if armored is None else HeldKey(armored, None)
    assert type(choose_signer(GitSettings(values), held, "")) is kind


def test_a_relative_path_starts_at_the_repository() -> None:
    source = choose_signer(GitSettings({"gpg.format": "ssh", "user.signingkey": "k"}), None, "/r")
    assert isinstance(source, OwnSshKey)
    assert source.key.directory == "/r"
