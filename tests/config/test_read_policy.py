from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from localci.config.policy import COUNTED_ROLES, PathRule, Policy, Requirement, Revocation
from localci.config.read_policy import read_policy, read_policy_repositories
from localci.console import harmless
from localci.errors import GitError, PolicyError, UsageError
from localci.formats.object_ids import sha256_hex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.keys import Keys

PLACE = ".localci/policy.toml"
HEART = """\
version = 1
repository = "github.com/acme/app"
[require.tests]
"""
WHOLE = """\
version = 1
repository = ["https://GitHub.com/acme/app.git", "github.com/acme/old"]
require_signature = true
threshold = 1
max_age = "30d"
binding = "commit"
checks_from = "head"
reuse = "never"
roles = ["maintainer"]

[require.tests]
max_failed = 0
min_total = 1
max_skipped = 3
[require.coverage]
min_percentage = 85.0
binding = "commit"
[require.lint]
max_issues = 0
threshold = 1
[require.audit]
max_age = "1d"
roles = ["developer", "runner"]

[[signer]]
name = " ada@example.org "
fingerprint = "{ada}"
key = "keys/ada.asc"
roles = ["developer", "maintainer"]
not_before = 2026-01-01
not_after = 2027-01-01
[[signer]]
name = "bob"
fingerprint = "{bob}"
key = ".github/ci-public-key.asc"
revoked = {{ at = 2026-06-01, reason = "laptop stolen" }}
"""


def policy_of(text: str, files: Mapping[str, bytes] | None = None) -> Policy:
    return read_policy({**(files or {}), PLACE: text.encode()}.get)


def complaint(text: str, files: Mapping[str, bytes] | None = None) -> str:
    with pytest.raises(PolicyError) as caught:
        policy_of(text, files)
    assert caught.value.code == "policy-invalid"
    assert caught.value.exit_code == 2
    return harmless(str(caught.value))


@pytest.fixture
def files(keys: Keys) -> dict[str, bytes]:
    return {
        ".localci/keys/ada.asc": keys["ada"].certificate.encode(),
        ".localci/keys/bob.asc": keys["bob"].certificate.encode(),
        ".github/ci-public-key.asc": keys["bob"].certificate.encode(),
    }


def seconds(year: int, month: int, day: int) -> int:
    return int(dt.datetime(year, month, day, tzinfo=dt.timezone.utc).timestamp())


def test_every_key_is_read(keys: Keys, files: dict[str, bytes]) -> None:
    text = WHOLE.format(ada=keys["ada"].fingerprint, bob=keys["bob"].fingerprint)
    policy = policy_of(text, files)
    assert policy.digest == sha256_hex(text.encode())
    assert policy.repositories == ("github.com/acme/app", "github.com/acme/old")
    assert policy.require_signature
    assert (policy.max_age, policy.commit_binding) == (30 * 86_400, True)
    assert (policy.checks_from_base, policy.reuse) == (False, "never")
    assert policy.roles == {"maintainer"}
    assert policy.requirements == (
        Requirement("tests", max_failed=0, min_total=1, max_skipped=3),
        Requirement("coverage", min_percentage=85.0, commit_binding=True),
        Requirement("lint", max_issues=0, threshold=1),
        Requirement("audit", max_age=86_400, roles=frozenset({"developer", "runner"})),
    )
    ada, bob = policy.signers
    assert (ada.name, ada.fingerprint) == ("ada@example.org", keys["ada"].fingerprint)
    assert ada.key.fingerprint == keys["ada"].fingerprint
    assert ada.roles == {"developer", "maintainer"}
    assert (ada.not_before, ada.not_after) == (seconds(2026, 1, 1), seconds(2027, 1, 1))
    assert ada.revoked is None
    assert (bob.name, bob.roles) == ("bob", {"developer"})
    assert (bob.not_before, bob.not_after) == (None, None)
    assert bob.revoked == Revocation(seconds(2026, 6, 1), "laptop stolen")


def test_what_is_not_said_is_the_strict_default() -> None:
    policy = policy_of(HEART)
    assert policy == Policy(
        repositories=("github.com/acme/app",),
        requirements=(Requirement("tests"),),
        signers=(),
        digest=sha256_hex(HEART.encode()),
        require_signature=True,
        max_age=None,
        roles=None,
        commit_binding=False,
        checks_from_base=True,
        reuse="own",
    )
    (tests,) = policy.requirements_for("main")
    assert policy.roles_of(tests) == COUNTED_ROLES
    assert policy.max_age_of(tests) is None
    assert policy.threshold_of(tests) == 1


