"""`localci trust`: the policy of the working directory, and what may never happen to it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.config.policy import POLICY_FILE
from localci.errors import NO_VERDICT, PASSED, USAGE
from localci.gpg.certificate import read_certificate
from localci.gpg.components import split_components
from support.forge_server import NOBODY, Answer, forge
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


def test_which_of_several_certificates_is_asked_for(
    repository: Path, keys: Keys, homes: Homes
) -> None:
    for name in ("ada", "bob"):
        keys[name].add_to(homes.gnupg)
    both = homes.root / "both.gpg"
    both.write_bytes(gpg(homes.gnupg, "--export"))

    done = run_localci(repository, "trust", "add", str(both))

    refused(repository, done, "holds several keys", keys["ada"].fingerprint, "--fingerprint")

    chosen = run_localci(
        repository, "trust", "add", str(both), "--fingerprint", keys["bob"].fingerprint.upper()
    )
    assert chosen.code == PASSED, chosen.errors
    assert f"added bob@example.org (developer) with the key {keys['bob'].fingerprint}" in (
        chosen.output
    )


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


@pytest.mark.parametrize(("action", "said"), [
        ("add", "default: developer"), ("list", "Show each"), ("remove", "a fingerprint"),
        ("request", "Nothing is changed"),
    ],
)  # fmt: skip
def test_each_action_describes_itself(action: str, said: str, tmp_path: Path) -> None:
    whole = run_localci(tmp_path, "trust", "--help").output
    shown = run_localci(tmp_path, "trust", action, "--help").output

    assert max(map(len, (whole + shown).splitlines())) < 80
    assert said in " ".join(shown.split())
    assert shown.partition("\n\n")[2][:5] in {"Write", "Show ", "Take ", "Print"}


def export_of(homes: Homes, *options: str) -> str:
    return gpg(homes.gnupg, *options, "--armor", "--export").decode("ascii")


def add(repository: Path, *arguments: str, data: str = "") -> Done:
    done = run_localci(repository, "trust", "add", *arguments, data=data)
    assert done.code == PASSED, done.errors
    return done


def test_a_renewed_certificate_is_merged_into_the_old_one(
    repository: Path, homes: Homes, keys: Keys
) -> None:
    dated = keys["dated"]
    dated.add_to(homes.gnupg)
    add(repository, "-", data=dated.certificate)
    policy = policy_of(repository)
    gpg(homes.gnupg, "--quick-set-expire", dated.fingerprint, "5y")

    renewed = add(repository, "-", data=export_of(homes))
    again = add(repository, "-", data=export_of(homes))
    older = add(repository, "-", data=dated.certificate)

    assert f"renewed the certificate of ada@example.org, {dated.fingerprint}" in renewed.output
    assert "trusted already" in again.output
    assert "trusted already" in older.output
    assert policy_of(repository) == policy
    file = repository / ".localci/keys/ada@example.org.asc"
    merged = read_certificate(file.read_bytes())
    assert [len(item.signatures) for item in split_components(merged.packets)] == [0, 2]
    listed = json.loads(run_localci(repository, "trust", "list", "--json").output)
    (signer,) = listed["signers"]
    assert int(signer["key_expires_at"][:4]) >= dt.datetime.now(dt.timezone.utc).year + 4


def test_a_new_subkey_in_a_renewed_certificate_is_named(
    repository: Path, homes: Homes, keys: Keys
) -> None:
    keys["bob"].add_to(homes.gnupg)
    add(repository, "-", data=keys["bob"].certificate)
    unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
    gpg(homes.gnupg, *unprotected, "--quick-add-key", keys["bob"].fingerprint, "ed25519", "sign")

    done = add(repository, "-", data=export_of(homes))

    subkey = read_certificate(export_of(homes).encode()).fingerprints[1]
    assert f"a new key, which signs for the same person: {subkey}" in done.output


@pytest.mark.usefixtures("ada")
def test_a_key_that_says_it_is_somebody_else_needs_a_name(
    repository: Path, keys: Keys, tmp_path: Path
) -> None:
    """Mallory writes Ada's address into a key of hers: two keys of one person would count."""
    add(repository)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "x")
    file = tmp_path / "fake.asc"
    file.write_text(keys["dated"].certificate, encoding="ascii")

    done = run_localci(repository, "trust", "add", str(file))

    refused(repository, done, "says that it is ada@example.org's", "--name ada@example.org")
    assert "ada@example.org" in add(repository, str(file), "--name", "ada@example.org").output


