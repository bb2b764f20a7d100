"""The policy: read at the trust commit alone, strictly, and met by people, not by keys or lines."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.config.read_policy import read_policy
from localci.errors import PolicyError
from localci.formats.approval import Approval, CheckChange, encode_approval
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.object_ids import sha256_hex
from localci.formats.result import CoverageFigures, ExitFigures, Reuse, TestFigures
from localci.formats.subject import Subject
from support.attacks import ACCEPT, accepted, attack, refused, unusable
from support.attested import attach
from support.keys import sign
from support.project import CHECKS, REPOSITORY, policy_for
from support.repositories import git
from support.variants import CHECK, GONE, Entry, changed, each_refused, make_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import ResultDocument
    from support.scene import Scene

POLICY: Final = ".localci/policy.toml"
REQUIRED: Final = "[require.tests]\nmax_failed = 0\n"


def ruled(scene: Scene, head: str = "", *, names: str = "ada bob", **more: Any) -> str:
    """Return a trust commit whose policy trusts these people; `head` stands before its tables."""
    keys = [scene.keys[name] for name in names.split()]
    text = policy_for(*keys, requirements=head + more.pop("requirements", REQUIRED))
    for old, new in more.pop("replaced", {}).items():
        assert old in text
        text = text.replace(old, new)
    files = {POLICY: text, **{f".localci/keys/{key.name}.asc": key.certificate for key in keys}}
    return make_commit(scene.project.path, files | more.pop("files", {}), "main")


def with_policy(scene: Scene, text: str | bytes | Entry | None) -> str:
    """Return a trust commit whose policy is this file."""
    return make_commit(scene.project.path, {POLICY: text}, "main")


def policy_text(scene: Scene) -> str:
    return policy_for(scene.keys["ada"])


def result(scene: Scene, by: str, run: str = "", **changes: Any) -> bytes:
    """Return somebody's line for HEAD, of a run of his own."""
    document: ResultDocument = scene.document(run_id=(run or sha256_hex(by.encode()))[:32])
    return scene.line(scene.payload(document._replace(**changes)), by=by)


# Whose policy


@attack("K01", "K02", "K15", expect="signer-unknown")
@pytest.mark.parametrize(
    "change",
    ["a policy that trusts Mallory", "her key in the place of Ada's", "no policy", "no key",
     "a policy that needs no signature", "all of it moved to the other place"],
)  # fmt: skip
def test_the_change_under_test_has_no_say(scene: Scene, change: str) -> None:
    mallory = scene.keys["mallory"]
    lax = policy_text(scene).replace("version = 1", "version = 1\nrequire_signature = false")
    files: dict[str, Mapping[str, str | None]] = {
        "a policy that trusts Mallory": {
            POLICY: policy_for(mallory), ".localci/keys/mallory.asc": mallory.certificate
        },
        "her key in the place of Ada's": {".localci/keys/ada.asc": mallory.certificate},
        "no policy": {POLICY: None},
        "no key": {".localci/keys/ada.asc": None},
        "a policy that needs no signature": {POLICY: lax},
        "all of it moved to the other place": {
            POLICY: None, ".localci/keys/ada.asc": None,
            ".github/ci-public-key.asc": mallory.certificate,
            "policy.toml": policy_for(mallory), ".github/policy.toml": policy_for(mallory),
        },
    }  # fmt: skip
    head = make_commit(scene.project.path, files[change], "main")
    line = scene.line(scene.payload(scene.document(revision=head)), by="mallory")
    each_refused(scene, {"hers": line}, "signer-unknown", on=head)


@attack(
    "K01", "K15", "a policy spoilt or deleted in the change, by one who is trusted", expect=ACCEPT
)
@pytest.mark.parametrize("text", [None, "", "rubbish = [", "version = 9\n"], ids=repr)
def test_the_policy_of_the_change_is_not_even_read(scene: Scene, text: str | None) -> None:
    head = make_commit(scene.project.path, {POLICY: text}, "main")
    scene.hang(scene.line(scene.payload(scene.document(revision=head))), on=head)
    accepted(scene.project, head)


@attack("K04", "a policy that is no regular file", expect="exit 2")
@pytest.mark.parametrize(
    "entry",
    [Entry("120000", b"../policy.toml"), Entry("120000", b"policy-2.toml"),
     Entry("160000", b"1" * 40), None],
    ids=["a link out of here", "a link", "a submodule", "a directory"],
)  # fmt: skip
def test_a_policy_is_a_regular_file(scene: Scene, entry: Entry | None) -> None:
    text = policy_text(scene)
    files: dict[str, str | Entry | None] = {
        "policy.toml": text, ".localci/policy-2.toml": text, POLICY: entry
    }  # fmt: skip
    if entry is None:
        files[f"{POLICY}/policy.toml"] = text
    trust = make_commit(scene.project.path, files, "main")
    scene.hang(scene.line())
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("K04", "a directory of the policy that is a link or a submodule", expect="policy-missing")
@pytest.mark.parametrize("mode", ["120000", "160000", "100644"])
def test_the_policys_directory_is_a_directory(scene: Scene, mode: str) -> None:
    files: dict[str, str | Entry | None] = {
        POLICY: None, ".localci/keys/ada.asc": None, "real/policy.toml": policy_text(scene)
    }  # fmt: skip
    emptied = make_commit(scene.project.path, files, "main")
    content = b"1" * 40 if mode == "160000" else b"real"
    trust = make_commit(scene.project.path, {".localci": Entry(mode, content)}, emptied)
    scene.hang(scene.line())
    unusable(scene.project, "policy-missing", "--trust-ref", trust)