def test_the_narrower_rule_is_the_checks_own() -> None:
    text = HEART.replace("[require", 'max_age = 9\nroles = ["maintainer"]\n[require', 1)
    policy = policy_of(text + 'max_age = "1d"\nroles = ["runner"]\n[require.lint]\n')
    tests, lint = policy.requirements
    assert (policy.max_age_of(tests), policy.max_age_of(lint)) == (86_400, 9)
    assert (policy.roles_of(tests), policy.roles_of(lint)) == ({"runner"}, {"maintainer"})


@pytest.mark.parametrize("text", ["", "version = 1", "x"])
def test_a_missing_policy_is_missing_and_any_other_is_not(text: str) -> None:
    with pytest.raises(
        PolicyError, match=r"the trust commit has no \.localci/policy\.toml"
    ) as caught:
        read_policy({"policy.toml": text.encode(), ".LocalCI/policy.toml": text.encode()}.get)
    assert caught.value.code == "policy-missing"
    assert complaint(text)


ROOT: list[tuple[str, str]] = [
    ("version = 2", "version"),
    ("version = true", "version"),
    ('version = "1"', "version"),
    ("treshold = 1", "unknown key `treshold`; did you mean `threshold`?"),
    ("threshold = 0", "`threshold` is not a whole number of at least 1"),
    ("threshold = -1", "`threshold` is not a whole number of at least 1"),
    ('threshold = "1"', "`threshold` is not a whole number"),
    ("threshold = true", "`threshold` is not a whole number"),
    ("threshold = 1.0", "`threshold` is not a whole number"),
    ('max_age = "30"', "`max_age` is not a time"),
    ("max_age = 0", "`max_age` has to be longer than nothing"),
    ('max_age = "0d"', "`max_age` has to be longer than nothing"),
    ("max_age = -5", "`max_age` is not a time"),
    ('max_age = "101y"', "`max_age` is not a time"),
    ('max_age = "99999d"', "`max_age` is longer than"),
    ('binding = "branch"', "`binding` is `branch`"),
    ('binding = ["tree"]', "`binding` is no text"),
    ('checks_from = "main"', "`checks_from` is `main`"),
    ('reuse = "all"', "`reuse` is `all`"),
    ("require_signature = 1", "`require_signature` is not true or false"),
    ('require_signature = false\nroles = ["maintainer"]', "only where no rule asks for people"),
    ("require_signature = false\nthreshold = 2", "only where no rule asks for people"),
    ("require_signature = false\nauthor_alone = false", "only where no rule asks for people"),
    (
        'require_signature = false\npaths."a".roles = ["maintainer"]',
        "only where no rule asks for people",
    ),
    ("roles = []", "`roles` is not a list of"),
    ('roles = "maintainer"', "`roles` is not a list"),
    ('roles = ["boss"]', "`roles` is not a list of auditor, developer, maintainer, runner"),
    ("roles = [1]", "`roles`"),
    ("repository = 5", "`repository`"),
    ("repository = []", "`repository` does not name this repository"),
    ('repository = ""', "`repository` does not name this repository"),
    ('repository = ["github.com/a/b", "/"]', "`repository` does not name this repository"),
    ('repository = ["github.com/a/b", 5]', "`repository`"),
    ("branch = 1", "`branch` is not a table"),
    ("branch.main.requires = {}", "unknown key `requires`"),
    ('branch."refs/heads/main".require.tests = {}', "is no pattern of branches"),
    ('branch."".require.tests = {}', "is no pattern of branches"),
    ("branch.main.require.tests.max_fialed = 0", "did you mean `max_failed`?"),
    ("branch.main.require.Tests = {}", "is not the name of a check"),
    ('paths."a" = {}', "`roles`"),
    ('paths."/a".roles = ["maintainer"]', "starts with `/`"),
    ('paths."../a".roles = ["maintainer"]', "has an empty part, `.` or `..`"),
    ('paths."a[bc]".roles = ["maintainer"]', "patterns know"),
    ('paths."a".roles = ["boss"]', "`roles` in [paths.a] is not a list of"),
    ('paths."a".role = ["maintainer"]', "unknown key `role`"),
    ('hosted = "yes"', "`hosted` is `yes`"),
    ("hosted = true", "`hosted` is no text"),
    ("require_isolation = 1", "`require_isolation` is not true or false"),
    ('author_alone = "no"', "`author_alone` is not true or false"),
    ("require = {}", "anything would pass"),
    ("signer = 5", "write [[signer]]"),
    ("signer = [1]", "write [[signer]]"),
]


