"""The rules of a policy through `localci verify` as a process, with real commits and real keys."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.formats.object_ids import sha256_hex
from localci.formats.result import CoverageFigures, ResultDocument, Reuse, encode_result
from localci.formats.strict_json import dumps_canonical
from localci.git.refs import notes_ref
from support.attested import attach, document, passed_check, signed_line, tree_of
from support.fake_programs import path_without
from support.project import CHECKS, make_project, policy_for
from support.repositories import git, make_bare, ref
from support.variants import Entry, make_commit, payload_of
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project

POLICY = ".localci/policy.toml"
TESTS = "[require.tests]\nmax_failed = 0\n"
COVERED = f"""{CHECKS}
[checks.coverage]
from = "tests"
report = "coverage:coverage.json"
"""
DAY = 86_400


@dataclass(frozen=True)
class Team:
    """A project, and Ada and Bob who sign for it."""

    project: Project
    home: Path
    keys: Keys

    @property
    def path(self) -> Path:
        return self.project.path

    def rule(self, requirements: str, **files: str) -> str:
        """Let the trusted branch require this, and stand on a feature branch of it."""
        git(self.path, "switch", "--quiet", "main")
        text = policy_for(self.keys["ada"], self.keys["bob"], requirements=requirements)
        trusted = self.project.commit({POLICY: text, **files})
        git(self.path, "push", "--quiet", "--no-verify", "origin", "main")
        git(self.path, "switch", "--quiet", "-C", "feature")
        self.project.commit({"feature": "new"})
        return trusted

    def line(self, by: str = "ada", of: ResultDocument | None = None, **changes: Any) -> bytes:
        """Return somebody's line for HEAD or for a document, of a run of his own."""
        of = document(self.path, run_id=sha256_hex(by.encode())[:32]) if of is None else of
        return signed_line(of._replace(**changes), self.keys[by], self.home)

    def hang(self, *lines: bytes, on: str = "") -> None:
        attach(self.path, {on or self.project.head: lines})

    def judge(self, *arguments: str) -> tuple[int, list[str]]:
        """Return the exit code, and the codes of the reasons."""
        code, found = verdict(self.project, *arguments)
        return code, codes(found)


@pytest.fixture
def team(tmp_path: Path, ada: Key, keys: Keys, homes: Homes) -> Team:
    bob = keys["bob"]
    bob.add_to(homes.gnupg)
    return Team(make_project(tmp_path, ada, bob), homes.gnupg, keys)


# A repository's first policy


def unruled(team: Team) -> str:
    """Return a commit from before there was a policy."""
    return make_commit(team.path, {POLICY: None}, "main")


def digest(team: Team) -> str:
    return team.project.localci("policy", "digest").output.strip()


def test_a_first_policy_counts_where_it_is_pinned(team: Team) -> None:
    team.hang(team.line())
    for trusted in (unruled(team), "0" * 40):
        question = ("--trust-ref", trusted, "--policy-digest", digest(team))
        code, found = verdict(team.project, *question)
        assert (code, found["self_judged"]) == (0, True)
        assert found["trust"]["commit"] == team.project.head
        shown = team.project.localci("verify", *question).output
        assert "judged by its own policy" in shown


@pytest.mark.parametrize(
    ("pinned", "reason"),
    [((), "policy-missing"), (("--policy-digest", ""), "policy-missing"),
     (("--policy-digest", "0" * 64), "policy-invalid"),
     (("--policy-digest", "x"), "policy-invalid")],
)  # fmt: skip
def test_another_digest_is_no_policy(team: Team, pinned: tuple[str, ...], reason: str) -> None:
    team.hang(team.line())
    for trusted in (unruled(team), "0" * 40):
        assert team.judge("--trust-ref", trusted, *pinned) == (2, [reason])
    assert (
        len(team.project.localci("verify", "--trust-ref", trusted, *pinned).output.splitlines())
        == 3
    )


def test_a_policy_that_is_trusted_already_is_the_one_that_holds(team: Team) -> None:
    team.rule("threshold = 2\n[require.tests]\n")
    weaker = policy_for(team.keys["ada"], requirements="[require.tests]\n")
    team.project.commit({POLICY: weaker})
    team.hang(team.line())
    code, found = team.judge("--policy-digest", digest(team))
    assert (code, found) == (1, ["not-enough-signers"])