@attack(
    "K04",
    "a key that is a link, a submodule, a pointer, another key, two keys",
    expect="policy-invalid",
)
def test_a_key_file_holds_the_one_certificate(scene: Scene) -> None:
    ada, bob = scene.keys["ada"], scene.keys["bob"]
    contents: dict[str, str | Entry | None] = {
        "missing": None,
        "empty": "",
        "a link": Entry("120000", b"bob.asc"),
        "a submodule": Entry("160000", b"1" * 40),
        "an LFS pointer": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\n",
        "somebody else's": bob.certificate,
        "two": ada.certificate + bob.certificate,
        "the same twice": ada.certificate * 2,
        "a secret key": ada.secret,
        "cut": ada.certificate[:200],
        "rubbish": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nrubbish\n",
    }
    scene.hang(scene.line())
    for content in contents.values():
        files = {".localci/keys/bob.asc": bob.certificate, ".localci/keys/ada.asc": content}
        trust = make_commit(scene.project.path, files, "main")
        unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("K04", "a policy that is executable, which is a regular file", expect=ACCEPT)
def test_an_executable_policy_is_a_policy(scene: Scene) -> None:
    trust = with_policy(scene, Entry("100755", policy_text(scene).encode()))
    scene.hang(scene.line())
    accepted(scene.project, "--trust-ref", trust)


@attack("K05", expect="policy-missing")
@pytest.mark.parametrize("trust", ["no policy", "zeros"])
def test_without_a_policy_nothing_is_accepted(scene: Scene, trust: str) -> None:
    commit = with_policy(scene, None) if trust == "no policy" else "0" * 40
    scene.hang(scene.line())
    unusable(scene.project, "policy-missing", "--trust-ref", commit)


@attack("K05", "the first policy, by its pinned digest", expect=ACCEPT)
@pytest.mark.parametrize("trust", ["no policy", "zeros"])
def test_a_first_policy_is_taken_by_its_digest(scene: Scene, trust: str) -> None:
    commit = with_policy(scene, None) if trust == "no policy" else "0" * 40
    digest = sha256_hex(git(scene.project.path, "show", f"HEAD:{POLICY}").encode() + b"\n")
    scene.hang(scene.line())
    accepted(scene.project, "--trust-ref", commit, "--policy-digest", digest)
    accepted(scene.project, "--trust-ref", commit, "--policy-digest", digest.upper())


@attack("K05", "a first policy other than the pinned one", expect="exit 2")
def test_a_first_policy_is_the_pinned_one_or_none(scene: Scene) -> None:
    path = scene.project.path
    digest = sha256_hex(git(path, "show", f"HEAD:{POLICY}").encode() + b"\n")
    mallory = scene.keys["mallory"]
    head = make_commit(path, {
        POLICY: policy_for(mallory), ".localci/keys/mallory.asc": mallory.certificate
    }, "main")  # fmt: skip
    scene.hang(scene.line(scene.payload(scene.document(revision=head)), by="mallory"), on=head)
    question = (head, "--trust-ref", "0" * 40, "--policy-digest")
    unusable(scene.project, "policy-invalid", *question, digest)
    for wrong in (digest[:-1], digest[:12], f"sha256:{digest}", f"{digest} ", "0" * 64, "*"):
        done = scene.project.localci("verify", *question, wrong)
        assert done.code == 2
    unusable(scene.project, "policy-missing", *question[:-1])


@attack("K05", "a pinned digest where there is a policy to judge by", expect="signer-unknown")
def test_a_digest_gives_the_change_no_say_where_there_is_a_policy(scene: Scene) -> None:
    path, mallory = scene.project.path, scene.keys["mallory"]
    head = make_commit(path, {
        POLICY: policy_for(mallory), ".localci/keys/mallory.asc": mallory.certificate
    }, "main")  # fmt: skip
    digest = sha256_hex(policy_for(mallory).encode())
    scene.hang(scene.line(scene.payload(scene.document(revision=head)), by="mallory"), on=head)
    refused(scene.project, "signer-unknown", head, "--policy-digest", digest)


# What is written in it


