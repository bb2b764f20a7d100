"""`localci policy`: what the policy in the working directory means, as a process of its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from support.localci_command import run_localci
from support.project import make_project, policy_for
from support.repositories import git, make_repository, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key, Keys
    from support.project import Project

POLICY = ".localci/policy.toml"
CHANGED = "The checks are those of the trusted branch; where a commit changes one"


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    return make_project(tmp_path, ada)


def written(project: Project, ada: Key, requirements: str) -> str:
    text = policy_for(ada, requirements=requirements)
    write_files(project.path, {POLICY: text})
    return text


def test_a_policy_that_can_be_met_is_explained(project: Project, ada: Key) -> None:
    done = project.localci("policy", "check")
    assert (done.code, done.errors) == (0, "")
    assert done.output.splitlines() == [
        "This policy is for example.org/acme/app.",
        f"{CHANGED}, a maintainer approves.",
        "A result counts for every commit with the same tree: amended, rebased, squashed.",
        "Whoever ran a check on other commits may reuse his own result.",
        "A commit has to show:",
        "  tests: passed (failed at most 0), by somebody, at most 30 days ago",
        "Trusted are:",
        f"  ada@example.org, a developer, key {ada.fingerprint}",
    ]


@pytest.mark.parametrize(
    ("requirements", "fault"),
    [
        ("threshold = 2\n[require.tests]\n", "[require.tests] wants 2 people whose key counts"),
        (
            '[require.tests]\n[branch."release/*".require.nope]\n',
            '[branch."release/*".require.nope]: localci.toml has no check',
        ),
        ("author_alone = false\n[require.tests]\n", "can only be met by ada@example.org"),
        ("[require.tests]\nmin_percentage = 85\n", "held against coverage"),
        ("[require.test]\n", "localci.toml has no check of that name"),
        (
            "[require.tests]\n[paths.'.github/**']\nroles = ['maintainer']\n",
            '[paths.".github/**"] can be approved by nobody',
        ),
    ],
)
def test_what_can_never_be_met_is_a_line_of_its_own(
    project: Project, ada: Key, requirements: str, fault: str
) -> None:
    written(project, ada, requirements)
    done = project.localci("policy", "check")
    assert done.code == 2
    (line,) = done.errors.splitlines()
    assert line.startswith(f"localci: {POLICY}: ")
    assert fault in line
    assert done.output.startswith("This policy is for")


@pytest.mark.parametrize(
    ("lines", "requirements", "fault"),
    [
        (
            '[run]\nisolation = "none"\n',
            "require_isolation = true\n[require.tests]\n",
            'require_isolation is true, and localci.toml says isolation = "none"',
        ),
        (
            'when.branches = ["main"]\n',
            "[require.tests]\n",
            "[require.tests] asks for tests where localci.toml may leave it out",
        ),
    ],
)
def test_what_the_checks_of_the_tree_speak_against_is_a_fault(
    project: Project, ada: Key, lines: str, requirements: str, fault: str
) -> None:
    written(project, ada, requirements)
    checks = (project.path / "localci.toml").read_text("utf-8")
    assert project.localci("policy", "check").code == 0
    write_files(project.path, {"localci.toml": f"{checks}{lines}"})
    done = project.localci("policy", "check")
    assert done.code == 2
    (line,) = done.errors.splitlines()
    assert line.startswith(f"localci: {POLICY}: {fault}")


def test_a_target_has_rules_of_its_own(project: Project, ada: Key) -> None:
    rules = '[require.tests]\n[branch."release/*".require.tests]\nthreshold = 2\n'
    written(project, ada, rules)
    assert project.localci("policy", "check").code == 2
    assert project.localci("policy", "check", "--target", "main").code == 0
    done = project.localci("policy", "check", "--target", "refs/heads/release/1")
    assert done.code == 2
    assert ", by 2 people" in done.output


def test_a_caution_alone_is_no_fault(project: Project, ada: Key, keys: Keys) -> None:
    bob = keys["bob"]
    text = policy_for(ada, bob, requirements="author_alone = false\n[require.tests]\n")
    entry = 'name = "ada@example.org"\n'
    for told, mute in ((f'{entry}accounts = ["octo-ada"]\n', 1), (entry, 2)):
        changed = text.replace(entry, told)
        write_files(project.path, {POLICY: changed, ".localci/keys/bob.asc": bob.certificate})
        done = project.localci("policy", "check")
        lines = done.errors.splitlines()
        assert (done.code, len(lines)) == (0, mute)
        assert all("has no `accounts`" in line for line in lines)


def test_the_digest_is_that_of_the_file(project: Project, ada: Key) -> None:
    for requirements in ("[require.tests]\n", "[require.tests]\n# é\n"):
        text = written(project, ada, requirements)
        done = project.localci("policy", "digest")
        digest = hashlib.sha256(text.encode()).hexdigest()
        assert (done.code, done.output, done.errors) == (0, f"{digest}\n", "")


@pytest.mark.parametrize("action", ["check", "digest"])
def test_without_a_policy_it_says_what_to_do(tmp_path: Path, action: str) -> None:
    repository = make_repository(tmp_path / "r", {"a": "1"})
    done = run_localci(repository, "policy", action)
    assert (done.code, done.output) == (2, "")
    assert len(done.errors.splitlines()) == 1
    assert done.errors.startswith(f"localci: the working directory has no {POLICY}; ")
    assert "localci init" in done.errors
    done = run_localci(tmp_path, "policy", action)
    assert (done.code, done.output, len(done.errors.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("action", ["check", "digest"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("treshold = 2\n[require.tests]\n", "unknown key `treshold`; did you mean `threshold`"),
        ("threshold = 0\n[require.tests]\n", "`threshold` is not a whole number"),
        ("x", POLICY),
        ("[[signer]]\nname = '\\u001b[31m'\n", "`require` is missing"),
    ],
)
def test_a_policy_that_means_nothing_is_one_line(
    project: Project, ada: Key, action: str, text: str, said: str
) -> None:
    written(project, ada, text)
    done = project.localci("policy", action)
    assert (done.code, done.output) == (2, "")
    (line,) = done.errors.splitlines()
    assert said in line
    assert line.isprintable()


def test_a_key_that_is_not_there_is_said(project: Project) -> None:
    (project.path / ".localci/keys/ada.asc").unlink()
    done = project.localci("policy", "check")
    assert done.code == 2
    assert "leads to .localci/keys/ada.asc, which is not in" in done.errors


def test_the_working_directory_counts_from_anywhere_in_it(project: Project, ada: Key) -> None:
    written(project, ada, "[require.tests]\nmax_failed = 7\n")
    inner = project.path / "a/b"
    inner.mkdir(parents=True)
    assert "failed at most 7" in run_localci(inner, "policy", "check").output
    git(project.path, "stash", "--quiet")
    assert "failed at most 0" in run_localci(inner, "policy", "check").output


def test_checks_that_cannot_be_read_are_said_and_no_fault_of_the_policy(project: Project) -> None:
    write_files(project.path, {"localci.toml": "version = \n"})
    done = project.localci("policy", "check")
    assert done.code == 0
    assert len(done.errors.splitlines()) == 1
    assert "localci.toml" in done.errors
    (project.path / "localci.toml").unlink()
    assert project.localci("policy", "check").errors == ""


def test_what_a_policy_names_is_harmless(project: Project, ada: Key) -> None:
    nasty = "\\u001b[31m\\n::error::x"
    written(
        project, ada,
        f'[require.tests]\n[branch."{nasty}".require.tests]\nthreshold = 2\n'
        f'[[signer]]\nname = "{nasty}"\nfingerprint = "{"a" * 40}"\nkey = "keys/ada.asc"\n',
    )  # fmt: skip
    for target in ("", "\x1b[2J\n::error::x"):
        done = project.localci("policy", "check", "--target", target)
        for line in (done.output + done.errors).splitlines():
            assert line.isprintable(), line
            assert not line.startswith("::")


@pytest.mark.parametrize(
    "arguments", [[], ["chekc"], ["check", "HEAD"], ["digest", "--target", "x"]]
)
def test_a_question_without_sense_is_usage(project: Project, arguments: list[str]) -> None:
    done = project.localci("policy", *arguments)
    assert (done.code, done.output) == (2, "")
    assert "localci: " in done.errors


def test_its_help_says_what_it_reads(project: Project) -> None:
    for arguments in (["--help"], ["check", "--help"], ["digest", "--help"]):
        done = project.localci("policy", *arguments, environment={"COLUMNS": "40"})
        assert (done.code, done.errors) == (0, "")
    assert "--policy-digest" in project.localci("policy", "--help").output