def test_what_follows_the_first_policy_is_judged_by_it(team: Team) -> None:
    """The pinned digest says nothing for a commit that changed the policy."""
    pinned = digest(team)
    weaker = policy_for(team.keys["ada"], requirements="[require.tests]\n")
    changed = make_commit(team.path, {POLICY: weaker}, "main")
    team.hang(signed_line(document(team.path, changed), team.keys["ada"], team.home), on=changed)
    question = (changed, "--trust-ref", unruled(team), "--policy-digest", pinned)
    assert team.judge(*question) == (2, ["policy-invalid"])


# Targets

RELEASE = f'{TESTS}[branch."release/*".require.tests]\nthreshold = 2\n'


def test_the_target_is_the_branch_of_the_trust_ref(team: Team) -> None:
    team.rule(RELEASE)
    git(team.path, "push", "--quiet", "--no-verify", "origin", "main:release/1")
    git(team.path, "fetch", "--quiet", "origin")
    git(team.path, "branch", "release/1", "main")
    team.hang(team.line())
    assert team.judge() == (0, [])
    for trusted in ("refs/remotes/origin/release/1", "refs/heads/release/1"):
        code, found = verdict(team.project, "--trust-ref", trusted)
        assert (code, found["target"]) == (1, "release/1")
        assert team.judge("--trust-ref", trusted, "--target", "main") == (0, [])
    assert team.judge("--target", "release/1") == (1, ["not-enough-signers"])
    team.hang(team.line(), team.line("bob"))
    assert team.judge("--target", "refs/heads/release/1") == (0, [])


def test_where_nobody_says_which_branch_the_rules_by_branch_have_no_answer(team: Team) -> None:
    trusted = team.rule(RELEASE)
    team.hang(team.line())
    for question in ("main", "origin/main", trusted, trusted[:10], "HEAD~1"):
        done = team.project.localci("verify", "--trust-ref", question)
        assert (done.code, done.output) == (2, "")
        assert done.errors == (
            "localci: the policy has rules by branch, and it is not said which one this is for;"
            " name it with --target\n"
        )
        assert team.judge("--trust-ref", question, "--target", "main") == (0, [])


def test_the_remotes_head_is_the_branch_that_it_leads_to(team: Team) -> None:
    rules = f"{TESTS}[branch.main.require.tests]\nthreshold = 2\n"
    team.rule(rules)
    team.hang(team.line())
    git(team.path, "remote", "set-head", "origin", "main")
    code, found = verdict(team.project, "--trust-ref", "refs/remotes/origin/HEAD")
    assert (code, found["target"]) == (1, "main")
    assert team.judge() == (1, ["not-enough-signers"])
    trusted = ref(team.path, "origin/main")
    git(team.path, "remote", "set-head", "origin", "--delete")
    git(team.path, "update-ref", "refs/remotes/origin/HEAD", trusted)
    done = team.project.localci("verify", "--trust-ref", "refs/remotes/origin/HEAD")
    assert (done.code, "--target" in done.errors) == (2, True)


# Thresholds and authors


def test_two_people_with_real_keys_meet_a_threshold_of_two(team: Team) -> None:
    team.rule(f"threshold = 2\n{TESTS}")
    team.hang(team.line())
    assert team.judge() == (1, ["not-enough-signers"])
    shared = document(team.path)
    team.hang(team.line(of=shared), team.line("bob", of=shared))
    assert team.judge() == (1, ["not-enough-signers"])
    attach(
        team.path,
        {team.project.head: (team.line(),), tree_of(team.path): (team.line("bob"),)},
    )
    code, found = verdict(team.project)
    assert (code, found["signers"]) == (0, ["ada@example.org", "bob@example.org"])


def test_the_author_is_named_by_the_caller(team: Team) -> None:
    team.rule(f"author_alone = false\n{TESTS}")
    text = git(team.path, "show", f"main:{POLICY}")
    accounts = text.replace('name = "ada@', 'accounts = ["octo-ada"]\nname = "ada@') + "\n"
    trusted = make_commit(team.path, {POLICY: accounts}, "main")
    team.hang(team.line())
    question = ("--trust-ref", trusted)
    code, found = verdict(team.project, *question)
    assert (code, codes(found)) == (1, ["not-enough-signers"])
    assert "`localci verify --author NAME`" in found["reasons"][0]["message"]
    for author in ("octo-ada", "OCTO-ADA", "@octo-ada", "ada@example.org"):
        assert team.judge(*question, "--author", author)[0] == 1
    assert team.judge(*question, "--author", "stranger", "--author", "octo-ada")[0] == 1
    assert team.judge(*question, "--author", "stranger") == (0, [])
    team.hang(team.line("bob"))
    assert team.judge(*question, "--author", "octo-ada") == (0, [])
    # Bob has not said what he is called on the forge.
    assert team.judge(*question, "--author", "stranger")[0] == 1


