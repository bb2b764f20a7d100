"""`localci key` with real gpg, with and without a terminal."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from support.keys import gpg, sign
from support.localci_command import run_localci
from support.repositories import git, make_repository
from support.terminal import run_on_terminal, use_pinentry

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app")


def named_key(repository: Path) -> str:
    return git(repository, "config", "--local", "user.signingkey")


def test_a_new_key_is_named_by_gits_settings_and_signs(repository: Path, homes: Homes) -> None:
    done = run_localci(repository, "key", "generate", "--no-passphrase")

    assert done.code == PASSED, done.errors
    fingerprint = named_key(repository)
    assert f"made the signing key {fingerprint}" in done.output
    assert "Ada Lovelace <ada@example.org>" in done.output
    assert "localci trust add" in done.output
    assert sign(homes.gnupg, fingerprint, b"data")


def test_a_new_key_is_ed25519_for_signing_only_and_expires(repository: Path, homes: Homes) -> None:
    assert run_localci(repository, "key", "generate", "--no-passphrase").code == PASSED

    listing = gpg(homes.gnupg, "--with-colons", "--list-keys").decode()
    rows = [line.split(":") for line in listing.splitlines()]
    (public,) = [row for row in rows if row[0] == "pub"]
    assert (public[3], public[16], public[11]) == ("22", "ed25519", "scSC")
    assert 364 < (int(public[6]) - int(public[5])) / 86_400 < 367
    assert not any(row[0] == "sub" for row in rows)


@pytest.mark.parametrize("name", ["Łukasz Ωmega", "Zoë", "田中", "O'Neill \\ %commit"])
def test_any_name_becomes_the_user_id_as_it_is(name: str, repository: Path, homes: Homes) -> None:
    done = run_localci(repository, "key", "generate", "--no-passphrase", "--name", name)

    assert done.code == PASSED, done.errors
    assert f"{name} <ada@example.org>" in gpg(homes.gnupg, "--list-keys").decode()


def test_a_key_that_git_names_already_stays_the_one_that_signs(repository: Path, ada: Key) -> None:
    done = run_localci(repository, "key", "generate", "--no-passphrase", "--email", "x@example.org")

    assert done.code == PASSED, done.errors
    assert git(repository, "config", "user.signingkey") == ada.fingerprint
    assert f"user.signingkey still names {ada.fingerprint}" in done.output
    assert "git config user.signingkey " in done.output


def test_where_git_signs_with_ssh_its_own_key_stays(repository: Path) -> None:
    git(repository, "config", "gpg.format", "ssh")
    git(repository, "config", "user.signingkey", "~/.ssh/id_ed25519.pub")

    assert run_localci(repository, "key", "generate", "--no-passphrase").code == PASSED

    assert named_key(repository) == "~/.ssh/id_ed25519.pub"
    assert len(git(repository, "config", "localci.signingKey")) == 40


def test_without_a_terminal_no_passphrase_can_be_asked_for(repository: Path, homes: Homes) -> None:
    done = run_localci(repository, "key", "generate")

    assert done.code == USAGE
    assert "--no-passphrase" in done.errors
    assert done.errors.count("\n") == 1
    assert gpg(homes.gnupg, "--list-secret-keys") == b""


def test_on_a_terminal_pinentry_asks_for_the_passphrase(repository: Path, homes: Homes) -> None:
    use_pinentry(homes.gnupg, "a long s3cret")

    done = run_on_terminal(repository, "key", "generate")

    assert done.code == PASSED, done.errors
    assert "s3cret" not in done.output + done.errors
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    fingerprint = named_key(repository)
    asked = ("--pinentry-mode", "loopback", "--passphrase")
    assert sign(homes.gnupg, fingerprint, b"data", *asked, "a long s3cret")
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    with pytest.raises(AssertionError, match="Bad passphrase"):
        sign(homes.gnupg, fingerprint, b"data", *asked, "wrong")


def test_a_cancelled_pinentry_makes_no_key_and_names_none(repository: Path, homes: Homes) -> None:
    use_pinentry(homes.gnupg, None)

    done = run_on_terminal(repository, "key", "generate")

    assert done.code == NO_VERDICT
    assert "did not make a key" in done.errors
    assert done.errors.count("\n") == 1
    assert gpg(homes.gnupg, "--list-secret-keys") == b""
    assert "user.signingkey" not in git(repository, "config", "--local", "--list")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--expires", "tomorrow"), "time of validity"),
        (("--email", "nobody"), "email address"),
        (("--email", "a@b\n%no-protection"), "email address"),
        (("--name", "Ada\nKey-Type: RSA"), "not a name"),
        (("--name", "Ada <eve@example.org>"), "not a name"),
    ],
)
def test_what_gpg_would_take_for_something_else_is_refused(
    arguments: tuple[str, ...], said: str, repository: Path, homes: Homes
) -> None:
    done = run_localci(repository, "key", "generate", "--no-passphrase", *arguments)

    assert done.code == USAGE
    assert said in done.errors
    assert done.errors.count("\n") == 1
    assert gpg(homes.gnupg, "--list-keys") == b""


def test_without_a_name_in_git_it_says_how_to_give_one(repository: Path, homes: Homes) -> None:
    homes.git_configuration.write_text("[user]\nname = Ada\n", encoding="ascii")

    done = run_localci(repository, "key", "generate", "--no-passphrase")

    assert done.code == USAGE
    assert "git config --global user.email" in done.errors


def test_no_gpg_is_one_clear_line(repository: Path, tmp_path: Path) -> None:
    only_git = tmp_path / "bin"
    only_git.mkdir()
    found = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    (only_git / "git").symlink_to(found.stdout.strip())

    done = run_localci(
        repository, "key", "generate", "--no-passphrase", environment={"PATH": str(only_git)}
    )

    assert done.code == NO_VERDICT
    assert "install GnuPG" in done.errors
    assert done.errors.count("\n") == 1


def test_list_marks_the_key_that_signs(
    repository: Path, ada: Key, keys: Keys, homes: Homes
) -> None:
    keys["bob"].add_to(homes.gnupg)
    keys["expired"].add_to(homes.gnupg)

    done = run_localci(repository, "key", "list")

    assert done.code == PASSED, done.errors
    assert f"* {ada.fingerprint}  never expires\n    {ada.user_id}" in done.output
    assert f"  {keys['bob'].fingerprint}  never expires" in done.output
    assert f"  {keys['expired'].fingerprint}  expired 2020-12-31" in done.output
    assert done.output.count("*") == 1


def test_list_says_why_none_of_several_keys_signs(
    repository: Path, keys: Keys, homes: Homes
) -> None:
    keys["ada"].add_to(homes.gnupg)
    keys["bob"].add_to(homes.gnupg)

    done = run_localci(repository, "key", "list")

    assert done.code == PASSED
    assert "*" not in done.output
    assert "several secret keys fit" in done.output


def test_list_without_a_key_says_how_to_make_one(repository: Path) -> None:
    done = run_localci(repository, "key", "list")

    assert done.code == PASSED
    assert "localci key generate" in done.output


def test_export_prints_my_public_key_and_nothing_secret(
    repository: Path, ada: Key, keys: Keys, homes: Homes, tmp_path: Path
) -> None:
    keys["bob"].add_to(homes.gnupg)

    done = run_localci(repository, "key", "export")

    assert done.code == PASSED, done.errors
    assert done.output.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    (tmp_path / "key.asc").write_text(done.output, encoding="ascii")
    shown = gpg(homes.gnupg, "--with-colons", "--show-keys", str(tmp_path / "key.asc")).decode()
    assert ada.fingerprint.upper() in shown
    assert "BEGIN PGP PRIVATE" not in done.output


def test_export_takes_a_name_and_refuses_one_that_nobody_bears(
    repository: Path, ada: Key, keys: Keys, homes: Homes
) -> None:
    bob = keys["bob"]
    bob.add_to(homes.gnupg)

    by_name = run_localci(repository, "key", "export", "bob@example.org")
    by_fingerprint = run_localci(repository, "key", "export", bob.fingerprint)
    nobody = run_localci(repository, "key", "export", "carol@example.org")

    assert by_name.code == PASSED
    assert by_name.output == by_fingerprint.output
    assert by_name.output != run_localci(repository, "key", "export", ada.fingerprint).output
    assert nobody.code == USAGE
    assert "carol@example.org names no single secret key" in nobody.errors


def test_outside_of_a_repository_it_says_so(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "key", "list")

    assert done.code == USAGE
    assert "no git repository" in done.errors


@pytest.mark.parametrize("action", ["generate", "list", "export", "rotate", "revoke"])
def test_each_action_describes_itself(action: str, tmp_path: Path) -> None:
    whole = run_localci(tmp_path, "key", "--help").output
    shown = run_localci(tmp_path, "key", action, "--help").output

    assert max(map(len, (whole + shown).splitlines())) < 80
    assert shown.partition("\n\n")[2][:5] in {"Make ", "Show ", "Print", "Take "}
