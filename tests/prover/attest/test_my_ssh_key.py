from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import SshError, UsageError
from localci.git.settings import GitSettings
from localci.prover.attest.my_ssh_key import MySshKey, my_ssh_key
from support.fake_programs import write_program
from support.ssh_keys import SshKeys, new_pair

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes

OURS = "localci.signingKey"
SSH = {"gpg.format": "ssh"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"user.signingkey": "~/.ssh/id.pub"}, None),
        (SSH | {"localci.signingkey": "ada@example.org"}, None),
        (SSH | {"localci.signingkey": "A" * 40, "user.signingkey": "k"}, None),
        ({"gpg.format": "x509", "user.signingkey": "k"}, None),
        (SSH, MySshKey("")),
        (SSH | {"user.signingkey": "k"}, MySshKey("k")),
        ({"localci.signingkey": "~/k"}, MySshKey("~/k", setting=OURS)),
        ({"localci.signingkey": "/k"}, MySshKey("/k", setting=OURS)),
        ({"localci.signingkey": "key::x"}, MySshKey("key::x", setting=OURS)),
        (SSH | {"localci.signingkey": "/k", "user.signingkey": "/l"}, MySshKey("/k", setting=OURS)),
        (SSH | {"gpg.ssh.program": "p", "gpg.program": "q"}, MySshKey("", "p")),
        (SSH | {"gpg.ssh.defaultkeycommand": "c"}, MySshKey("", default_command="c")),
    ],
    ids=str,
)
def test_git_says_whether_my_key_is_an_ssh_key_and_which(
    values: dict[str, str], expected: MySshKey | None
) -> None:
    assert my_ssh_key(GitSettings(values)) == expected


def test_a_key_is_found_by_each_of_its_names(ssh_keys: SshKeys, homes: Homes) -> None:
    ada = new_pair(homes.home / ".ssh" / "id_ed25519")
    for wanted in (
        "~/.ssh/id_ed25519.pub",
        "~/.ssh/id_ed25519",
        str(ada.path),
        str(ada.public_path),
        f"key::{ada.line}",
        ada.line,
        ada.key.line,
    ):
        assert MySshKey(wanted).public_key() == ada.key
    relative = MySshKey(".ssh/id_ed25519.pub", directory=str(homes.home))
    assert relative.public_key() == ada.key
    known = ada.key
    ada.public_path.unlink()
    assert MySshKey(str(ada.path)).public_key() == known


def test_a_pem_key_needs_its_public_half_beside_it(ssh_keys: SshKeys, tmp_path: Path) -> None:
    rsa = ssh_keys["rsa"]
    assert MySshKey(str(rsa.path)).public_key() == rsa.key
    alone = tmp_path / "alone"
    alone.write_bytes(rsa.path.read_bytes())
    with pytest.raises(UsageError, match=r"no SSH public key is there.*ssh-keygen -y -f"):
        MySshKey(str(alone)).public_key()


def test_comments_before_the_key_are_passed_over(ssh_keys: SshKeys, tmp_path: Path) -> None:
    path = tmp_path / "k.pub"
    path.write_text(f"# mine\n\n{ssh_keys['ada'].line}\n", encoding="utf-8")
    assert MySshKey(str(path)).public_key() == ssh_keys["ada"].key


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("", "git names no key"),
        ("/nowhere", "is /nowhere, and no SSH public key is there"),
        ("/proc/self", "cannot be read"),
        ("key::", "user.signingkey names key::"),
        ("key::ssh-ed25519 AAAA", "user.signingkey names"),
        ("ssh-dss AAAA", "user.signingkey names"),
        ("{short}", "RSA of 1024 bits"),
        ("{rubbish}", "user.signingkey names"),
    ],
)
def test_what_is_no_usable_key_is_one_line(
    ssh_keys: SshKeys, tmp_path: Path, wanted: str, said: str
) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"\xff\n")
    wanted = wanted.format(short=ssh_keys["short"].public_path, rubbish=rubbish)
    with pytest.raises(UsageError, match=said) as caught:
        MySshKey(wanted).public_key()
    assert caught.value.then


def test_a_command_names_the_key_as_for_git(ssh_keys: SshKeys, tmp_path: Path) -> None:
    ada, mallory = ssh_keys["ada"], ssh_keys["mallory"]
    program = write_program(tmp_path / "a key", f"echo 'key::{ada.line}'; echo '{mallory.line}'")
    assert MySshKey("", default_command=f"'{program}' -L").public_key() == ada.key
    # It is asked only where no key is named.
    assert MySshKey(mallory.line, default_command="false").public_key() == mallory.key


@pytest.mark.parametrize(
    ("command", "error", "said"),
    [
        ("true", UsageError, "printed no key"),
        ("echo no identities", UsageError, "printed no key"),
        ("'", UsageError, "cannot be read"),
        ("false", SshError, "ended with 1"),
        ("/nowhere", SshError, "cannot be started"),
    ],
)
def test_a_command_that_names_none_is_one_line(
    command: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        MySshKey("", default_command=command).public_key()