@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_key_that_is_over_is_not_added(name: str, repository: Path, keys: Keys) -> None:
    done = run_localci(repository, "trust", "add", "-", data=keys[name].certificate)
    refused(repository, done, "no signature by", "can count")


def test_an_ssh_key_is_added_by_its_line(repository: Path, tmp_path: Path) -> None:
    line = ssh_key(tmp_path / "id")

    nameless = run_localci(repository, "trust", "add", str(tmp_path / "id.pub"))
    refused(repository, nameless, "give --name")
    done = add(
        repository, str(tmp_path / "id.pub"), "--name", "bob", "--account", "bob", "--account", "b2"
    )
    again = add(repository, "-", data=line)

    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(tmp_path / "id.pub")],
        capture_output=True, text=True, check=True,
    ).stdout.split()[1]  # fmt: skip
    assert f"added bob (developer) with the key {fingerprint}" in done.output
    bare = " ".join(line.split()[:2])
    assert policy_of(repository) == (
        f'{POLICY}\n[[signer]]\nname = "bob"\nssh = "{bare}"\naccounts = ["bob", "b2"]\n'
    )
    assert "trusted already" in again.output
    assert changes(repository) == " M .localci/policy.toml"


def ssh_key(path: Path) -> str:
    made = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x@y", "-f", str(path))
    subprocess.run(made, check=True)
    return path.with_suffix(".pub").read_text("ascii")


def test_a_secret_ssh_key_is_refused(repository: Path, tmp_path: Path) -> None:
    ssh_key(tmp_path / "id")
    done = run_localci(repository, "trust", "add", str(tmp_path / "id"), "--name", "bob")
    refused(repository, done, "SECRET")


def test_what_a_forge_shows_is_added_with_the_account(
    repository: Path, keys: Keys, tmp_path: Path
) -> None:
    bob, line = keys["bob"], ssh_key(tmp_path / "id")
    answers = {
        "/bob.gpg": [Answer(200, bob.certificate.encode())],
        "/bob.keys": [Answer(200, line.encode())],
        "/nobody.gpg": [Answer(200, NOBODY)],
    }
    with forge(answers) as server:
        host = server.url.removeprefix("http://")
        openpgp = add(repository, "--from", f"gitea:{host}/bob")
        more = ("--from", f"gitea:{host}/bob", "--ssh")
        unnamed = run_localci(repository, "trust", "add", *more)
        add(repository, *more, "--name", "bob@example.org")
        url = add(repository, "--from", f"{server.url}/bob.gpg")
        nobody = run_localci(repository, "trust", "add", "--from", f"{server.url}/nobody.gpg")
        missing = run_localci(repository, "trust", "add", "--from", f"{server.url}/x.gpg")

    assert f"{server.url}/bob.gpg shows {bob.fingerprint}" in openpgp.output
    assert "compare the fingerprint with its owner" in openpgp.output
    assert 'accounts = ["bob"]' in policy_of(repository)
    assert unnamed.code == USAGE
    assert "says that it is bob@example.org's" in unnamed.errors
    assert 'name = "bob@example.org"\nssh = "ssh-ed25519 ' in policy_of(repository)
    assert "trusted already" in url.output
    assert nobody.code == missing.code == USAGE
    assert "there is none in it" in nobody.errors
    assert "there is nothing at" in missing.errors


@pytest.mark.parametrize("arguments", [("--ssh",), ("--fingerprint", "AB"), ("--from", "x")])
@pytest.mark.usefixtures("ada")
def test_options_that_do_not_fit_are_refused(arguments: tuple[str, ...], repository: Path) -> None:
    refused(repository, run_localci(repository, "trust", "add", *arguments), "")