def spoilt(text: str) -> dict[str, str | bytes]:
    """Return policies with one mistake each."""
    deep = "x = " + "[" * 5_000 + "]" * 5_000 + "\n"
    return {
        "empty": "",
        "no TOML": "version = 1\n[",
        "not UTF-8": text.encode() + b"# \xff\n",
        "a NUL": text.encode() + b"\0",
        "deep": deep + text,
        "huge": text + "#" * 2**20,
        "a key twice": "version = 1\n" + text,
        "a table twice": text + REQUIRED,
        "no version": text.replace("version = 1\n", ""),
        "version 2": text.replace("version = 1", "version = 2"),
        "version in words": text.replace("version = 1", 'version = "1"'),
        "version true": text.replace("version = 1", "version = true"),
        "version 1.0": text.replace("version = 1", "version = 1.0"),
        "no repository": text.replace(f'repository = "{REPOSITORY}"', ""),
        "an empty repository": text.replace(f'"{REPOSITORY}"', '""'),
        "an empty list": text.replace(f'"{REPOSITORY}"', "[]"),
        "a repository that is a number": text.replace(f'"{REPOSITORY}"', "1"),
        "no requirement": text.replace(REQUIRED, ""),
        "an empty requirement": text.replace(REQUIRED, "[require]\n"),
        "a requirement that is none": text.replace(REQUIRED, "require = true\n"),
        "a requirement of no check": text.replace("[require.tests]", '[require."te sts"]'),
        "no max_age": text.replace('"30d"', '"0d"'),
        "an age in words": text.replace('"30d"', '"a month"'),
        "an age below zero": text.replace('"30d"', "-1"),
        "another binding": text.replace("version = 1", 'version = 1\nbinding = "none"'),
        "another base": text.replace("version = 1", 'version = 1\nchecks_from = "HEAD"'),
        "another reuse": text.replace("version = 1", 'version = 1\nreuse = "all"'),
        "another hosted": text.replace("version = 1", "version = 1\nhosted = true"),
        "no boolean": text.replace("version = 1", 'version = 1\nrequire_signature = "false"'),
        "zero for false": text.replace("version = 1", "version = 1\nrequire_signature = 0"),
        "a role that is none": text + 'roles = ["owner"]\n',
        "no role": text + "roles = []\n",
        "a role in words": text + 'roles = "maintainer"\n',
        "a date in words": text + 'not_after = "2099-01-01"\n',
        "a time for a date": text + "not_after = 2099-01-01T00:00:00Z\n",
        "a revocation without a day": text + 'revoked = { reason = "lost" }\n',
        "revoked by a word": text + "revoked = true\n",
        "a signer without a name": text.replace('name = "ada@example.org"\n', ""),
        "a signer of blanks": text.replace('"ada@example.org"', '"  "'),
        "the name of the forge's runs": text.replace('"ada@example.org"', '"hosted"'),
        "signers that are none": text.replace("[[signer]]", "[signer]"),
        "a path that leads out": text + '[paths."../x"]\nroles = ["maintainer"]\n',
        "a path without roles": text + '[paths."x/**"]\n',
    }


def fault_of(scene: Scene, text: str | bytes) -> str:
    """Return the code under which a policy is refused, empty for one that can be used.

    Straight from the reader: what a verdict makes of a refusal is the same for all of them.
    """
    data = text.encode() if isinstance(text, str) else text
    certificate = scene.keys["ada"].certificate.encode()
    try:
        read_policy({POLICY: data, ".localci/keys/ada.asc": certificate}.get)
    except PolicyError as error:
        return error.code
    return ""


@attack("a policy with a mistake in it", expect="policy-invalid")
def test_a_policy_with_a_mistake_is_no_policy(scene: Scene) -> None:
    assert fault_of(scene, policy_text(scene)) == ""
    faults = {what: fault_of(scene, text) for what, text in spoilt(policy_text(scene)).items()}
    assert {what: code for what, code in faults.items() if code != "policy-invalid"} == {}


@attack("a policy that is empty, huge, deep or no text", expect="policy-invalid")
@pytest.mark.parametrize("what", ["empty", "not UTF-8", "a NUL", "deep", "huge", "no TOML"])
def test_a_policy_that_cannot_be_read_is_no_policy(scene: Scene, what: str) -> None:
    scene.hang(scene.line())
    trust = with_policy(scene, spoilt(policy_text(scene))[what])
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("K06", expect="policy-invalid")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("max_age", "maxage"), ("max_failed", "max_failled"), ("version = 1", "version = 1\nx = 1"),
        ("version = 1", "version = 1\nrequire_signatures = true"), ("fingerprint", "Fingerprint"),
        ("version = 1", "version = 1\ntreshold = 2"), ("[require.tests]", "[requires.tests]"),
        ("version = 1", "version = 1\nauthor-alone = false"), ("[[signer]]", "[[signers]]"),
        ("key =", "keyfile ="), ("name =", "role = 'maintainer'\nname ="),
        ("[[signer]]", "[path.'x']\nroles = ['maintainer']\n[[signer]]"),
        ("[[signer]]", "[paths.'x']\nrole = ['maintainer']\n[[signer]]"),
        ("[[signer]]", "[branch.main.requires.tests]\nmin_total = 1\n[[signer]]"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_never_passed_over(scene: Scene, right: str, wrong: str) -> None:
    text = policy_text(scene)
    assert right in text
    trust = with_policy(scene, text.replace(right, wrong, 1))
    scene.hang(scene.line())
    found = unusable(scene.project, "policy-invalid", "--trust-ref", trust)
    assert POLICY in found["reasons"][0]["message"]


@attack("K07", expect="policy-invalid")
@pytest.mark.parametrize(
    "value", ["0", "-1", '"2"', "1.5", "1.0", "true", "[1]", "{}", '"all"', "nan"]
)
def test_a_threshold_is_a_count_of_people(scene: Scene, value: str) -> None:
    scene.hang(scene.line())
    trust = ruled(scene, f"threshold = {value}\n")
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)
    trust = ruled(scene, requirements=f"{REQUIRED}threshold = {value}\n")
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("K13", expect=ACCEPT)
@pytest.mark.parametrize("spell", ["capitals", "blanks", "both"])
def test_a_fingerprint_may_be_written_as_gpg_prints_it(scene: Scene, spell: str) -> None:
    fingerprint = scene.keys["ada"].fingerprint
    shown = fingerprint.upper() if spell != "blanks" else fingerprint
    if spell != "capitals":
        shown = "  ".join(" ".join(shown[i : i + 4] for i in range(s, s + 20, 4)) for s in (0, 20))
    trust = with_policy(scene, policy_text(scene).replace(fingerprint, shown))
    scene.hang(scene.line())
    accepted(scene.project, "--trust-ref", trust)