# Ratchets

RATCHET = "[require.coverage]\nmax_drop = 0.5\n"


def covered(team: Team, revision: str, percentage: float, **changes: Any) -> ResultDocument:
    """Return the document of a run that found so much covered."""
    tables = find_configuration({"localci.toml": COVERED.encode()}.get).tables
    check = passed_check(
        team.path,
        revision,
        figures=CoverageFigures(percentage),
        definition=definition(tables, "coverage"),
    )
    return document(team.path, revision, checks={"coverage": check._replace(**changes)})


@pytest.fixture
def measured(team: Team) -> Team:
    """The team whose trusted branch lets coverage drop by half a point."""
    team.rule(RATCHET, **{"localci.toml": COVERED})
    return team


def hang_both(team: Team, base: ResultDocument | None, percentage: float, on: str) -> None:
    lines = {team.project.head: (team.line(of=covered(team, "HEAD", percentage)),)}
    if base is not None:
        lines[git(team.path, "rev-parse", on)] = (team.line("bob", of=base),)
    attach(team.path, lines)


@pytest.mark.parametrize("on", ["main", "main^{tree}"])
def test_coverage_is_held_against_the_trust_commits_own(measured: Team, on: str) -> None:
    base = covered(measured, "main", 90.0)
    for percentage, wanted in ((89.5, 0), (89.49, 1), (95.0, 0)):
        hang_both(measured, base, percentage, on)
        code, found = measured.judge()
        assert (code, "threshold-not-met" in found) == (wanted, bool(wanted))


def test_without_a_base_result_a_ratchet_refuses(measured: Team) -> None:
    hang_both(measured, None, 100.0, "")
    code, found = verdict(measured.project)
    assert (code, codes(found)[0]) == (1, "threshold-not-met")
    assert "the trust commit has no accepted result to compare with" in str(found["reasons"])


def test_the_trust_commits_own_result_may_stand_in_a_shard(measured: Team) -> None:
    main = ref(measured.path, "main")
    attach(
        measured.project.remote,
        {measured.project.head: (measured.line(of=covered(measured, "HEAD", 90.0)),)},
    )
    for percentage, wanted in ((90.0, 0), (91.0, 1)):
        line = measured.line("bob", of=covered(measured, "main", percentage))
        attach(measured.project.remote, {main: (line,)}, notes_ref(main, 16))
        assert measured.judge("--remote", "origin")[0] == wanted


def test_a_base_result_that_does_not_hold_is_none(measured: Team, keys: Keys) -> None:
    keys["mallory"].add_to(measured.home)
    low = covered(measured, "main", 1.0)
    for line in (
        signed_line(low, keys["mallory"], measured.home),
        signed_line(low, keys["ada"], measured.home, repository="example.org/other"),
        measured.line(of=covered(measured, "HEAD", 1.0)),
        measured.line(of=covered(measured, "main", 1.0, definition="1:" + "0" * 64)),
        dumps_canonical(encode_result(low)),
        b"garbage",
    ):
        mine = measured.line(of=covered(measured, "HEAD", 100.0))
        attach(measured.path, {measured.project.head: (mine,), ref(measured.path, "main"): (line,)})
        assert measured.judge()[0] == 1


def test_an_old_base_is_still_a_base(team: Team) -> None:
    team.rule(f"{RATCHET}max_age = '1d'\n", **{"localci.toml": COVERED})
    old = int(time.time()) - 60 * DAY
    times = {"started_at": old, "finished_at": old}
    base = covered(team, "main", 90.0, **times)._replace(**times)
    hang_both(team, base, 90.0, "main")
    assert team.judge() == (0, [])
    hang_both(team, base, 89.0, "main")
    assert team.judge()[0] == 1