def test_a_request_is_taken_as_it_was_printed(repository: Path, ada: Key, tmp_path: Path) -> None:
    asking = make_repository(tmp_path / "elsewhere")
    printed = run_localci(asking, "trust", "request", "--name", "Ada Ł", "--account", "ada")
    written = run_localci(
        asking, "trust", "request", "--name", "Ada Ł", "--account", "ada",
        "--output", str(tmp_path / "request"),
    )  # fmt: skip

    done = add(repository, "-", "--role", "maintainer", data=printed.output)

    assert printed.code == written.code == PASSED
    assert printed.errors.count("\n") == 2
    assert ada.fingerprint in printed.errors
    assert (tmp_path / "request").read_text("utf-8") == printed.output
    assert f"added Ada Ł (maintainer) with the key {ada.fingerprint}" in done.output
    assert 'accounts = ["ada"]' in policy_of(repository)


def test_an_ssh_request_is_taken_too(repository: Path, tmp_path: Path) -> None:
    asking = make_repository(tmp_path / "elsewhere")
    ssh_key(tmp_path / "id")
    git(asking, "config", "gpg.format", "ssh")
    git(asking, "config", "user.signingkey", str(tmp_path / "id.pub"))

    printed = run_localci(asking, "trust", "request")
    done = add(repository, "-", data=printed.output)

    assert printed.code == PASSED, printed.errors
    assert "added ada@example.org (developer) with the key SHA256:" in done.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[signer]]", '[[signer]]\nroles = ["maintainer"]', "roles"),
        ("[[signer]]", "[[signer]]\nnot_before = 2020-01-01", "not_before"),
        ("[[signer]]", "threshold = 1\n[[signer]]", "not one request"),
        ("[[signer]]", '[[signer]]\nname = "x"\n[[signer]]', "not one request"),
        ('fingerprint = "', 'fingerprint = "00', "another fingerprint"),
        ('name = "', 'name = ["', "not TOML"),
        ('name = "', "name = 1 # ", "not a text"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_a_request_cannot_ask_for_more(
    old: str, new: str, said: str, repository: Path, tmp_path: Path
) -> None:
    asking = make_repository(tmp_path / "elsewhere")
    text = run_localci(asking, "trust", "request").output.replace(old, new, 1)

    refused(repository, run_localci(repository, "trust", "add", "-", data=text), said)


def test_a_request_cannot_name_somebody_who_is_there(
    repository: Path, keys: Keys, ada: Key, tmp_path: Path
) -> None:
    add(repository, "-", "--name", "bob", data=keys["bob"].certificate)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "x")
    asking = make_repository(tmp_path / "elsewhere")
    text = run_localci(asking, "trust", "request", "--name", "Bob").output

    done = run_localci(repository, "trust", "add", "-", data=text)

    refused(repository, done, f"{ada.fingerprint} says that it is bob's")


def with_signers(repository: Path, keys: Keys, *names: str, head: str = POLICY) -> None:
    write_files(repository, {POLICY_FILE: head})
    for name in names:
        add(repository, "-", data=keys[name].certificate)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "x")


@pytest.mark.parametrize("by", ["name", "fingerprint"])
def test_who_is_removed_is_gone_with_the_key_file(by: str, repository: Path, keys: Keys) -> None:
    with_signers(repository, keys, "ada", "bob")
    before = policy_of(repository)
    who = {"name": "bob@example.org", "fingerprint": keys["bob"].fingerprint}[by]

    done = run_localci(repository, "trust", "remove", who)

    assert done.code == PASSED, done.errors
    assert f"removed bob@example.org with the key {keys['bob'].fingerprint}" in done.output
    assert "bob" not in policy_of(repository)
    assert before.startswith(policy_of(repository).rstrip())
    assert not (repository / ".localci/keys/bob@example.org.asc").exists()
    assert (repository / ".localci/keys/ada@example.org.asc").exists()