@attack("K13", "a fingerprint that is cut, decorated, or another key's", expect="policy-invalid")
def test_a_fingerprint_is_whole(scene: Scene) -> None:
    ada = scene.keys["ada"].fingerprint
    for other in (
        ada[-16:], ada[-8:], ada[:-1], f"{ada}0", f"0x{ada}", f"{ada}!", f"{ada[:20]}-{ada[20:]}",
        ada + "0" * 24, scene.keys["bob"].fingerprint, "", f"{ada},{scene.keys['bob'].fingerprint}",
        ada.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}), f"{ada[:39]}g",
        f"{ada}\\n", "SHA256:" + "A" * 43,
    ):  # fmt: skip
        assert fault_of(scene, policy_text(scene).replace(ada, other)) == "policy-invalid", other
    short = policy_text(scene).replace(ada, ada[-16:])
    scene.hang(scene.line())
    unusable(scene.project, "policy-invalid", "--trust-ref", with_policy(scene, short))


@attack("one key under two names, or twice under one", expect="policy-invalid")
@pytest.mark.parametrize("name", ["eve@example.org", "ada@example.org"])
def test_a_key_is_one_entry(scene: Scene, name: str) -> None:
    text = policy_text(scene)
    entry = text[text.index("[[signer]]") :]
    trust = with_policy(scene, text + entry.replace("ada@example.org", name))
    scene.hang(scene.line())
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("unsigned results where a rule asks for people", expect="policy-invalid")
@pytest.mark.parametrize(
    "rule",
    ["threshold = 2", 'roles = ["maintainer"]', "author_alone = false",
     "[require.tests]\nthreshold = 2", '[require.tests]\nroles = ["runner"]',
     '[paths."x"]\nroles = ["maintainer"]\n[require.tests]',
     '[branch."x".require.tests]\nthreshold = 2\n[require.tests]'],
)  # fmt: skip
def test_rules_about_people_need_signatures(scene: Scene, rule: str) -> None:
    requirements = rule if "[require.tests]" in rule else f"{rule}\n[require.tests]"
    head = "require_signature = false\n"
    trust = ruled(scene, head, requirements=f"{requirements}\n")
    scene.hang(scene.line())
    unusable(scene.project, "policy-invalid", "--trust-ref", trust)


@attack("a stranger's envelope, where results need no signature", expect="signer-unknown")
def test_a_strangers_signature_is_not_worth_none(scene: Scene) -> None:
    trust = ruled(scene, "require_signature = false\n", names="ada")
    lines = {"a stranger's": scene.line(by="mallory")}
    each_refused(scene, lines, "signer-unknown", "--trust-ref", trust)


# Whom it trusts, and when


def days(number: int) -> str:
    return (dt.datetime.now(dt.timezone.utc).date() + dt.timedelta(days=number)).isoformat()


@attack("a key outside of the policy's days, or revoked by it", expect="exit 1")
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("not_before = {tomorrow}", "key-not-yet-valid"),
        ("not_after = {today}", "key-expired"),
        ("not_after = {yesterday}", "key-expired"),
        ("not_before = {tomorrow}\nnot_after = {yesterday}", "key-not-yet-valid"),
        ("revoked = {{ at = {today} }}", "key-revoked"),
        # All that it ever signed: whoever has the key can set the date.
        ("revoked = {{ at = {tomorrow}, reason = 'laptop stolen' }}", "key-revoked"),
    ],
)
def test_a_key_counts_in_its_days_only(scene: Scene, entry: str, code: str) -> None:
    written = entry.format(today=days(0), tomorrow=days(1), yesterday=days(-1))
    trust = with_policy(scene, f"{policy_text(scene)}{written}\n")
    scene.hang(scene.line())
    refused(scene.project, code, "--trust-ref", trust)


@attack("a key within the policy's days", expect=ACCEPT)
def test_a_key_counts_in_its_days(scene: Scene) -> None:
    written = f"not_before = {days(0)}\nnot_after = {days(1)}\n"
    trust = with_policy(scene, policy_text(scene) + written)
    scene.hang(scene.line())
    accepted(scene.project, "--trust-ref", trust)