@pytest.mark.parametrize(("row", "message"), ROOT, ids=[row for row, _ in ROOT])
def test_a_rule_that_means_nothing_is_refused_by_its_line(row: str, message: str) -> None:
    key = row.replace(".", " ").split()[0]
    kept = [line for line in HEART.splitlines() if not line.startswith(key)]
    if key == "require":
        kept.remove("[require.tests]")
    said = complaint("\n".join([row, *kept]) + "\n")
    assert message in said
    assert said.startswith(PLACE + ":")


REQUIREMENTS: list[tuple[str, str]] = [
    ("max_fialed = 0", "unknown key `max_fialed` in [require.tests]; did you mean `max_failed`?"),
    ("max_failed = -1", "`max_failed` in [require.tests] is not a whole number of at least 0"),
    ("max_failed = true", "is not a whole number"),
    ("max_failed = 0.5", "is not a whole number"),
    ('min_total = "1"', "is not a whole number"),
    ("max_skipped = nan", "is not a whole number"),
    ("min_percentage = 100.1", "is not a number from 0 to 100"),
    ("min_percentage = -0.1", "is not a number from 0 to 100"),
    ("min_percentage = nan", "is not a number from 0 to 100"),
    ("min_percentage = inf", "is not a number from 0 to 100"),
    ("min_percentage = true", "is not a number from 0 to 100"),
    ("max_issues = []", "is not a whole number"),
    ("max_drop = -0.5", "is not a number from 0 to 100"),
    ("max_drop = nan", "is not a number from 0 to 100"),
    ("threshold = 0", "at least 1"),
    ('binding = "main"', "`binding`"),
    ('roles = ["nobody"]', "`roles`"),
    ("max_age = {}", "`max_age`"),
]


@pytest.mark.parametrize(("row", "message"), REQUIREMENTS, ids=[row for row, _ in REQUIREMENTS])
def test_a_bar_that_means_nothing_is_refused_by_its_line(row: str, message: str) -> None:
    said = complaint(f"{HEART}{row}\n")
    assert message in said
    assert said.startswith(f"{PLACE}:4: ")


@pytest.mark.parametrize(
    "table", ["[require.Tests]", '[require."te sts"]', '[require."t\u0435sts"]', '[require."a\\n"]',
              '[require.""]', "[require]\ntests = 1", "[require]\ntests = []"]
)  # fmt: skip
def test_what_is_required_has_the_name_of_a_check(table: str) -> None:
    heart = HEART.replace("[require.tests]\n", "")
    assert complaint(f"{heart}{table}\n").startswith(PLACE + ":")


def test_roles_cannot_be_asked_of_nobody() -> None:
    text = HEART.replace("[require", "require_signature = false\n[require")
    assert not policy_of(text).require_signature
    assert "only where no rule asks for people" in complaint(text + 'roles = ["runner"]\n')


SIGNER = """
[[signer]]
name = "ada"
fingerprint = "{fingerprint}"
key = "{key}"
"""


def signer(fingerprint: str, key: str = "keys/ada.asc", more: str = "") -> str:
    return HEART + SIGNER.format(fingerprint=fingerprint, key=key) + more


@pytest.mark.parametrize("width", [40, 4, 10])
def test_a_fingerprint_may_have_blanks_and_capitals(
    keys: Keys, files: dict[str, bytes], width: int
) -> None:
    whole = keys["ada"].fingerprint.upper()
    spaced = " ".join(whole[i : i + width] for i in range(0, 40, width))
    policy = policy_of(signer(f" {spaced} "), files)
    assert policy.signers[0].fingerprint == keys["ada"].fingerprint


@pytest.mark.parametrize("wrong", ["", "id", "short", "long", "x", "other", "sha256", "prefixed"])
def test_anything_but_the_whole_fingerprint_of_the_key_file_is_refused(
    keys: Keys, files: dict[str, bytes], wrong: str
) -> None:
    whole = keys["ada"].fingerprint
    text = {
        "": "",
        "id": whole[-16:],
        "short": whole[:-1],
        "long": whole + "0",
        "x": whole[:-1] + "x",
        "other": keys["bob"].fingerprint,
        "sha256": "a" * 64,
        "prefixed": "0x" + whole,
    }[wrong]
    assert "`fingerprint` in [signer]" in complaint(signer(text), files)


@pytest.mark.parametrize(
    "key",
    ["", "ada.asc", "keys/", "keys/..", "keys/.", "keys/../policy.toml", "keys/x/ada.asc",
     "/keys/ada.asc", "./keys/ada.asc", "keys//ada.asc", "keys\\\\ada.asc", "keys/ada.asc\\n",
     ".localci/keys/ada.asc", "../keys/ada.asc", ".github/../.github/ci-public-key.asc",
     ".github/other.asc"],
)  # fmt: skip
def test_a_key_lies_in_its_directory_only(keys: Keys, files: dict[str, bytes], key: str) -> None:
    said = complaint(signer(keys["ada"].fingerprint, key), files)
    assert "`key` in [signer] is not keys/<file> or .github/ci-public-key.asc" in said