@pytest.mark.parametrize(
    ("head", "who", "said"),
    [
        (POLICY, "nobody", "names nobody and no key nobody"),
        (POLICY.replace("version = 1", "version = 1\nthreshold = 2"), "bob@example.org", "wants 2"),
        (POLICY.replace("version = 1", "version = 1\nauthor_alone = false"),
         "ada@example.org", "[require.tests] wants somebody besides the author"),
        (f"{POLICY}[branch.main.require.tests]\nthreshold = 2\n", "bob@example.org",
         '[branch."main".require.tests] wants 2'),
    ],
)  # fmt: skip
def test_nobody_is_removed_whom_a_rule_needs(
    head: str, who: str, said: str, repository: Path, keys: Keys
) -> None:
    with_signers(repository, keys, "ada", "bob", head=head)

    refused(repository, run_localci(repository, "trust", "remove", who), said)


def test_the_last_signer_and_the_last_maintainer_stay(repository: Path, keys: Keys) -> None:
    with_signers(repository, keys, "ada")
    refused(repository, run_localci(repository, "trust", "remove", "ada@example.org"), "nobody")
    rules = f'{POLICY}[paths.".github/**"]\nroles = ["maintainer"]\n'
    write_files(repository, {POLICY_FILE: rules})
    add(repository, "-", data=keys["ada"].certificate)
    add(repository, "-", "--role", "maintainer", data=keys["bob"].certificate)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "x")

    done = run_localci(repository, "trust", "remove", "bob@example.org")

    refused(repository, done, '[paths.".github/**"] wants a maintainer')


def test_list_warns_of_what_ends_soon(repository: Path, homes: Homes) -> None:
    unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
    what = ("Ann <ann@b.c>", "ed25519", "sign", "20d")
    gpg(homes.gnupg, *unprotected, "--quick-generate-key", *what)
    add(repository, "-", data=export_of(homes))
    soon = dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=10)
    write_files(repository, {POLICY_FILE: policy_of(repository) + f"not_after = {soon}\n"})

    done = run_localci(repository, "trust", "list")
    listed = json.loads(run_localci(repository, "trust", "list", "--json").output)

    assert done.code == PASSED
    assert done.errors.count("\n") == 2
    assert "gpg --quick-set-expire" in done.errors
    assert "localci key rotate" in done.errors
    assert "expires in" in done.output
    assert f"counts until {soon}" in done.output
    (signer,) = listed["signers"]
    assert signer["counts"] is True
    assert signer["not_after"] == str(soon)
    assert len(signer["warnings"]) == 2


def test_list_tells_programs_who_counts(repository: Path, keys: Keys, tmp_path: Path) -> None:
    with_signers(repository, keys, "ada")
    add(repository, "-", "--name", "bob", data=ssh_key(tmp_path / "id"))
    revoked = f'{policy_of(repository)}revoked = {{ at = 2026-01-01, reason = "lost" }}\n'
    write_files(repository, {POLICY_FILE: revoked})

    done = run_localci(repository, "trust", "list", "--json")

    ada, bob = json.loads(done.output)["signers"]
    assert ada == {
        "name": "ada@example.org", "kind": "openpgp", "fingerprint": keys["ada"].fingerprint,
        "roles": ["developer"], "accounts": [], "counts": True, "not_before": None,
        "not_after": None, "revoked": None, "key_expires_at": None, "key_revoked": False,
        "warnings": [],
    }  # fmt: skip
    assert (bob["kind"], bob["counts"]) == ("ssh", False)
    assert bob["revoked"] == {"at": "2026-01-01", "reason": "lost"}


@pytest.mark.parametrize(
    ("name", "said"), [("expired", "it has expired; `gpg --quick-set-"), ("revoked", "is revoked")]
)
def test_a_key_that_is_over_is_not_asked_for(
    name: str, said: str, repository: Path, keys: Keys, homes: Homes
) -> None:
    keys[name].add_to(homes.gnupg)

    refused(repository, run_localci(repository, "trust", "request"), said)