@attack("a signer whose role does not count", expect="not-enough-signers")
@pytest.mark.parametrize(
    ("roles", "wanted"),
    [("auditor", ""), ("developer", "maintainer"), ("runner", "maintainer"),
     ("auditor", "auditor"), ("maintainer", "runner")],
)  # fmt: skip
def test_only_the_wanted_roles_count(scene: Scene, roles: str, wanted: str) -> None:
    requirement = f'{REQUIRED}roles = ["{wanted}"]\n' if wanted else REQUIRED
    trust = ruled(
        scene, names="ada", requirements=requirement,
        replaced={'name = "ada@': f'roles = ["{roles}"]\nname = "ada@'},
    )  # fmt: skip
    scene.hang(scene.line())
    refused(scene.project, "not-enough-signers", "--trust-ref", trust)


# How many


@attack("K09", expect="not-enough-signers")
def test_one_person_with_two_keys_is_one_person(scene: Scene) -> None:
    trust = ruled(scene, "threshold = 2\n", replaced={"bob@example.org": "ada@example.org"})
    scene.hang(result(scene, "ada"), result(scene, "bob"))
    found = refused(scene.project, "not-enough-signers", "--trust-ref", trust)
    assert {line["signer"] for line in found["attestations"]} == {"ada@example.org"}


def signed_by_both(scene: Scene, payload: bytes) -> bytes:
    """Return one envelope with two people's signatures."""
    fingerprints = [scene.keys[name].fingerprint for name in ("ada", "bob")]
    data = pae(PAYLOAD_TYPE, payload)
    signatures = tuple(Signature(f, sign(scene.home, f, data)) for f in fingerprints)
    return encode_envelope(Envelope(payload, PAYLOAD_TYPE, signatures))


@attack("K09", "one run for two people, in every disguise", expect="not-enough-signers")
@pytest.mark.parametrize(
    "how",
    ["alone", "two runs of one", "one line twice", "one run signed by both",
     "two signatures on one envelope", "one of two failed", "one of two by a stranger",
     "one of two by an auditor", "one of two about another tree", "one of two reused"],
)  # fmt: skip
def test_a_threshold_counts_people_with_runs_of_their_own(scene: Scene, how: str) -> None:
    ada, bob = result(scene, "ada"), result(scene, "bob")
    failed = {"tests": scene.check(passed=False, figures=TestFigures(2, 1, 0))}
    origin = Reuse(scene.head, scene.tree, scene.keys["ada"].fingerprint, sha256_hex(b"x"))
    reused = {"tests": scene.check(reused_from=origin)}
    auditor = {'name = "bob@': 'roles = ["auditor"]\nname = "bob@'}
    lines = {
        "alone": [ada],
        "two runs of one": [ada, result(scene, "ada", "a" * 32)],
        "one line twice": [ada, ada + b" ", b" " + ada],
        "one run signed by both": [result(scene, "ada", "a" * 32), result(scene, "bob", "a" * 32)],
        "two signatures on one envelope": [signed_by_both(scene, scene.payload())],
        "one of two failed": [ada, result(scene, "bob", checks=failed)],
        "one of two by a stranger": [ada, result(scene, "mallory")],
        "one of two by an auditor": [ada, bob],
        "one of two about another tree": [ada, result(scene, "bob", tree="1" * 40)],
        "one of two reused": [ada, result(scene, "bob", checks=reused)],
    }[how]
    replaced = auditor if how.endswith("auditor") else {}
    trust = ruled(scene, "threshold = 2\n", replaced=replaced)
    scene.hang(*lines)
    refused(scene.project, "not-enough-signers", "--trust-ref", trust)


@attack("two people with a run each", expect=ACCEPT)
@pytest.mark.parametrize("where", ["the policy", "the requirement", "the branch"])
def test_two_people_meet_a_threshold_of_two(scene: Scene, where: str) -> None:
    trust = {
        "the policy": lambda: ruled(scene, "threshold = 2\n"),
        "the requirement": lambda: ruled(scene, requirements=f"{REQUIRED}threshold = 2\n"),
        "the branch": lambda: ruled(
            scene, requirements=f'{REQUIRED}[branch."main".require.tests]\nthreshold = 2\n'
        ),
    }[where]()
    target = ("--trust-ref", trust, "--target", "main")
    scene.hang(b"garbage", result(scene, "bob"), result(scene, "mallory"), result(scene, "ada"))
    found = accepted(scene.project, *target)
    assert found["signers"] == ["ada@example.org", "bob@example.org"]
    scene.hang(result(scene, "bob"))
    refused(scene.project, "not-enough-signers", *target)


@attack("a target in other words, to get round a branch's rule", expect="not-enough-signers")
@pytest.mark.parametrize("target", ["release/1", "refs/heads/release/1", "release/a/b", "release/"])
def test_a_target_is_one_branch_however_it_is_named(scene: Scene, target: str) -> None:
    rule = f'{REQUIRED}[branch."release/**".require.tests]\nthreshold = 2\n'
    trust = ruled(scene, requirements=rule)
    scene.hang(result(scene, "ada"))
    arguments = ("--trust-ref", trust, "--target")
    refused(scene.project, "not-enough-signers", *arguments, target)
    accepted(scene.project, *arguments, "main")


@attack("a branch's rule, and nobody says which branch", expect="exit 2")
def test_rules_by_branch_need_a_target(scene: Scene) -> None:
    rule = f'{REQUIRED}[branch."main".require.tests]\nthreshold = 2\n'
    scene.hang(result(scene, "ada"))
    done = scene.project.localci("verify", "--trust-ref", ruled(scene, requirements=rule))
    assert (done.code, done.output) == (2, "")