def test_a_key_file_that_is_not_there_is_named(keys: Keys) -> None:
    said = complaint(signer(keys["ada"].fingerprint))
    assert "leads to .localci/keys/ada.asc, which is not in the trust commit" in said


@pytest.mark.parametrize("kind", ["secret", "two", "rubbish", "empty", "cut"])
def test_a_key_file_that_is_not_one_certificate_is_refused(
    keys: Keys, files: dict[str, bytes], kind: str
) -> None:
    ada, bob = keys["ada"].certificate, keys["bob"].certificate
    content = {
        "secret": keys["ada"].secret,
        "two": ada + bob,
        "rubbish": "hello",
        "empty": "",
        "cut": ada[:200],
    }[kind]
    files[".localci/keys/ada.asc"] = content.encode()
    said = complaint(signer(keys["ada"].fingerprint), files)
    assert "leads to .localci/keys/ada.asc, which is unusable: " in said
    assert ("SECRET" in said) == (kind == "secret")


@pytest.mark.parametrize("other", ["ada", "bob"])
def test_a_key_stands_once(keys: Keys, files: dict[str, bytes], other: str) -> None:
    once = signer(keys["ada"].fingerprint)
    again = once + once.removeprefix(HEART).replace('"ada"', f'"{other}"')
    assert f"`signer` holds {keys['ada'].fingerprint} twice: ada, {other}" in complaint(
        again, files
    )


def test_one_person_may_have_several_keys(keys: Keys, files: dict[str, bytes]) -> None:
    first = signer(keys["ada"].fingerprint)
    second = signer(keys["bob"].fingerprint, "keys/bob.asc").removeprefix(HEART)
    policy = policy_of(first + second, files)
    assert [made.name for made in policy.signers] == ["ada", "ada"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('email = "x"', "unknown key `email` in [signer]"),
        ('ssh = "x"', "`ssh` in [signer] stands beside `key`"),
        ("accounts = [1]", "`accounts`"),
        ('accounts = [" "]', "`accounts` in [signer] holds an empty name"),
        ('accounts = ["@octo"]', "`accounts` in [signer] holds `@octo`; write the name alone"),
        ('accounts = ["octo "]', "`accounts` in [signer] holds `octo `; write the name alone"),
        ("roles = []", "`roles`"),
        ('roles = ["boss"]', "`roles`"),
        ('not_before = "2026-01-01"', "`not_before` in [signer] is not a day like"),
        ("not_before = 2026-01-01T00:00:00Z", "is not a day like"),
        ("not_before = 2026-01-01T00:00:00", "is not a day like"),
        ("not_before = 00:00:00", "is not a day like"),
        ("not_after = 5", "is not a day like"),
        ("revoked = true", "`revoked` in [signer] is not a table"),
        ("revoked = {}", "`at` in [signer.revoked] is missing"),
        ('revoked = { reason = "x" }', "`at` in [signer.revoked] is missing"),
        ('revoked = { at = "2026-01-01" }', "is not a day like"),
        ("revoked = { at = 2026-01-01, by = 1 }", "unknown key `by` in [signer.revoked]"),
        ("revoked = { at = 2026-01-01, reason = 1 }", "`reason` in [signer.revoked]"),
    ],
)
def test_what_is_said_of_a_signer_has_to_mean_something(
    keys: Keys, files: dict[str, bytes], row: str, message: str
) -> None:
    said = complaint(signer(keys["ada"].fingerprint, more=f"{row}\n"), files)
    assert message in said
    assert said.startswith(PLACE + ":")


@pytest.mark.parametrize("name", ['""', '" "', "5", "[]"])
def test_a_person_is_a_name(keys: Keys, files: dict[str, bytes], name: str) -> None:
    text = signer(keys["ada"].fingerprint).replace('name = "ada"', f"name = {name}")
    assert "`name` in [signer]" in complaint(text, files)
    assert "`name` in [signer]" in complaint(text.replace(f"name = {name}\n", ""), files)


def test_what_stands_in_place_of_a_file_makes_the_policy_unusable() -> None:
    def read(path: str) -> bytes | None:
        raise UsageError(f"{path} is not a regular file in this commit")

    with pytest.raises(PolicyError, match="not a regular file") as caught:
        read_policy(read)
    assert caught.value.code == "policy-invalid"


