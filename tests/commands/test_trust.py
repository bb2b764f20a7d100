"""`localci trust`: the policy of the working directory, and what may never happen to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.policy import POLICY_FILE
from localci.errors import NO_VERDICT, PASSED, USAGE
from support.keys import gpg
from support.localci_command import run_localci
from support.repositories import git, make_bare, make_repository, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.localci_command import Done
    from support.small_disk import SmallDisk

POLICY = """\
# kept as it is
version = 1
repository = "example.org/app"   # and this

[require.tests]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {POLICY_FILE: POLICY})


def policy_of(repository: Path) -> str:
    return (repository / POLICY_FILE).read_bytes().decode("utf-8")


def changes(repository: Path) -> str:
    return git(repository, "status", "--short", "--untracked-files=all")


def refused(repository: Path, done: Done, *said: str, code: int = USAGE) -> None:
    assert done.code == code, done.output
    assert done.errors.count("\n") == 1, done.errors
    for words in said:
        assert words in done.errors
    assert changes(repository) == ""


def test_my_own_key_is_added_and_all_else_stays_byte_for_byte(repository: Path, ada: Key) -> None:
    done = run_localci(repository, "trust", "add")

    assert done.code == PASSED, done.errors
    assert "trusted branch" in done.output
    assert policy_of(repository) == (
        f"{POLICY}\n[[signer]]\n"
        f'name = "ada@example.org"\nfingerprint = "{ada.fingerprint}"\n'
        'key = "keys/ada@example.org.asc"\n'
    )
    assert "ada@example.org" in run_localci(repository, "trust", "list").output


def test_twice_changes_nothing(repository: Path, ada: Key) -> None:
    run_localci(repository, "trust", "add", "--role", "maintainer")
    before = policy_of(repository), changes(repository)

    done = run_localci(repository, "trust", "add")

    assert done.code == PASSED
    assert f"trusted already, by {ada.fingerprint}" in done.output
    assert (policy_of(repository), changes(repository)) == before


def test_the_key_file_is_one_that_gpg_reads(repository: Path, ada: Key, homes: Homes) -> None:
    run_localci(repository, "trust", "add")

    file = repository / ".localci/keys/ada@example.org.asc"
    shown = gpg(homes.gnupg, "--with-colons", "--show-keys", str(file)).decode()
    assert ada.fingerprint.upper() in shown
    assert ada.user_id in shown


@pytest.mark.parametrize("form", ["armored", "binary", "standard input", "keyring"])
def test_somebody_elses_key_is_added_from(
    form: str, repository: Path, keys: Keys, homes: Homes, tmp_path: Path
) -> None:
    bob = keys["bob"]
    file = tmp_path / "bob.key"
    file.write_text(bob.certificate, encoding="ascii")
    gpg(homes.gnupg, "--import", str(file))
    if form == "binary":
        file.write_bytes(gpg(homes.gnupg, "--export", bob.fingerprint))
    source = {"standard input": ("-",), "keyring": ("--key", bob.fingerprint)}.get(
        form, (str(file),)
    )

    done = run_localci(
        repository, "trust", "add", *source, "--name", "Bob Noyce", "--role", "maintainer",
        "--role", "developer", data=bob.certificate,
    )  # fmt: skip

    assert done.code == PASSED, done.errors
    assert f"added Bob Noyce (developer, maintainer) with the key {bob.fingerprint}" in done.output
    assert 'key = "keys/Bob-Noyce.asc"\nroles = ["maintainer", "developer"]' in policy_of(
        repository
    )
    assert ("compare the fingerprint" in done.output) is (form != "keyring")


def test_a_second_key_of_the_same_person_gets_a_file_of_its_own(
    repository: Path, ada: Key, keys: Keys, tmp_path: Path
) -> None:
    other = keys["bob"]
    (tmp_path / "other.asc").write_text(other.certificate, encoding="ascii")
    run_localci(repository, "trust", "add")

    done = run_localci(
        repository, "trust", "add", str(tmp_path / "other.asc"), "--name", "ada@example.org"
    )

    assert done.code == PASSED, done.errors
    assert f'key = "keys/ada@example.org-{other.fingerprint}.asc"' in policy_of(repository)
    listed = run_localci(repository, "trust", "list").output
    assert ada.fingerprint in listed
    assert other.fingerprint in listed