# Not the author alone


ACCOUNT: Final = {'name = "ada@': 'accounts = ["AdaL", "ada-on-gitlab"]\nname = "ada@'}


@attack("K10", expect="not-enough-signers")
@pytest.mark.parametrize(
    "authors",
    [["ada@example.org"], ["AdaL"], ["adal"], ["ADA@EXAMPLE.ORG"], ["ada-on-gitlab"], [],
     ["bob@example.org", "AdaL"], ["mallory", "AdaL"]],
    ids=lambda names: " and ".join(names) or "nobody said",
)  # fmt: skip
def test_an_author_is_not_enough_for_his_own_change(scene: Scene, authors: list[str]) -> None:
    trust = ruled(scene, "author_alone = false\n", replaced=ACCOUNT)
    named = [word for author in authors for word in ("--author", author)]
    scene.hang(result(scene, "ada"))
    refused(scene.project, "not-enough-signers", "--trust-ref", trust, *named)


@attack("K10", "the author's second key, or both of his runs", expect="not-enough-signers")
def test_an_authors_other_key_is_the_authors(scene: Scene) -> None:
    replaced = {"bob@example.org": "ada@example.org"}
    trust = ruled(scene, "author_alone = false\n", replaced=replaced)
    scene.hang(result(scene, "ada"), result(scene, "bob"))
    question = ("--trust-ref", trust, "--author", "ada@example.org")
    refused(scene.project, "not-enough-signers", *question)


@attack("K10", "a result by somebody besides the author", expect=ACCEPT)
@pytest.mark.parametrize("author", ["bob@example.org", "Bob@Example.org"])
def test_somebody_else_than_the_author_is_enough(scene: Scene, author: str) -> None:
    trust = ruled(scene, "author_alone = false\n", replaced=ACCOUNT)
    question = ("--trust-ref", trust, "--author", author)
    scene.hang(result(scene, "ada"))
    accepted(scene.project, *question)
    scene.hang(result(scene, "bob"))
    refused(scene.project, "not-enough-signers", *question)
    scene.hang(result(scene, "bob"), result(scene, "ada"))
    accepted(scene.project, *question)


# Protected paths, changed checks, and who may consent


PROTECTED: Final = f'{REQUIRED}[paths.".github/**"]\nroles = ["maintainer"]\n'
MAINTAINER: Final = {'name = "bob@': 'roles = ["maintainer"]\nname = "bob@'}


def entries_digest(scene: Scene, commit: str, directory: str) -> str:
    """Return the digest of a directory's entries, by what git itself lists."""
    listed = git(scene.project.path, "ls-tree", "-r", "-z", commit, "--", f"{directory}/")
    rows = [row.partition("\t") for row in listed.split("\0")[:-1]]
    entries = sorted(f"{left.split()[0]} {left.split()[2]} {path}\0" for left, _, path in rows)
    return sha256_hex("".join(entries).encode())


def defined(scene: Scene, commit: str) -> str:
    """Return the definition of `tests` in a commit."""
    found: str = scene.document(revision=commit).checks["tests"].definition
    return found


def approval(scene: Scene, head: str, trust: str, **changes: Any) -> bytes:
    """Return the payload of an approval of all that `head` changes."""
    tree = git(scene.project.path, "rev-parse", f"{head}^{{tree}}")
    approved = Approval(
        Subject(head, tree, REPOSITORY),
        trust,
        int(time.time()) - 5,
        {".github/**": entries_digest(scene, trust, ".github")},
        {"tests": CheckChange(defined(scene, trust), defined(scene, head))},
    )
    return encode_approval(approved._replace(**changes))


def protected_change(scene: Scene, head: str = "") -> tuple[str, str]:
    """Return a change of a protected path and of a check, and its trust commit; Bob maintains."""
    trust = ruled(
        scene, head, requirements=PROTECTED, replaced=MAINTAINER | ACCOUNT,
        files={".github/ci.yml": "on: push\n"},
    )  # fmt: skip
    changes = {".github/ci.yml": "on: []\n", "localci.toml": CHECKS.replace("sh ", "sh -e ")}
    return make_commit(scene.project.path, changes, trust), trust


@attack("K11", expect="protected-path")
@pytest.mark.parametrize(
    "change", ["edited", "added", "deleted", "another mode", "a submodule", "a link"]
)
@pytest.mark.parametrize("by", ["ada", "bob"])
def test_a_protected_path_stays_as_it_is(scene: Scene, change: str, by: str) -> None:
    path = scene.project.path
    trust = ruled(
        scene, requirements=PROTECTED, replaced=MAINTAINER, files={".github/ci.yml": "on: push\n"}
    )
    changes: dict[str, dict[str, str | Entry | None]] = {
        "edited": {".github/ci.yml": "on: pull_request_target\n"},
        "added": {".github/workflows/x/y.yml": "on: push\n"},
        "deleted": {".github/ci.yml": None},
        "another mode": {".github/ci.yml": Entry("100755", b"on: push\n")},
        "a submodule": {".github/ci.yml": Entry("160000", b"1" * 40)},
        "a link": {".github/ci.yml": Entry("120000", b"../ci.yml")},
    }
    head = make_commit(path, changes[change], trust)
    # A result is never consent, whoever signed it.
    scene.hang(scene.line(scene.payload(scene.document(revision=head)), by=by), on=head)
    refused(scene.project, "protected-path", head, "--trust-ref", trust)


