"""`localci key rotate` and `revoke`, to the verdict that a verifier gives of it."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.config.policy import POLICY_FILE
from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from localci.gpg.certificate import read_certificate
from localci.gpg.expiry import read_lives
from support.keys import gpg
from support.localci_command import run_localci
from support.project import make_project
from support.repositories import git, make_repository, write_files
from support.terminal import run_beside_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.localci_command import Done
    from support.project import Project

POLICY = """\
# kept as it is
version = 1
repository = "example.org/acme/app"   # and this

[require.tests]
"""
IN_30_DAYS = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=30)).date()


@pytest.fixture
def repository(tmp_path: Path, homes: Homes) -> Path:
    """A repository without a remote, whose policy names a key that localci has made."""
    assert homes.gnupg.is_dir()
    path = make_repository(tmp_path / "app", {POLICY_FILE: POLICY})
    assert run_localci(path, "key", "generate", "--no-passphrase").code == PASSED
    added = run_localci(path, "trust", "add", "--role", "maintainer", "--account", "ada")
    assert added.code == PASSED, added.errors
    commit(path)
    return path


def commit(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--no-verify", "-m", "x")


def named_key(repository: Path) -> str:
    return git(repository, "config", "--local", "user.signingkey")


def rotate(repository: Path, *arguments: str) -> Done:
    return run_localci(repository, "key", "rotate", "--no-passphrase", *arguments)


def policy_of(repository: Path) -> str:
    return (repository / POLICY_FILE).read_text("utf-8")


def secret_keys(homes: Homes) -> int:
    listing = gpg(homes.gnupg, "--with-colons", "--list-secret-keys").decode()
    return sum(line.startswith("sec:") for line in listing.splitlines())


def test_both_keys_stand_in_the_policy_until_the_hand_over_is_over(repository: Path) -> None:
    old = named_key(repository)

    done = rotate(repository)

    assert done.code == PASSED, done.errors
    new = named_key(repository)
    assert new != old
    assert f"hands over from {old}, which counts until {IN_30_DAYS}, not included" in done.output
    assert "user.signingkey names the new one" in done.output
    assert "git add .localci; git commit" in done.output
    assert policy_of(repository) == POLICY + (
        f'\n[[signer]]\nname = "ada@example.org"\nfingerprint = "{old}"\n'
        f'key = "keys/ada@example.org.asc"\nroles = ["maintainer"]\naccounts = ["ada"]\n'
        f"not_after = {IN_30_DAYS}\n"
        f'\n[[signer]]\nname = "ada@example.org"\nfingerprint = "{new}"\n'
        f'key = "keys/ada@example.org-{new}.asc"\nroles = ["maintainer"]\naccounts = ["ada"]\n'
    )


@pytest.mark.parametrize(("given", "days"), [("14d", 14), ("1d", 1)])
def test_the_hand_over_is_as_long_as_was_said(given: str, days: int, repository: Path) -> None:
    until = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=days)).date()
    assert f"until {until}," in rotate(repository, "--handover", given).output


def test_the_hand_over_may_be_a_day(repository: Path) -> None:
    until = dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=50)
    assert rotate(repository, "--handover", str(until)).code == PASSED
    assert f"not_after = {until}" in policy_of(repository)


@pytest.mark.parametrize("given", ["0d", "5m", "2020-01-01", "soon", "9999-01-01", "2026-13-40"])
def test_what_is_no_time_for_a_hand_over_makes_no_key(
    given: str, repository: Path, homes: Homes
) -> None:
    done = rotate(repository, "--handover", given)

    assert done.code == USAGE
    assert "--handover 30d" in done.errors
    assert secret_keys(homes) == 1
    assert git(repository, "status", "--short") == ""


def test_a_second_time_it_says_that_a_hand_over_is_under_way(
    repository: Path, homes: Homes
) -> None:
    old = named_key(repository)
    rotate(repository)
    before = policy_of(repository), named_key(repository)

    done = rotate(repository)

    assert done.code == PASSED
    assert f"a hand-over is under way: {old} counts until {IN_30_DAYS}" in done.output
    assert (policy_of(repository), named_key(repository)) == before
    assert secret_keys(homes) == 2


def test_an_end_of_the_old_key_that_is_nearer_stays(repository: Path) -> None:
    near = dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=3)
    write_files(repository, {POLICY_FILE: policy_of(repository) + f"not_after = {near}\n"})

    assert rotate(repository).code == PASSED

    assert f"not_after = {near}" in policy_of(repository)
    assert str(IN_30_DAYS) not in policy_of(repository)


def test_a_key_that_the_policy_does_not_name_has_nothing_to_hand_over(
    repository: Path, ada: Key, homes: Homes
) -> None:
    git(repository, "config", "user.signingkey", ada.fingerprint)
    before = secret_keys(homes)

    done = rotate(repository)

    assert done.code == USAGE
    assert "localci trust add" in done.errors
    assert secret_keys(homes) == before


def test_a_policy_that_cannot_be_edited_costs_no_key(repository: Path, homes: Homes) -> None:
    text = policy_of(repository).partition("[[signer]]")[2].strip().replace("\n", ", ")
    write_files(repository, {POLICY_FILE: f"signer = [{{ {text} }}]\n{POLICY}"})

    done = rotate(repository)

    assert done.code == USAGE, done.output
    assert "by hand" in done.errors
    assert secret_keys(homes) == 1


def test_a_key_that_is_there_already_can_take_over(repository: Path, ada: Key) -> None:
    done = rotate(repository, "--to", ada.fingerprint)

    assert done.code == PASSED, done.errors
    assert named_key(repository) == ada.fingerprint
    assert f'fingerprint = "{ada.fingerprint}"' in policy_of(repository)


def test_an_ssh_key_hands_over_to_another(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {POLICY_FILE: POLICY})
    for name in ("old", "new"):
        made = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name))
        subprocess.run(made, check=True)
    git(repository, "config", "gpg.format", "ssh")
    git(repository, "config", "user.signingkey", str(tmp_path / "old.pub"))
    assert run_localci(repository, "trust", "add").code == PASSED

    refused = rotate(repository)
    done = rotate(repository, "--to", str(tmp_path / "new.pub"))

    assert refused.code == USAGE
    assert "ssh-keygen -t ed25519" in refused.errors
    assert done.code == PASSED, done.errors
    assert named_key(repository) == str(tmp_path / "new.pub")
    listed = run_localci(repository, "trust", "list").output
    assert listed.count("an SSH key, ssh-ed25519") == 2
    assert f"until {IN_30_DAYS}" in listed
    assert run_localci(repository, "key", "list").output.startswith("* SHA256:")
    public = (tmp_path / "new.pub").read_text("ascii")
    assert public.startswith(run_localci(repository, "key", "export").output.strip())


def test_the_old_key_signs_until_the_trusted_branch_names_the_new_one(
    tmp_path: Path, ada: Key
) -> None:
    """Else the very push that brings the new key would be refused: nobody trusts it yet."""
    project = make_project(tmp_path, ada)

    first = project.localci("key", "rotate", "--no-passphrase")
    project.commit({}, "Hand over")
    signed_by_old = attested(project)
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    second = project.localci("key", "rotate", "--no-passphrase")
    project.commit({"more": "x"})
    signed_by_new = attested(project)

    assert first.code == PASSED, first.errors
    assert "the old key goes on signing until the trusted branch names the new one" in first.output
    assert signed_by_old.code == PASSED, signed_by_old.output + signed_by_old.errors
    assert "user.signingkey names the new one" in second.output
    assert named_key(project.path) != ada.fingerprint
    assert signed_by_new.code == PASSED, signed_by_new.output + signed_by_new.errors


def attested(project: Project) -> Done:
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED
    return project.localci("verify")


def test_a_revoked_key_is_refused_with_all_that_it_signed(tmp_path: Path, homes: Homes) -> None:
    project = make_project(tmp_path, *(), files={POLICY_FILE: POLICY})
    assert project.localci("key", "generate", "--no-passphrase").code == PASSED
    assert project.localci("trust", "add").code == PASSED
    project.commit({})
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    accepted = attested(project)
    attested_commit = project.head
    mine = named_key(project.path)

    done = project.localci("key", "revoke", "--yes", "--reason", 'laptop "stolen"')
    project.commit({}, "Revoke")
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main")
    refused = project.localci("verify", attested_commit)

    assert accepted.code == PASSED, accepted.errors
    assert done.code == PASSED, done.errors
    assert f"revoked {mine} in your keyring, for good" in done.output
    assert "nobody left" in done.errors
    today = dt.datetime.now(dt.timezone.utc).date()
    reason = f"revoked = {{ at = {today}, reason = 'laptop \"stolen\"' }}"
    assert reason in (project.path / POLICY_FILE).read_text("utf-8")
    key_file = project.path / ".localci/keys/ada@example.org.asc"
    assert read_lives(read_certificate(key_file.read_bytes()))[0].revoked
    assert (
        f"pub:r:255:22:{mine[-16:].upper()}"
        in gpg(homes.gnupg, "--with-colons", "--list-keys").decode()
    )
    assert refused.code == FAILED
    assert "key-revoked" in refused.output + refused.errors


def test_revoked_twice_changes_nothing(repository: Path) -> None:
    run_localci(repository, "key", "revoke", "--yes", "--reason", "lost")
    before = policy_of(repository)

    done = run_localci(repository, "key", "revoke", "--yes", "--reason", "again")

    assert done.code == PASSED, done.errors
    assert "already" in done.output
    assert policy_of(repository) == before


def test_somebody_elses_key_is_revoked_by_name_or_fingerprint(
    repository: Path, keys: Keys, tmp_path: Path
) -> None:
    for name in ("bob", "mallory"):
        (tmp_path / f"{name}.asc").write_text(keys[name].certificate, encoding="ascii")
        run_localci(repository, "trust", "add", str(tmp_path / f"{name}.asc"))

    by_name = run_localci(
        repository, "key", "revoke", "--yes", "bob@example.org", "--reason", "left"
    )
    by_id = run_localci(
        repository,
        "key",
        "revoke",
        "--yes",
        keys["mallory"].fingerprint[-16:].upper(),
        "--reason",
        "x",
    )

    assert by_name.code == by_id.code == PASSED, by_name.errors + by_id.errors
    assert "in your keyring" not in by_name.output
    assert policy_of(repository).count("revoked = {") == 2
    listed = run_localci(repository, "trust", "list").output
    assert "REVOKED on" in listed
    assert ": left" in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "--reason", "x"), "neither in"),
        (("ABCD", "--reason", "x"), "neither in"),
        (("0" * 40, "--reason", "x"), "neither in"),
        (("--reason", " "), "the reason is empty"),
        (("--reason", "a\nb"), "more than a line"),
    ],
)
def test_what_cannot_be_revoked_is_one_clear_line(
    arguments: tuple[str, ...], said: str, repository: Path
) -> None:
    done = run_localci(repository, "key", "revoke", "--yes", *arguments)

    assert done.code == USAGE, done.output
    assert said in done.errors
    assert done.errors.count("\n") == 1
    assert git(repository, "status", "--short") == ""


def test_of_a_person_with_two_keys_one_has_to_be_named(repository: Path) -> None:
    old = named_key(repository)
    rotate(repository)

    done = run_localci(repository, "key", "revoke", "--yes", "ada@example.org", "--reason", "x")
    one = run_localci(repository, "key", "revoke", "--yes", old, "--reason", "x")

    assert done.code == USAGE
    assert "has several keys" in done.errors
    assert one.code == PASSED, one.errors
    assert one.errors == ""


def test_without_the_kept_certificate_the_policy_revokes_alone(
    repository: Path, homes: Homes
) -> None:
    mine = named_key(repository)
    (homes.gnupg / f"openpgp-revocs.d/{mine.upper()}.rev").unlink()

    done = run_localci(repository, "key", "revoke", "--yes", "--reason", "lost")

    assert done.code == PASSED
    assert "--gen-revoke" in done.errors
    assert "revoked = {" in policy_of(repository)


def test_a_key_that_no_policy_names_is_revoked_in_the_keyring_or_not_at_all(
    repository: Path, homes: Homes
) -> None:
    git(repository, "config", "--unset", "user.signingkey")
    assert run_localci(repository, "key", "generate", "--no-passphrase").code == PASSED
    other = named_key(repository)

    done = run_localci(repository, "key", "revoke", "--yes", "--reason", "x")
    again = run_localci(repository, "key", "revoke", "--yes", "--reason", "x")
    (homes.gnupg / f"openpgp-revocs.d/{other.upper()}.rev").unlink()

    assert done.code == PASSED
    assert f"no policy here names {other}" in done.output
    assert "already" in again.output
    assert git(repository, "status", "--short") == ""


def test_what_gpg_does_not_take_is_no_revocation(repository: Path, homes: Homes) -> None:
    mine = named_key(repository)
    kept = homes.gnupg / f"openpgp-revocs.d/{mine.upper()}.rev"
    kept.write_text("hello", encoding="ascii")

    done = run_localci(repository, "key", "revoke", "--yes", "--reason", "x")

    assert done.code == NO_VERDICT
    assert "gpg did not revoke" in done.errors
    assert git(repository, "status", "--short") == ""


def test_a_new_key_says_where_its_revocation_certificate_is(tmp_path: Path, homes: Homes) -> None:
    repository = make_repository(tmp_path / "app")

    done = run_localci(repository, "key", "generate", "--no-passphrase", "--algorithm", "rsa4096")

    assert done.code == PASSED, done.errors
    (kept,) = (homes.gnupg / "openpgp-revocs.d").iterdir()
    assert str(kept) in done.output
    listing = gpg(homes.gnupg, "--with-colons", "--list-keys").decode()
    (public,) = [row.split(":") for row in listing.splitlines() if row.startswith("pub")]
    assert public[2:4] == ["4096", "1"]


@pytest.mark.parametrize("typed", ["no\n", "\n", "y\n", "\x04"])
def test_a_key_is_revoked_only_where_somebody_types_yes(
    typed: str, repository: Path, homes: Homes
) -> None:
    done = run_beside_terminal(repository, "key", "revoke", "--reason", "lost", typed=typed)

    assert done.code == FAILED
    assert ("type `yes` in full" in done.output) is (typed == "y\n")
    assert "not revoked" in done.output
    assert "that cannot be taken back" in done.output
    assert "warning" in done.errors
    assert "nobody left" in done.errors
    assert git(repository, "status", "--short") == ""
    assert "pub:r:" not in gpg(homes.gnupg, "--with-colons", "--list-keys").decode()


def test_whoever_types_yes_revokes_also_the_last_key(repository: Path, homes: Homes) -> None:
    """A stolen key has to be revocable, whoever is left."""
    done = run_beside_terminal(repository, "key", "revoke", "--reason", "stolen", typed="yes\n")

    assert done.code == PASSED, done.errors
    assert "revoked = {" in policy_of(repository)
    assert "pub:r:" in gpg(homes.gnupg, "--with-colons", "--list-keys").decode()


def test_without_a_terminal_nothing_is_revoked(repository: Path) -> None:
    done = run_localci(repository, "key", "revoke", "--reason", "lost", data="yes\n")

    assert done.code == USAGE
    assert "`--yes` says so beforehand" in done.errors
    assert git(repository, "status", "--short") == ""


def test_somebody_elses_key_is_no_matter_of_my_keyring(
    repository: Path, keys: Keys, tmp_path: Path
) -> None:
    (tmp_path / "bob.asc").write_text(keys["bob"].certificate, encoding="ascii")
    run_localci(repository, "trust", "add", str(tmp_path / "bob.asc"))
    arguments = ("key", "revoke", "bob@example.org", "--reason", "left")

    done = run_beside_terminal(repository, *arguments, typed="yes\n")

    assert (done.code, done.errors) == (PASSED, "")
    assert f"the key {keys['bob'].fingerprint}, bob@example.org's" in done.output
    assert "cannot be taken back" not in done.output


def next_command(done: Done) -> list[str]:
    """The words of the command that `key generate` says to type next."""
    (row,) = [row for row in done.output.splitlines() if row.startswith("next: `")]
    return shlex.split(row.split("`")[1])[1:]


def test_the_next_step_after_a_second_key_names_that_key_and_its_person(repository: Path) -> None:
    old = named_key(repository)

    made = run_localci(repository, "key", "generate", "--no-passphrase")
    words = next_command(made)
    done = run_localci(repository, *words)

    assert words[2:] == ["--key", words[3], "--name", "ada@example.org"]
    assert words[3] not in {"", old}
    assert done.code == PASSED, done.errors
    assert f'fingerprint = "{words[3]}"' in policy_of(repository)


def test_the_next_step_after_a_revocation_names_the_same_person(repository: Path) -> None:
    run_localci(repository, "key", "revoke", "--yes", "--reason", "lost")

    refused = rotate(repository)
    made = run_localci(repository, "key", "generate", "--no-passphrase")
    done = run_localci(repository, *next_command(made))

    assert refused.code == USAGE
    assert "`localci key generate` makes another, and says how it counts" in refused.errors
    assert done.code == PASSED, done.errors
    assert policy_of(repository).count('name = "ada@example.org"') == 2


def test_where_the_policy_is_protected_a_new_key_may_be_asked_for(repository: Path) -> None:
    rules = f'{policy_of(repository)}[paths.".localci/**"]\nroles = ["maintainer"]\n'
    write_files(repository, {POLICY_FILE: rules})

    made = run_localci(repository, "key", "generate", "--no-passphrase")
    request = shlex.split(made.output.splitlines()[-1].split("`")[3])[1:]
    printed = run_localci(repository, *request)

    assert request[:2] == ["trust", "request"]
    assert printed.code == PASSED, printed.errors
    assert f'fingerprint = "{next_command(made)[3]}"' in printed.output


def test_hand_over_to_what_is_no_key_is_one_clear_line(repository: Path) -> None:
    done = rotate(repository, "--to", "nope")

    assert done.code == USAGE
    assert "--to nope is no file, and names no single secret key of yours" in done.errors
    assert "git config" not in done.errors


def test_no_warning_of_an_end_where_another_key_takes_its_place(repository: Path) -> None:
    assert rotate(repository, "--handover", "10d").code == PASSED

    listed = run_localci(repository, "trust", "list")

    assert listed.errors == ""
    assert "WARNING" not in listed.output


@pytest.mark.parametrize("known", [True, False])
def test_an_unknown_trusted_branch_is_no_denial(known: bool, tmp_path: Path, ada: Key) -> None:  # noqa: FBT001
    project = make_project(tmp_path, ada)
    if known:
        git(project.path, "remote", "set-head", "origin", "main")
    else:
        git(project.path, "update-ref", "-d", "refs/remotes/origin/HEAD")

    done = project.localci("key", "rotate", "--no-passphrase")

    assert done.code == PASSED, done.errors
    assert "the old key goes on signing" in done.output
    assert ("git remote set-head origin --auto" in done.output) is not known


def test_an_ssh_key_that_is_not_trusted_yet_is_named_by_hand(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    new = tmp_path / "new key"
    made = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(new))
    subprocess.run(made, check=True)

    done = project.localci("key", "rotate", "--to", f"{new}.pub")
    again = project.localci("key", "rotate")
    assert "localci key rotate` lets" not in done.output
    (row,) = [row for row in done.output.splitlines() if row.startswith("  git config ")]
    git(project.path, *shlex.split(row)[1:])
    listed = project.localci("key", "list")

    assert done.code == PASSED, done.errors
    assert "git config localci.signingKey FILE.pub" in again.output
    assert listed.output.startswith("* SHA256:")


def test_a_reader_who_goes_away_leaves_no_key_unnamed(tmp_path: Path, homes: Homes) -> None:
    repository = make_repository(tmp_path / "app")
    closed, output = os.pipe()
    os.close(closed)
    command = [sys.executable, "-m", "localci", "key", "generate", "--no-passphrase"]

    subprocess.run(command, cwd=repository, stdout=output, stderr=subprocess.PIPE, check=False)
    os.close(output)

    assert secret_keys(homes) == 1
    assert len(named_key(repository)) == 40
