"""What is reused holds before the real verifier, or is refused there for the right reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import UsageError
from localci.formats.envelope import decode_envelope, encode_envelope
from localci.formats.object_ids import sha256_hex
from localci.formats.statement import decode_statement
from localci.formats.strict_json import loads_object
from localci.git.command import user_environment
from localci.git.objects import ObjectReader
from localci.gpg.certificate import read_certificate
from localci.prover.attest.own_results import own_results
from support.attested import attach
from support.project import make_project, policy_for
from support.repositories import git
from support.reusing import FILES, REQUIRED, Machine, reused

if TYPE_CHECKING:
    from pathlib import Path

    from localci.formats.statement import Statement
    from support.isolation import Homes
    from support.keys import Key, Keys


def stated(line: bytes) -> Statement:
    return decode_statement(decode_envelope(loads_object(line, "it")).payload)


def digest(line: bytes) -> str:
    return sha256_hex(decode_envelope(loads_object(line, "it")).payload)


@pytest.fixture
def bob(keys: Keys, homes: Homes) -> Key:
    key = keys["bob"]
    key.add_to(homes.gnupg)
    return key


def machine(tmp_path: Path, key: Key, *others: Key, rules: str = "", **changes: Any) -> Machine:
    policy = policy_for(key, *others, requirements=rules + REQUIRED)
    project = make_project(tmp_path, key, *others, files={**FILES, ".localci/policy.toml": policy})
    git(project.path, "switch", "-q", "-c", "feature")
    return Machine(project, key, tmp_path / f"state-{key.name}", **changes)


def at(person: Machine, key: Key, tmp_path: Path) -> Machine:
    """Return a teammate's machine with the same repository and the same notes."""
    return Machine(person.project, key, tmp_path / f"state-{key.name}", lines=person.lines)