def test_what_cannot_be_read_is_no_fault_of_the_policy() -> None:
    def read(path: str) -> bytes | None:
        raise GitError(f"the object of {path} is missing here")

    with pytest.raises(GitError):
        read_policy(read)


def test_only_the_repositories_can_be_asked_for() -> None:
    def read(text: str | None) -> tuple[str, ...]:
        files = {} if text is None else {PLACE: text.encode()}
        return read_policy_repositories(files.get)

    assert read(None) == ()
    assert read('version = 1\nrepository = "github.com/acme/app"\nx = 1\n') == (
        "github.com/acme/app",
    )
    for broken in ("x", "version = 1", "version = 2"):
        with pytest.raises(PolicyError):
            read(broken)


SSH_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMA2Iy0co9g0agCAXW6oLD69WQb8YFHXk7H5a+jSkpeb ada@here"
)


def ssh_signer(key: str = SSH_KEY, more: str = "") -> str:
    return f'{HEART}[[signer]]\nname = "ada"\nssh = "{key}"\n{more}'


def test_an_ssh_key_stands_in_the_policy_itself() -> None:
    (signer,) = policy_of(ssh_signer(more='accounts = ["ada", "Ada-L"]\n')).signers
    assert signer.fingerprint.startswith("SHA256:")
    assert signer.key.holds(signer.fingerprint)
    assert signer.accounts == ("ada", "Ada-L")
    assert policy_of(ssh_signer(more=f'fingerprint = "{signer.fingerprint}"\n')).signers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ssh_signer("x"), "`ssh` in [signer] is unusable"),
        (ssh_signer(more='fingerprint = "SHA256:x"\n'), "is not that of the key, SHA256:"),
        (
            ssh_signer() + ssh_signer().removeprefix(HEART).replace('"ada"', '"bob"'),
            "twice: ada, bob",
        ),
        (ssh_signer().replace('name = "ada"', 'name = "hosted"'), "`name` in [signer] is `hosted`"),
        (ssh_signer().replace('name = "ada"', 'name = " unsigned "'), "is `unsigned`"),
    ],
)  # fmt: skip
def test_an_ssh_entry_that_means_nothing_is_refused(text: str, message: str) -> None:
    assert message in complaint(text)


def test_an_account_is_one_persons(keys: Keys, files: dict[str, bytes]) -> None:
    ada = signer(keys["ada"].fingerprint, more='accounts = ["Octo"]\n')
    other = ssh_signer(more='accounts = ["octo"]\n').removeprefix(HEART)
    assert policy_of(ada + other, files)
    said = complaint(ada + other.replace('"ada"', '"bob"'), files)
    assert "gives the account octo to two: ada, bob" in said


@pytest.mark.parametrize(
    "entry",
    [
        ssh_signer().replace('"ada"', '"Ada"'),
        ssh_signer(more='accounts = ["ADA"]\n').replace('"ada"', '"bob"'),
    ],
)
def test_a_name_is_one_persons_whatever_its_capitals(
    keys: Keys, files: dict[str, bytes], entry: str
) -> None:
    """Of two who answer to it, the author of a change could pass for the other."""
    text = signer(keys["ada"].fingerprint) + entry.removeprefix(HEART)
    assert "gives the account ada to two: ada, " in complaint(text, files)


def test_a_rule_by_branch_stands_in_place_of_the_one_for_all() -> None:
    text = HEART.replace("[require.tests]", "[require.tests]\nmax_failed = 3\nmin_total = 1")
    text += (
        '[require.lint]\n[branch."release/*".require.tests]\nmax_failed = 0\nthreshold = 2\n'
        '[branch."release/*".require.audit]\n[branch."**".require.tests]\nmin_total = 9\n'
    )
    policy = policy_of(text)
    tests = Requirement("tests", max_failed=3, min_total=1)
    lint, audit = Requirement("lint"), Requirement("audit")
    everywhere = tests._replace(min_total=9)
    assert policy.requirements == (tests, lint)
    assert policy.requirements_for("main") == (lint, everywhere)
    strict = tests._replace(max_failed=0, threshold=2)
    for target in ("release/1", "refs/heads/release/1"):
        assert policy.requirements_for(target) == (lint, strict, audit, everywhere)
    assert policy.requirements_for("release/1/x") == (lint, everywhere)
    assert set(policy.all_requirements) == {tests, lint, strict, audit, everywhere}


def test_a_path_rule_says_who_may_approve() -> None:
    (rule,) = policy_of(HEART + '[paths.".github/**"]\nroles = ["maintainer"]\n').path_rules
    assert rule == PathRule(".github/**", frozenset({"maintainer"}))