@attack("K11", "a change beside the protected path", expect=ACCEPT)
def test_a_path_beside_the_protected_one_is_free(scene: Scene) -> None:
    files = {".github/ci.yml": "on: push\n"}
    trust = ruled(scene, requirements=PROTECTED, replaced=MAINTAINER, files=files)
    free = {"src/.github/ci.yml": "x", ".github2/ci.yml": "x", "feature": "new"}
    head = make_commit(scene.project.path, free, trust)
    scene.hang(scene.line(scene.payload(scene.document(revision=head))), on=head)
    accepted(scene.project, head, "--trust-ref", trust)


@attack("K11", "a twin of the protected path in other letters", expect="protected-path")
@pytest.mark.parametrize(
    "twin", [".GitHub/ci.yml", ".GITHUB/workflows/x.yml", ".github/\u212a.yml"]
)
def test_a_twin_of_a_protected_path_is_protected(scene: Scene, twin: str) -> None:
    trust = ruled(scene, requirements=PROTECTED, replaced=MAINTAINER)
    head = make_commit(scene.project.path, {twin: "on: push\n"}, trust)
    scene.hang(scene.line(scene.payload(scene.document(revision=head))), on=head)
    refused(scene.project, "protected-path", head, "--trust-ref", trust)


@attack("an approval by one who may", expect=ACCEPT)
def test_a_maintainers_approval_lifts_what_it_names(scene: Scene) -> None:
    head, trust = protected_change(scene)
    made = scene.line(scene.payload(scene.document(revision=head)))
    consent = scene.line(approval(scene, head, trust), by="bob")
    question = (head, "--trust-ref", trust)
    for lines in ([made, consent], [consent, b"garbage", made]):
        scene.hang(*lines, on=head)
        accepted(scene.project, *question)
    scene.hang(made, on=head)
    found = refused(scene.project, "protected-path", *question)
    assert "checks-changed" in {reason["code"] for reason in found["reasons"]}
    scene.hang(consent, on=head)
    refused(scene.project, "check-missing", *question)


@attack("K11", "consent by one who may not, or to something else", expect="protected-path")
@pytest.mark.parametrize(
    "how",
    ["by a developer", "by a stranger", "by nobody", "a keyid is no signature", "for another tree",
     "for another commit's entries", "for another pattern", "for nothing", "in a result",
     "of another type", "of another repository", "from the future"],
)  # fmt: skip
def test_only_this_consent_by_a_maintainer_counts(scene: Scene, how: str) -> None:
    head, trust = protected_change(scene)
    good = approval(scene, head, trust)
    result_type = "https://in-toto.io/attestation/test-result/v0.1"
    other_tree = approval(scene, scene.head, trust)
    line = {
        "by a developer": lambda: scene.line(good),
        "by a stranger": lambda: scene.line(good, by="mallory"),
        "by nobody": lambda: good,
        "a keyid is no signature": lambda: scene.line(
            good, by="mallory", keyid=scene.keys["bob"].fingerprint
        ),
        "for another tree": lambda: scene.line(other_tree, by="bob"),
        "for another commit's entries": lambda: scene.line(
            approval(scene, head, trust, paths={".github/**": sha256_hex(b"")}), by="bob"
        ),
        "for another pattern": lambda: scene.line(
            approval(scene, head, trust, paths={"**": entries_digest(scene, trust, ".github")}),
            by="bob",
        ),
        "for nothing": lambda: scene.line(approval(scene, head, trust, paths={}), by="bob"),
        "in a result": lambda: scene.line(
            changed(
                scene.payload(scene.document(revision=head, run_id="b" * 32)),
                {"predicate/approval": {"paths": {".github/**": "x"}}},
            ),
            by="bob",
        ),
        "of another type": lambda: scene.line(
            changed(good, {"predicateType": result_type}), by="bob"
        ),
        "of another repository": lambda: scene.line(
            changed(good, {"subject/0/uri": "git+https://example.org/mallory/app"}), by="bob"
        ),
        "from the future": lambda: scene.line(
            approval(scene, head, trust, approved_at=int(time.time()) + 3_600), by="bob"
        ),
    }[how]()
    scene.hang(scene.line(scene.payload(scene.document(revision=head))), line, on=head)
    refused(scene.project, "protected-path", head, "--trust-ref", trust)


@attack("an approval by the change's own author, where he is not enough", expect="protected-path")
def test_an_author_does_not_approve_of_his_own_change(scene: Scene) -> None:
    head, trust = protected_change(scene, "author_alone = false\n")
    made = scene.line(scene.payload(scene.document(revision=head)))
    scene.hang(made, scene.line(approval(scene, head, trust), by="bob"), on=head)
    question = (head, "--trust-ref", trust, "--author")
    refused(scene.project, "protected-path", *question, "bob@example.org")