@pytest.mark.usefixtures("ada")
def test_a_name_never_leaves_the_directory_of_keys(repository: Path) -> None:
    done = run_localci(repository, "trust", "add", "--name", '../../"ada"/é')

    assert done.code == PASSED, done.errors
    (file,) = (repository / ".localci/keys").iterdir()
    assert file.name == "ada--é.asc"
    assert '../../"ada"/é' in run_localci(repository, "trust", "list").output


@pytest.mark.usefixtures("ada")
def test_line_ends_of_the_policy_are_kept(repository: Path) -> None:
    (repository / POLICY_FILE).write_bytes(POLICY.replace("\n", "\r\n").rstrip().encode())

    done = run_localci(repository, "trust", "add")

    assert done.code == PASSED, done.errors
    assert policy_of(repository).count("\n") == policy_of(repository).count("\r\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--name", "somebody else"), "as ada@example.org"),
        (("--role", "auditor"), "with the roles developer"),
    ],
)
def test_a_key_that_is_there_otherwise_is_refused(
    arguments: tuple[str, ...], said: str, repository: Path, ada: Key
) -> None:
    run_localci(repository, "trust", "add")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "x")

    done = run_localci(repository, "trust", "add", *arguments)

    refused(repository, done, f"{ada.fingerprint} is in the policy already, {said}")


def test_a_secret_key_is_refused(repository: Path, ada: Key, homes: Homes, tmp_path: Path) -> None:
    armored, binary = tmp_path / "ada.asc", tmp_path / "ada.gpg"
    armored.write_text(ada.secret, encoding="ascii")
    gpg(homes.gnupg, "--dearmor", "--output", str(binary), str(armored))

    for file in (armored, binary):
        refused(repository, run_localci(repository, "trust", "add", str(file)), "SECRET", str(file))


def test_a_key_whose_signatures_never_count_is_refused(
    repository: Path, keys: Keys, homes: Homes
) -> None:
    weak = homes.root / "weak.asc"
    weak.write_text(keys["weak"].certificate, encoding="ascii")
    unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
    gpg(homes.gnupg, *unprotected, "--quick-generate-key", "Ann <ann@b.c>", "ed25519", "cert")
    certify_only = homes.root / "ann.gpg"
    certify_only.write_bytes(gpg(homes.gnupg, "--export"))

    for file in (weak, certify_only):
        refused(repository, run_localci(repository, "trust", "add", str(file)), "too weak, or not")


def test_several_certificates_are_refused(repository: Path, keys: Keys, homes: Homes) -> None:
    for name in ("ada", "bob"):
        keys[name].add_to(homes.gnupg)
    both = homes.root / "both.gpg"
    both.write_bytes(gpg(homes.gnupg, "--export"))

    done = run_localci(repository, "trust", "add", str(both))

    refused(repository, done, "2 certificates")


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n"])
def test_what_is_no_key_is_refused(content: str, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "x.asc").write_text(content, encoding="ascii")

    done = run_localci(repository, "trust", "add", str(tmp_path / "x.asc"))

    refused(repository, done, "is not one public key")


@pytest.mark.usefixtures("ada")
def test_what_is_not_there_is_one_clear_line(repository: Path) -> None:
    refused(repository, run_localci(repository, "trust", "add", "no.asc"), "no.asc cannot be read")
    refused(
        repository,
        run_localci(repository, "trust", "add", "--key", "0" * 40),
        "gpg has no public key",
        code=NO_VERDICT,
    )
    refused(repository, run_localci(repository, "trust", "add", "--name", "a\nb"), "is not a name")


def test_without_a_key_of_mine_it_says_how_to_make_one(repository: Path) -> None:
    refused(repository, run_localci(repository, "trust", "add"), "localci key generate")


