from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.envelope import decode_envelope, encode_envelope
from localci.formats.result import TestFigures, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.git.command import user_environment
from localci.git.objects import ObjectReader
from localci.gpg.certificate import read_certificate
from localci.prover.attest.own_results import own_results
from support.attested import attach, document, make_feature, passed_check, signed_line, tree_of
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from localci.gpg.certificate import Certificate
    from localci.prover.attest.own_results import OwnResult
    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    return make_feature(tmp_path, ada)


@pytest.fixture
def good(project: Project, ada: Key, homes: Homes) -> bytes:
    return signed_line(document(project.path), ada, homes.gnupg)


class Asked:
    """My certificate, and how often it was asked for."""

    def __init__(self, key: Key) -> None:
        self.certificate = read_certificate(key.certificate.encode())
        self.times = 0

    def __call__(self) -> Certificate:
        self.times += 1
        return self.certificate


def found(
    project: Project, asked: Asked, object_id: str = "", remote: str = "origin"
) -> list[OwnResult]:
    with ObjectReader(str(project.path), user_environment()) as objects:
        return list(own_results(objects, object_id or project.head, remote, asked))


@pytest.mark.parametrize(
    "name", ["refs/notes/ci", "refs/localci/outbox", "refs/localci/remotes/origin"]
)
def test_my_result_is_found_wherever_it_is_kept(
    project: Project, ada: Key, good: bytes, name: str
) -> None:
    attach(project.path, {project.head: (good,)}, name)
    asked = Asked(ada)
    (own,) = found(project, asked)
    assert own.line == good
    assert own.signer == ada.fingerprint
    assert own.statement.commit == project.head
    assert own.payload == decode_envelope(loads_object(good, "it")).payload
    assert asked.times == 1


def test_another_remotes_notes_say_nothing_of_this_one(
    project: Project, ada: Key, good: bytes
) -> None:
    attach(project.path, {project.head: (good,)}, "refs/localci/remotes/fork")
    assert found(project, Asked(ada)) == []
    assert len(found(project, Asked(ada), remote="fork")) == 1


def test_the_newest_comes_first_and_each_once(project: Project, ada: Key, homes: Homes) -> None:
    old, new = (
        signed_line(document(project.path, run_id=digit * 32), ada, homes.gnupg) for digit in "12"
    )
    attach(project.path, {project.head: (old, new)})
    attach(project.path, {project.head: (new,)}, "refs/localci/outbox")
    assert [own.line for own in found(project, Asked(ada))] == [new, old]


def test_a_result_on_the_tree_is_found_by_the_tree(project: Project, ada: Key, good: bytes) -> None:
    tree = tree_of(project.path)
    attach(project.path, {tree: (good,)})
    git(project.path, "commit", "-q", "--amend", "--no-verify", "-m", "Another message")
    assert found(project, Asked(ada)) == []
    (own,) = found(project, Asked(ada), tree)
    assert own.statement.commit != project.head


def test_what_is_not_mine_costs_nothing(project: Project, keys: Keys, homes: Homes) -> None:
    path = project.path
    failed = passed_check(path, passed=False, figures=TestFigures(2, 1, 0))
    mine = signed_line(document(path), keys["ada"], homes.gnupg)
    others = (
        b"rubbish", b"{}", b"\xff", b'{"payload":1}',
        dumps_canonical(encode_result(document(path))),
        signed_line(document(path, checks={"tests": failed}), keys["ada"], homes.gnupg),
        signed_line(document(path, "main"), keys["ada"], homes.gnupg),
        mine.replace(b"application/vnd", b"application/xnd"),
    )  # fmt: skip
    attach(path, {project.head: others})
    asked = Asked(keys["ada"])
    assert found(project, asked) == []
    assert asked.times == 0


def test_a_line_that_only_says_it_is_mine_is_not(
    project: Project, keys: Keys, homes: Homes, good: bytes
) -> None:
    keys["bob"].add_to(homes.gnupg)
    theirs = decode_envelope(
        loads_object(signed_line(document(project.path), keys["bob"], homes.gnupg), "it")
    )
    (signature,) = theirs.signatures
    claimed = theirs._replace(signatures=(signature._replace(keyid=keys["ada"].fingerprint),))
    ours = decode_envelope(loads_object(good, "it"))
    forged = ours._replace(payload=ours.payload.replace(b'"total":2', b'"total":9'))
    attach(
        project.path,
        {
            project.head: (
                encode_envelope(theirs),
                encode_envelope(claimed),
                encode_envelope(forged),
            )
        },
    )
    assert found(project, Asked(keys["ada"])) == []


def test_of_two_signatures_mine_is_found(
    project: Project, keys: Keys, homes: Homes, good: bytes
) -> None:
    keys["bob"].add_to(homes.gnupg)
    mine = decode_envelope(loads_object(good, "it"))
    theirs = mine.signatures[0]._replace(keyid=keys["bob"].fingerprint)
    both = encode_envelope(mine._replace(signatures=(theirs, *mine.signatures)))
    attach(project.path, {project.head: (both,)})
    assert [own.signer for own in found(project, Asked(keys["ada"]))] == [keys["ada"].fingerprint]