@attack("an approval whose form is another one", expect="schema-invalid")
def test_an_approval_has_one_form(scene: Scene) -> None:
    head, trust = protected_change(scene)
    good = approval(scene, head, trust)
    places = {
        "predicate": [None, [], "yes", GONE],
        "predicate/version": ["1.1", 1, None, GONE],
        "predicate/base_commit": ["", "HEAD", trust[:12], trust.upper(), None, GONE],
        "predicate/timestamp": ["now", None, 0, GONE],
        "predicate/paths": [None, ["*"], "*", {".github/**": "*"}, {".github/**": None}, GONE],
        "predicate/checks": [None, ["tests"], {"tests": True}, {"te sts": {}}, GONE],
        "subject": [[], None],
    }
    payloads = {
        f"{place} {value!r}": changed(good, {place: value})
        for place, values in places.items()
        for value in values
    }
    each_refused(
        scene, payloads, "schema-invalid", "--trust-ref", trust, on=head,
        how=lambda payload: scene.line(payload, by="bob"),
    )  # fmt: skip


@attack("consent to another change of a check", expect="checks-changed")
@pytest.mark.parametrize("how", ["by a developer", "another change", "another base", "no check"])
def test_a_changed_check_is_approved_as_it_is(scene: Scene, how: str) -> None:
    head, trust = protected_change(scene)
    base, new = defined(scene, trust), defined(scene, head)
    assert base != new
    other = "1:" + "0" * 64
    checks = {
        "by a developer": {"tests": CheckChange(base, new)},
        "another change": {"tests": CheckChange(base, other)},
        "another base": {"tests": CheckChange(other, new)},
        "no check": {},
    }[how]
    by = "ada" if how == "by a developer" else "bob"
    consent = scene.line(approval(scene, head, trust, checks=checks), by=by)
    scene.hang(scene.line(scene.payload(scene.document(revision=head))), consent, on=head)
    refused(scene.project, "checks-changed", head, "--trust-ref", trust)


# Ratchets, isolation


COVERAGE: Final = """\
version = 1
[checks.coverage]
run = "true"
report = "coverage:coverage.json"
"""


@attack("a drop against the base, and a base without a result", expect="threshold-not-met")
def test_a_ratchet_holds_against_the_bases_own_result(scene: Scene) -> None:
    requirement = "[require.coverage]\nmax_drop = 1.0\n"
    trust = ruled(scene, requirements=requirement, files={"localci.toml": COVERAGE})
    head = make_commit(scene.project.path, {"feature": "new"}, trust)
    tables = find_configuration({"localci.toml": COVERAGE.encode()}.get).tables
    covering = definition(tables, "coverage")

    def covered(commit: str, percentage: float, by: str = "ada") -> bytes:
        check = scene.check(figures=CoverageFigures(percentage), definition=covering)
        document = scene.document(
            commit=commit,
            tree=git(scene.project.path, "rev-parse", f"{commit}^{{tree}}"),
            checks={"coverage": check},
        )
        return scene.line(scene.payload(document), by=by)

    def hang(at_base: list[bytes], at_head: bytes) -> None:
        attach(scene.project.path, {trust: tuple(at_base), head: (at_head,)})

    question = (head, "--trust-ref", trust)
    hang([covered(trust, 90.0)], covered(head, 89.0))
    accepted(scene.project, *question)
    hang([covered(trust, 90.0)], covered(head, 88.99))
    refused(scene.project, "threshold-not-met", *question)
    # Of several the lowest holds: were it the highest, losing a line could turn no into yes.
    hang([covered(trust, 90.0), covered(trust, 80.0)], covered(head, 79.0))
    accepted(scene.project, *question)
    for at_base in ([], [covered(trust, 10.0, "mallory")], [covered(head, 10.0)], [b"garbage"]):
        hang(at_base, covered(head, 100.0))
        refused(scene.project, "threshold-not-met", *question)


@attack("a run that was not held apart, where that is asked for", expect="threshold-not-met")
def test_isolation_is_stated_in_just_these_words(scene: Scene) -> None:
    trust = ruled(scene, "require_isolation = true\n", names="ada")
    good = scene.payload()
    place = "predicate/localci/environment"
    values: list[Any] = [
        "none",
        "auto",
        "NAMESPACES",
        "namespaces ",
        True,
        None,
        ["namespaces"],
        "",
    ]
    payloads = {repr(v): changed(good, {place: {"isolation": v}}) for v in values}
    payloads["nothing"] = good
    payloads["elsewhere"] = changed(good, {f"{CHECK}/isolation": "namespaces"})
    each_refused(scene, payloads, "threshold-not-met", "--trust-ref", trust, how=scene.line)
    scene.hang(scene.line(changed(good, {place: {"isolation": "namespaces"}})))
    accepted(scene.project, "--trust-ref", trust)


@attack("a requirement that nothing can show", expect="threshold-not-met")
def test_a_missing_figure_is_not_reached(scene: Scene) -> None:
    for asked in ("min_percentage = 0", "max_issues = 9", "max_skipped = 9", "min_total = 0"):
        trust = ruled(scene, names="ada", requirements=f"[require.tests]\n{asked}\n")
        bare = {"tests": scene.check(figures=ExitFigures(), exit_code=0)}
        scene.hang(scene.line(scene.payload(scene.document(checks=bare))))
        refused(scene.project, "threshold-not-met", "--trust-ref", trust)