def test_a_base_that_nobody_can_check_is_no_refusal(
    measured: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang_both(measured, covered(measured, "main", 90.0), 90.0, "main")
    path_without(monkeypatch, tmp_path / "bin", "gpgv")
    code, found = measured.judge()
    assert (code, found[0]) == (4, "unavailable")


def test_the_bases_notes_are_read_from_the_remote_too(measured: Team) -> None:
    hang_both(measured, covered(measured, "main", 90.0), 90.0, "main")
    git(measured.path, "push", "--quiet", "--no-verify", "origin", "refs/notes/ci")
    git(measured.path, "update-ref", "-d", "refs/notes/ci")
    assert measured.judge()[0] == 3
    assert measured.judge("--remote", "origin") == (0, [])


# Reuse of a colleague's result

INPUTS = "1" * 64


def reused(team: Team, **changes: Any) -> tuple[bytes, bytes]:
    """Return Bob's line that reuses what Ada ran on the trusted branch, and hers."""
    ran = document(
        team.path, "main", checks={"tests": passed_check(team.path, "main", inputs=INPUTS)}
    )
    origin = team.line(of=ran)
    reuse = Reuse(
        ran.commit, ran.tree, team.keys["ada"].fingerprint, sha256_hex(payload_of(origin))
    )
    check = ran.checks["tests"]._replace(**({"reused_from": reuse} | changes))
    of = document(team.path, checks={"tests": check}, run_id="b" * 32)
    return team.line("bob", of=of), origin


def test_a_colleagues_result_counts_for_the_colleague(team: Team) -> None:
    team.rule(f"reuse = 'team'\n{TESTS}")
    made, origin = reused(team)
    for lines in ((made, origin), (origin, made)):
        team.hang(*lines)
        code, found = verdict(team.project)
        assert (code, found["signers"]) == (0, ["ada@example.org"])
    attach(team.path, {team.project.head: (made,), tree_of(team.path): (origin,)})
    assert team.judge() == (0, [])


def test_not_where_its_origin_does_not_hold(team: Team) -> None:
    team.rule(f"reuse = 'team'\n{TESTS}")
    made, origin = reused(team)
    forged = origin.replace(b'"sig":"', b'"sig":"AAAA')
    team.hang(made)
    assert team.judge()[0] == 1
    team.hang(made, forged)
    assert team.judge()[0] == 1
    other, _ = reused(team, inputs="2" * 64)
    team.hang(other, origin)
    code, found = team.judge()
    assert (code, "reuse-refused" in found) == (1, True)


@pytest.mark.parametrize("rules", ["", "reuse = 'own'\n", "reuse = 'never'\n"])
def test_nor_where_the_policy_does_not_say_so(team: Team, rules: str) -> None:
    team.rule(f"{rules}{TESTS}")
    team.hang(*reused(team))
    code, found = team.judge()
    assert (code, "reuse-refused" in found) == (1, True)


# Protected paths

PATHS = f'{TESTS}[paths.".github/**"]\nroles = ["maintainer"]\n'
WORKFLOW = ".github/workflows/ci.yml"


@pytest.mark.parametrize(
    "changes",
    [
        {WORKFLOW: "2"},
        {WORKFLOW: None},
        {WORKFLOW: None, ".github/workflows/moved.yml": "1"},
        {WORKFLOW: None, "ci.yml": "1"},
        {WORKFLOW: Entry("100755", b"1")},
        {WORKFLOW: Entry("120000", b"../../ci.yml"), "ci.yml": "1"},
        {WORKFLOW: None, ".github": Entry("120000", b"else"), "else/workflows/ci.yml": "1"},
        {WORKFLOW: None, ".github": Entry("160000", b"1" * 40)},
        {".GitHub/workflows/ci.yml": "1"},
        {".GITHUB": Entry("120000", b"elsewhere"), "elsewhere/workflows/ci.yml": "1"},
    ],
    ids=["edited", "removed", "renamed", "moved away", "a mode", "a link", "the directory a link",
         "the directory a submodule", "a twin", "a twin that is a link"],
)  # fmt: skip
def test_a_protected_path_stays_as_it_is(team: Team, changes: dict[str, Any]) -> None:
    trusted = team.rule(PATHS, **{WORKFLOW: "1"})
    head = make_commit(team.path, changes, trusted)
    team.hang(team.line(of=document(team.path, head)), on=head)
    code, found = verdict(team.project, head)
    assert (code, codes(found)) == (1, ["protected-path"])
    assert "changed by this commit" in found["reasons"][0]["message"]


def test_a_directory_that_was_never_there_is_not_brought_by_a_link(team: Team) -> None:
    trusted = team.rule(PATHS)
    for name in (".github", ".GitHub"):
        files = {name: Entry("120000", b"elsewhere"), "elsewhere/workflows/ci.yml": "1"}
        head = make_commit(team.path, files, trusted)
        team.hang(team.line(of=document(team.path, head)), on=head)
        assert team.judge(head) == (1, ["protected-path"])


def test_nor_in_a_directory_whose_mode_is_odd(team: Team) -> None:
    """git checks out what other programs may not take for a directory."""
    trusted = team.rule(PATHS)
    path = team.path
    inner = git(path, "rev-parse", f"{make_commit(path, {WORKFLOW: 'evil'}, trusted)}:.github")
    rows = subprocess.run(
        ["git", "cat-file", "tree", f"{trusted}^{{tree}}"],
        cwd=path,
        capture_output=True,
        check=True,
    ).stdout
    body = b"40755 .github\0" + bytes.fromhex(inner) + rows
    tree = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        cwd=path, input=body, capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    head = git(path, "commit-tree", tree, "-p", trusted, "-m", "odd")
    assert WORKFLOW in git(path, "ls-tree", "-r", "--name-only", head)
    team.hang(team.line(of=document(path, head)), on=head)
    assert team.judge(head) == (1, ["protected-path"])


def test_what_is_beside_a_protected_path_is_free(team: Team) -> None:
    trusted = team.rule(PATHS, **{WORKFLOW: "1"})
    free = {"src/.github/a": "1", ".github2": "1", "link": Entry("120000", b".github")}
    head = make_commit(team.path, free, trusted)
    team.hang(team.line(of=document(team.path, head)), on=head)
    assert team.judge(head) == (0, [])


def test_a_branch_that_reverts_to_an_older_entry_is_refused(team: Team) -> None:
    """Nothing asks where the branch forked: the trusted commit's entries are what holds."""
    before = team.rule(PATHS, **{WORKFLOW: "old"})
    git(team.path, "switch", "--quiet", "main")
    team.project.commit({WORKFLOW: "fixed"})
    git(team.path, "push", "--quiet", "--no-verify", "origin", "main")
    head = make_commit(team.path, {"feature": "x"}, before)
    team.hang(team.line(of=document(team.path, head)), on=head)
    code, found = verdict(team.project, head)
    assert (code, codes(found)) == (1, ["protected-path"])
    assert "rebase on it" in found["reasons"][0]["message"]


# Results without a signature


def test_an_unsigned_result_is_accepted_loudly(team: Team) -> None:
    team.rule(f"require_signature = false\n{TESTS}")
    bare = dumps_canonical(encode_result(document(team.path)))
    team.hang(bare)
    code, found = verdict(team.project)
    assert (code, codes(found), found["signers"]) == (0, ["unsigned"], [])
    assert found["checks"]["tests"]["signer"] == "unsigned"
    assert "accepted UNSIGNED" in team.project.localci("verify").output
    team.hang(team.line())
    assert team.judge() == (0, [])
    team.rule(TESTS)
    team.hang(dumps_canonical(encode_result(document(team.path))))
    assert team.judge() == (1, ["unsigned", "check-missing"])


# Several remotes


def test_the_notes_of_several_remotes_add_up(team: Team, tmp_path: Path) -> None:
    team.rule(f"threshold = 2\n{TESTS}")
    fork = make_bare(tmp_path / "fork.git")
    for remote, by in (("origin", "ada"), (str(fork), "bob")):
        team.hang(team.line(by))
        git(team.path, "push", "--quiet", "--no-verify", remote, "+refs/notes/ci:refs/notes/ci")
    git(team.path, "update-ref", "-d", "refs/notes/ci")
    assert team.judge("--remote", "origin") == (1, ["not-enough-signers"])
    assert team.judge("--remote", str(fork)) == (1, ["not-enough-signers"])
    both = ("--remote", "origin", "--remote", str(fork))
    assert team.judge(*both) == (0, [])


def test_a_remote_that_does_not_answer_takes_nothing_from_the_others(team: Team) -> None:
    team.rule(TESTS)
    team.hang(team.line())
    git(team.path, "push", "--quiet", "--no-verify", "origin", "refs/notes/ci")
    for remotes in (("origin", "/nowhere"), ("/nowhere", "origin")):
        asked = [word for name in remotes for word in ("--remote", name)]
        assert team.judge(*asked) == (0, [])
    git(team.project.remote, "update-ref", "-d", "refs/notes/ci")
    assert team.judge(*asked)[0] == 4


@pytest.mark.parametrize(
    "target",
    ["origin/release/1", "heads/release/1", "remotes/origin/main", "HEAD", "main^", "refs/x"],
)
def test_a_target_that_is_no_branch_loses_no_rule(team: Team, target: str) -> None:
    git(team.project.path, "remote", "set-head", "origin", "--delete")
    done = team.project.localci(
        "verify", "--trust-ref", "refs/remotes/origin/main", "--target", target
    )
    assert (done.code, done.output) == (2, "")
    assert f"--target {target} is not the name of a branch" in done.errors


def test_a_whole_ref_is_taken_at_its_word(team: Team) -> None:
    done = team.project.localci("verify", "--json", "--target", "refs/heads/origin/main")
    assert json.loads(done.output)["target"] == "origin/main"