def test_what_passed_in_a_failed_run_is_reused_and_accepted(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    first = mine.project.commit({"src/a.py": "2"})
    failed = mine.run("tests")
    assert not reused(failed)
    mine.project.commit({"tests/a.py": "2"})
    fixed = mine.run()
    assert reused(fixed) == {"lint", "docs"}
    made = mine.sign(fixed)
    assert set(made) == {first, failed.tree, fixed.commit, fixed.tree}
    (origin,) = made[first]
    document = stated(origin).document
    assert (set(document.checks), document.partial) == ({"lint", "docs"}, True)
    (line,) = made[fixed.commit]
    reuse = stated(line).document.checks["lint"].reused_from
    assert reuse is not None
    assert (reuse.commit, reuse.statement) == (first, digest(origin))
    assert reuse.signer == ada.fingerprint
    verdict = mine.verdict()
    assert (verdict["verdict"], verdict["signers"]) == ("accepted", ["ada@example.org"])


def test_an_origin_is_no_answer_about_its_own_commit(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    first = mine.project.commit({"src/a.py": "2"})
    mine.run("tests")
    mine.project.commit({"tests/a.py": "2"})
    mine.sign(mine.run())
    with ObjectReader(str(mine.project.path), user_environment()) as objects:
        certificate = read_certificate(ada.certificate.encode())
        assert not list(own_results(objects, first, "origin", lambda: certificate))
        assert list(own_results(objects, mine.project.head, "origin", lambda: certificate))
    assert mine.verdict(first)["verdict"] == "refused"


def test_a_reuse_of_a_reuse_names_where_it_ran(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    first = mine.project.commit({"src/a.py": "2"})
    (line,) = mine.sign(mine.run())[first]
    for number in "23":
        mine.project.commit({"docs/a.md": number})
        document = mine.run()
        assert reused(document) == {"lint", "tests"}
        made = mine.sign(document)
        # What was signed as a whole is not signed again in parts.
        assert set(made) == {document.commit, document.tree}
        reuse = stated(made[document.commit][0]).document.checks["tests"].reused_from
        assert reuse is not None
        assert (reuse.commit, reuse.statement) == (first, digest(line))
        assert mine.verdict()["verdict"] == "accepted"


def test_an_origin_is_signed_once(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    first = mine.project.commit({"src/a.py": "2"})
    mine.run("tests")
    mine.project.commit({"tests/a.py": "2"})
    assert first in mine.sign(mine.run())
    mine.project.commit({"tests/a.py": "3"})
    assert first not in mine.sign(mine.run())
    assert mine.verdict()["verdict"] == "accepted"


@pytest.mark.parametrize("how", ["amend", "rebase", "switch"])
def test_results_survive(tmp_path: Path, ada: Key, how: str) -> None:
    mine = machine(tmp_path, ada)
    mine.project.commit({"src/a.py": "2"})
    before = mine.run()
    path = mine.project.path
    if how == "amend":
        git(path, "commit", "-q", "--amend", "-m", "Said better")
    elif how == "rebase":
        git(path, "switch", "-q", "main")
        mine.project.commit({"README": "new"})
        git(path, "push", "-q", "--no-verify", "origin", "main")
        git(path, "switch", "-q", "feature")
        git(path, "rebase", "-q", "main")
    else:
        git(path, "switch", "-q", "main")
        mine.run()
        git(path, "switch", "-q", "feature")
    after = mine.run()
    assert reused(after) == set(before.checks)
    mine.sign(after)
    assert mine.verdict()["verdict"] == "accepted"


def test_under_never_nothing_is_reused(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada, rules='reuse = "never"\n')
    mine.project.commit({"src/a.py": "2"})
    mine.run()
    assert not reused(mine.run())


def test_an_unknown_origin_is_not_signed(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    mine.project.commit({"src/a.py": "2"})
    mine.run()
    document = mine.run()
    with pytest.raises(UsageError, match="--no-cache"):
        Machine(mine.project, ada, tmp_path / "elsewhere").sign(document)


def test_figures_that_were_changed_since_are_not_signed(tmp_path: Path, ada: Key) -> None:
    mine = machine(tmp_path, ada)
    mine.project.commit({"src/a.py": "2"})
    mine.run()
    document = mine.run()
    better = document.checks["tests"]._replace(finished_at=document.finished_at)
    with pytest.raises(UsageError, match="check tests"):
        mine.sign(document._replace(checks={**document.checks, "tests": better}))


def test_with_another_key_an_origin_is_signed_again(tmp_path: Path, ada: Key, bob: Key) -> None:
    """Whoever changes keys still has results of his own."""
    mine = machine(tmp_path, ada, bob)
    mine.project.commit({"src/a.py": "2"})
    mine.sign(mine.run())
    mine.key = bob
    mine.project.commit({"docs/a.md": "2"})
    mine.sign(mine.run())
    assert mine.verdict()["signers"] == ["bob@example.org"]


TEAM = 'reuse = "team"\n'


def test_a_teammates_result_is_reused_under_team(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    first = hers.run()
    (line,) = hers.sign(first)[first.commit]
    his = at(hers, bob, tmp_path)
    his.project.commit({"docs/a.md": "2"})
    document = his.run()
    assert reused(document) == {"lint", "tests"}
    made = his.sign(document)
    assert made[document.commit][0] == line
    assert made[document.tree] == made[document.commit]
    verdict = his.verdict()
    assert verdict["verdict"] == "accepted"
    assert set(verdict["signers"]) == {"ada@example.org", "bob@example.org"}


def test_what_a_teammate_reused_leads_to_where_it_ran(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    first = hers.run("tests")
    hers.project.commit({"tests/a.py": "2"})
    second = hers.run()
    assert reused(second) == {"lint", "docs"}
    (origin,) = hers.sign(second)[first.commit]
    his = at(hers, bob, tmp_path)
    his.project.commit({"README": "2"})
    third = his.run()
    assert reused(third) == {"lint", "tests", "docs"}
    reuse = third.checks["lint"].reused_from
    assert reuse is not None
    assert (reuse.commit, reuse.statement) == (first.commit, digest(origin))
    made = his.sign(third)[third.commit]
    assert len(made) == 3
    verdict = his.verdict()
    assert verdict["verdict"] == "accepted", verdict


def test_under_own_a_teammates_result_is_neither_reused_nor_accepted(
    tmp_path: Path, ada: Key, bob: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = machine(tmp_path, ada, bob)
    hers.project.commit({"src/a.py": "2"})
    hers.sign(hers.run())
    his = at(hers, bob, tmp_path)
    his.project.commit({"docs/a.md": "2"})
    assert not reused(his.run())
    (tmp_path / "state-bob").rename(tmp_path / "gone")
    # He believes that the policy says otherwise; the verifier does not.
    monkeypatch.setattr("localci.prover.reuse.team._TEAM", "own")
    document = his.run()
    assert reused(document) == {"lint", "tests"}
    his.sign(document)
    verdict = his.verdict()
    assert verdict["verdict"] == "refused"
    assert "reuse-refused" in str(verdict)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "require_isolation = true\n",
        "threshold = 2\n",
        'max_age = "1d"\n',
        'binding = "commit"\n',
        'roles = ["maintainer"]\n',
    ],
)
def test_what_would_not_count_is_not_taken(tmp_path: Path, ada: Key, bob: Key, rule: str) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    hers.sign(hers.run())
    policy = policy_for(ada, bob, requirements=TEAM + rule + REQUIRED)
    if rule.startswith("max_age"):
        policy = policy.replace('max_age = "30d"\n', "", 1)
    his = at(hers, bob, tmp_path)
    his.project.commit({".localci/policy.toml": policy})
    assert bool(reused(his.run())) == (not rule)


def test_a_revoked_or_unknown_signer_is_not_believed(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    hers.sign(hers.run())
    his = at(hers, bob, tmp_path)
    policy = policy_for(bob, ada, requirements=TEAM + REQUIRED)
    his.project.commit(
        {".localci/policy.toml": policy + 'revoked = { at = 2026-01-01, reason = "lost" }\n'}
    )
    assert not reused(his.run())
    his.project.commit({".localci/policy.toml": policy_for(bob, requirements=TEAM + REQUIRED)})
    (tmp_path / "state-bob").rename(tmp_path / "gone")
    assert not reused(his.run())


def test_one_who_is_held_apart_takes_nothing_less(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    hers.sign(hers.run())
    his = at(hers, bob, tmp_path)
    his.isolation = "namespaces"
    his.project.commit({"docs/a.md": "2"})
    assert not reused(his.run())


def test_failed_lines_are_not_taken(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    hers.sign(hers.run("docs"))
    his = at(hers, bob, tmp_path)
    his.project.commit({"README": "2"})
    assert not reused(his.run())


def test_a_signature_that_does_not_hold_is_not_believed(tmp_path: Path, ada: Key, bob: Key) -> None:
    hers = machine(tmp_path, ada, bob, rules=TEAM)
    hers.project.commit({"src/a.py": "2"})
    made = hers.run()
    hers.sign(made)
    good = dict(hers.lines)
    for name, lines in good.items():
        envelopes = [decode_envelope(loads_object(line, "it")) for line in lines]
        hers.lines[name] = tuple(
            encode_envelope(one._replace(payload=one.payload.replace(b"refs", b"rest") + b" "))
            for one in envelopes
        )
    his = at(hers, bob, tmp_path)
    attach(hers.project.path, hers.lines)
    his.project.commit({"README": "2"})
    assert not reused(his.run())
    (tmp_path / "state-bob").rename(tmp_path / "gone")
    attach(hers.project.path, good)
    assert reused(his.run()) == set(made.checks)