@pytest.mark.usefixtures("ada")
def test_without_a_policy_it_says_how_to_get_one(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "bare-bones", {"README": "x"})

    refused(repository, run_localci(repository, "trust", "add"), POLICY_FILE, "localci init")
    refused(repository, run_localci(repository, "trust", "list"), POLICY_FILE, "localci init")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("version = 1\nrepository = [", "not TOML"),
        (POLICY.replace("[require.tests]", ""), "require"),
        (f"{POLICY}\n[extra]\n", "unknown key"),
        ("signer = []\n" + POLICY, "signer"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_a_policy_that_would_not_be_usable_is_left_alone(
    broken: str, said: str, repository: Path
) -> None:
    write_files(repository, {POLICY_FILE: broken})
    git(repository, "commit", "--quiet", "-am", "break")

    refused(repository, run_localci(repository, "trust", "add"), said)


@pytest.mark.usefixtures("ada")
def test_links_are_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/policy.toml").write_text(POLICY, encoding="utf-8")
    (repository / POLICY_FILE).unlink()
    (repository / ".localci").rmdir()
    (repository / ".localci").symlink_to(tmp_path / "elsewhere")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "link")

    refused(repository, run_localci(repository, "trust", "add"), "symbolic link")

    assert list((tmp_path / "elsewhere").iterdir()) == [tmp_path / "elsewhere/policy.toml"]


@pytest.mark.usefixtures("ada")
def test_a_full_disk_loses_nothing(disk: SmallDisk) -> None:
    repository = make_repository(disk.path / "app", {POLICY_FILE: POLICY})
    disk.fill()

    done = run_localci(repository, "trust", "add")

    assert done.code == NO_VERDICT
    assert "cannot be written: No space left" in done.errors
    assert done.errors.count("\n") == 1
    (disk.path / "filling").unlink()
    assert changes(repository) == ""
    assert policy_of(repository) == POLICY


@pytest.mark.usefixtures("ada")
def test_a_bare_repository_has_no_policy_to_add_to(tmp_path: Path) -> None:
    done = run_localci(make_bare(tmp_path / "r.git"), "trust", "add")

    assert done.code == USAGE
    assert "bare repository" in done.errors


def test_list_shows_who_as_what_and_when(repository: Path, keys: Keys) -> None:
    ada, bob = keys["ada"], keys["bob"]
    write_files(
        repository,
        {
            ".localci/keys/a.asc": ada.certificate,
            ".localci/keys/b.asc": bob.certificate,
            POLICY_FILE: f"""{POLICY}
[[signer]]
name = "ada"
fingerprint = "{ada.fingerprint}"
key = "keys/a.asc"
not_before = 2026-01-01
not_after = 2027-01-01
[[signer]]
name = "b\\u001bob"
fingerprint = "{bob.fingerprint}"
key = "keys/b.asc"
roles = ["maintainer", "auditor"]
revoked = {{ at = 2026-06-01, reason = "laptop stolen" }}
""",
        },
    )

    done = run_localci(repository, "trust", "list")

    assert done.code == PASSED, done.errors
    assert done.output.splitlines() == [
        "ada",
        f"  {ada.fingerprint}  developer",
        "  from 2026-01-01",
        "  until 2027-01-01, not included",
        "b\\u001bob",
        f"  {bob.fingerprint}  auditor, maintainer",
        "  REVOKED on 2026-06-01: laptop stolen",
    ]


def test_list_of_nobody_says_so(repository: Path) -> None:
    done = run_localci(repository, "trust", "list")

    assert done.code == PASSED
    assert "names no signer" in done.output


@pytest.mark.parametrize(("action", "said"), [("add", "default: developer"), ("list", "Show each")])
def test_each_action_describes_itself(action: str, said: str, tmp_path: Path) -> None:
    whole = run_localci(tmp_path, "trust", "--help").output
    shown = run_localci(tmp_path, "trust", action, "--help").output

    assert max(map(len, (whole + shown).splitlines())) < 80
    assert said in " ".join(shown.split())
    assert shown.partition("\n\n")[2][:5] in {"Write", "Show "}
