"""The whole road with the SSH key that git signs commits with: run, sign, push, verify."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from support.attacks import attack
from support.attested import attach, make_trusted, tree_of
from support.fake_programs import path_without
from support.project import REPOSITORY, Project
from support.repositories import git
from support.ssh_keys import SshKeys, SshPair, sign_ssh, ssh_agent
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys

POLICY = ".localci/policy.toml"


def policy(*entries: str, threshold: int = 1) -> str:
    head = f'version = 1\nrepository = "{REPOSITORY}"\nthreshold = {threshold}\n'
    return head + "[require.tests]\nmax_failed = 0\n" + "".join(entries)


def ssh_entry(pair: SshPair, more: str = "") -> str:
    return f'[[signer]]\nname = "{pair.name}"\nssh = "{pair.line}"\n{more}'


def openpgp_entry(key: Key) -> str:
    return (
        f'[[signer]]\nname = "{key.name}"\nfingerprint = "{key.fingerprint}"\n'
        f'key = "keys/{key.name}.asc"\n'
    )


@pytest.fixture
def signing(ssh_keys: SshKeys) -> SshPair:
    return ssh_keys["ada"]


def make(directory: Path, signing: SshPair, rules: str, **certificates: Key) -> Project:
    """Make a project with this policy on `main`, whose git signs with that SSH key."""
    project = make_trusted(directory)
    keys = {f".localci/keys/{k.name}.asc": k.certificate for k in certificates.values()}
    project.commit({POLICY: rules, **keys}, "Policy")
    git(project.path, "push", "-q", "--no-verify", "origin", "main")
    git(project.path, "config", "gpg.format", "ssh")
    git(project.path, "config", "user.signingkey", str(signing.public_path))
    git(project.path, "switch", "-q", "-c", "feature")
    project.commit({"feature": "new"})
    return project


@pytest.fixture
def project(tmp_path: Path, signing: SshPair) -> Project:
    return make(tmp_path, signing, policy(ssh_entry(signing)))


def line_of(project: Project, name: str = "refs/notes/ci") -> bytes:
    git(project.path, "fetch", "-q", "origin", f"+{name}:refs/notes/test")
    note = git(project.path, "notes", "--ref", "refs/notes/test", "show", project.head)
    (line,) = note.splitlines()
    return line.encode("ascii")


def test_the_key_that_git_signs_with_signs_results(project: Project, signing: SshPair) -> None:
    project.install_hook()
    git(project.path, "push", "-q", "origin", "feature")

    code, found = verdict(project)

    assert (code, found["signers"]) == (PASSED, ["ada"])
    (signature,) = json.loads(line_of(project))["signatures"]
    assert signature["keyid"] == signing.key.fingerprint
    assert base64.b64decode(signature["sig"]).startswith(b"SSHSIG")
    # Mine is found again: nothing is run or signed a second time.
    git(project.path, "tag", "again")
    again = git(project.path, "ls-remote", "origin", "refs/notes/ci")
    git(project.path, "push", "-q", "origin", "again")
    assert git(project.path, "ls-remote", "origin", "refs/notes/ci") == again


def test_the_result_is_found_again_by_its_tree(project: Project) -> None:
    assert (
        project.localci("pre-push", "origin", str(project.remote), data=pushed(project)).code == 0
    )
    git(project.path, "commit", "-q", "--amend", "--no-verify", "-m", "Another message")

    done = project.localci("pre-push", "origin", str(project.remote), data=pushed(project))

    assert done.code == PASSED
    assert "has the tree of a commit that passed; signed again" in done.errors
    assert verdict(project)[0] == PASSED


def pushed(project: Project) -> str:
    return f"refs/heads/feature {project.head} refs/heads/feature {'0' * 40}\n"


def test_an_agent_signs_what_is_pushed(project: Project, signing: SshPair, tmp_path: Path) -> None:
    git(project.path, "config", "user.signingkey", f"key::{signing.line}")
    data = pushed(project)
    without = project.localci("pre-push", "origin", str(project.remote), data=data)
    assert without.code == USAGE
    assert "ssh-add" in without.errors
    assert "checking" not in without.errors, "the checks ran before the key was looked at"
    with ssh_agent(tmp_path, signing) as agent:
        done = project.localci(
            "pre-push", "origin", str(project.remote), data=data, environment=agent
        )
    assert done.code == PASSED, done.errors
    assert verdict(project)[0] == PASSED


def test_both_kinds_of_key_add_up_in_one_note(
    tmp_path: Path, signing: SshPair, keys: Keys, homes: Homes
) -> None:
    bob = keys["bob"]
    bob.add_to(homes.gnupg)
    rules = policy(ssh_entry(signing), openpgp_entry(bob), threshold=2)
    project = make(tmp_path, signing, rules, bob=bob)
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED
    code, found = verdict(project)
    assert (code, codes(found)) == (FAILED, ["not-enough-signers"])

    git(project.path, "config", "localci.signingKey", bob.fingerprint)
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED

    code, found = verdict(project)
    assert (code, sorted(found["signers"])) == (PASSED, ["ada", "bob"])


@attack("S04", expect="key-expired")
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("not_after = 2020-01-01\n", "key-expired"),
        ("not_before = 2999-01-01\n", "key-not-yet-valid"),
        ('revoked = { at = 2026-01-01, reason = "lost" }\n', "key-revoked"),
    ],
)
def test_the_policys_dates_hold_for_an_ssh_key(
    tmp_path: Path, signing: SshPair, more: str, code: str
) -> None:
    project = make(tmp_path, signing, policy(ssh_entry(signing, more)))
    assert project.localci("run", "--sign").code == PASSED

    assert project.localci("sync").code == PASSED

    found_code, found = verdict(project)
    assert found_code == FAILED
    assert code in {r["code"] for row in found["attestations"] for r in row["reasons"]}


def test_another_persons_ssh_key_is_nobodys(project: Project, ssh_keys: SshKeys) -> None:
    git(project.path, "config", "user.signingkey", str(ssh_keys["mallory"].path))
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED

    code, found = verdict(project)

    assert code == FAILED
    assert "signer-unknown" in {r["code"] for row in found["attestations"] for r in row["reasons"]}


@attack("S01", "what the same key signed for git", expect="signature-invalid")
def test_a_signature_for_git_does_not_count(project: Project, signing: SshPair) -> None:
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED
    envelope = json.loads(line_of(project))
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    for_git = sign_ssh(signing.path, signed, namespace="git")
    envelope["signatures"][0]["sig"] = base64.b64encode(for_git).decode()
    line = json.dumps(envelope).encode()
    for name in ("refs/localci/remotes/origin", "refs/notes/ci"):
        attach(project.path, {project.head: (line,), tree_of(project.path): (line,)}, name)
    git(project.path, "push", "-q", "--no-verify", "-f", "origin", "refs/notes/ci")

    code, found = verdict(project)

    assert code == FAILED
    (row,) = found["attestations"]
    assert [reason["code"] for reason in row["reasons"]] == ["signature-invalid"]


def test_without_ssh_keygen_there_is_no_verdict(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.localci("run", "--sign").code == PASSED
    assert project.localci("sync").code == PASSED
    path_without(monkeypatch, tmp_path / "bin", "ssh-keygen")

    code, found = verdict(project)

    assert code == NO_VERDICT
    assert "unavailable" in {r["code"] for row in found["attestations"] for r in row["reasons"]}


def test_an_openssh_key_of_the_environment_signs(
    project: Project, signing: SshPair, ssh_keys: SshKeys
) -> None:
    git(project.path, "config", "user.signingkey", str(ssh_keys["mallory"].path))
    held = {"CI_SIGNING_KEY": signing.path.read_text("ascii")}

    done = project.localci("run", "--sign", environment=held)

    assert done.code == PASSED, done.errors
    assert "PRIVATE KEY" not in done.output + done.errors
    assert project.localci("sync").code == PASSED
    assert verdict(project)[1]["signers"] == ["ada"]


@attack("S03", "S05", "S07", "more than a key in the policy", expect="policy-invalid")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("* {0}", "ssh"),
        ('namespaces=\\"git\\" {0}', "ssh"),
        ("cert-authority {0}", "ssh"),
        ("{0}\\n* {0}", "line end"),
    ],
)
def test_a_policy_takes_nothing_but_a_key(
    tmp_path: Path, signing: SshPair, line: str, said: str
) -> None:
    entry = f'[[signer]]\nname = "ada"\nssh = "{line.format(signing.line)}"\n'
    project = make(tmp_path, signing, policy(entry))

    code, found = verdict(project)

    assert code == USAGE
    assert codes(found) == ["policy-invalid"]
    assert said in found["reasons"][0]["message"]
