"""What commits are judged by, read from real commits."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from localci.errors import PolicyError
from localci.formats.object_ids import sha256_hex
from localci.git.command import isolated_environment
from localci.git.objects import GitObject, ObjectReader
from localci.verifier.evidence import HostedResult
from localci.verifier.grounds import Grounds, make_case, read_grounds
from localci.verifier.question import Question
from support.attested import tree_of
from support.project import CHECKS, policy_for
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Key
    from support.project import Project

POLICY = ".localci/policy.toml"


@pytest.fixture
def objects(project: Project) -> Iterator[ObjectReader]:
    with reader(project) as made:
        yield made


@contextlib.contextmanager
def reader(project: Project) -> Iterator[ObjectReader]:
    with ObjectReader(str(project.path / ".git"), isolated_environment()) as made:
        yield made


def commit(objects: ObjectReader, name: str) -> GitObject:
    found = objects.read(f"{name}^{{commit}}")
    assert found is not None
    return found


def grounds_of(
    objects: ObjectReader, trusted: str, tested: str = "HEAD", digest: str = ""
) -> Grounds:
    question = Question(tested, trusted, policy_digest=digest)
    before = commit(objects, trusted) if trusted else None
    return read_grounds(objects, before, commit(objects, tested), question)


def without_policy(project: Project) -> str:
    """Return a commit that has no policy, made beside the branches."""
    tree = git(project.path, "mktree", data=git(project.path, "ls-tree", "HEAD", "run-tests"))
    return git(project.path, "commit-tree", tree, "-m", "before")


def test_all_is_read_at_the_trust_commit(project: Project, objects: ObjectReader, ada: Key) -> None:
    weaker = policy_for(ada).replace("max_failed = 0", "max_failed = 99")
    project.commit({POLICY: weaker, "localci.toml": CHECKS.replace("sh ", "true || sh ")})
    found = grounds_of(objects, "main")
    text = policy_for(ada).encode()
    assert (found.trust.ref, found.trust.commit) == ("main", git(project.path, "rev-parse", "main"))
    assert found.trust.policy_digest == found.policy.digest == sha256_hex(text)
    assert found.policy.requirements[0].max_failed == 0
    assert found.tree == tree_of(project.path, "main")

    case = make_case(objects, commit(objects, "HEAD"), found)
    assert (case.commit, case.tree) == (project.head, tree_of(project.path))
    assert case.trusted_checks == found.checks
    assert case.own_checks["tests"] != found.checks["tests"]


def test_the_checks_of_the_same_files_are_the_same(project: Project, objects: ObjectReader) -> None:
    found = grounds_of(objects, "main")
    assert make_case(objects, commit(objects, "HEAD"), found).own_checks is found.checks


@pytest.mark.parametrize("text", ["version = ", "", "version = 1\n[checks.lint]\nrun = 'x'\n"])
def test_a_configuration_that_means_nothing_defines_no_check(
    project: Project, objects: ObjectReader, text: str
) -> None:
    project.commit({"localci.toml": text})
    case = make_case(objects, commit(objects, "HEAD"), grounds_of(objects, "main"))
    assert dict(case.own_checks) == {}


def test_a_first_policy_is_taken_where_its_digest_is_pinned(
    project: Project, objects: ObjectReader, ada: Key
) -> None:
    digest = sha256_hex(policy_for(ada).encode())
    for trusted in (without_policy(project), ""):
        for pinned in (digest, digest.upper()):
            found = grounds_of(objects, trusted, digest=pinned)
            assert found.policy.digest == digest
            assert (found.trust.commit, found.tree) == (project.head, tree_of(project.path))


@pytest.mark.parametrize("pinned", ["0" * 64, "", "*", "HEAD"])
def test_and_nowhere_else(project: Project, objects: ObjectReader, pinned: str) -> None:
    for trusted in (without_policy(project), ""):
        with pytest.raises(PolicyError) as caught:
            grounds_of(objects, trusted, digest=pinned)
        assert caught.value.code == ("policy-invalid" if pinned else "policy-missing")


def test_a_part_of_the_digest_is_none(project: Project, objects: ObjectReader, ada: Key) -> None:
    digest = sha256_hex(policy_for(ada).encode())
    for pinned in (digest[:12], f" {digest}", digest + "\n"):
        with pytest.raises(PolicyError, match="not "):
            grounds_of(objects, "", digest=pinned)


def test_a_trust_commit_with_a_policy_is_not_passed_over(
    project: Project, objects: ObjectReader, ada: Key
) -> None:
    weaker = policy_for(ada).replace("max_failed = 0", "max_failed = 99")
    project.commit({POLICY: weaker})
    found = grounds_of(objects, "main", digest=sha256_hex(weaker.encode()))
    assert found.policy.digest == sha256_hex(policy_for(ada).encode())


def test_nor_is_one_whose_policy_cannot_be_read(
    project: Project, objects: ObjectReader, ada: Key
) -> None:
    good = project.head
    project.commit({POLICY: "version = 2\n"})
    broken = project.head
    git(project.path, "reset", "--quiet", "--hard", good)
    with pytest.raises(PolicyError) as caught:
        grounds_of(objects, broken, good, digest=sha256_hex(policy_for(ada).encode()))
    assert caught.value.code == "policy-invalid"


PATHS = "[require.tests]\n[paths.'.github/**']\nroles = ['maintainer']\n"


@pytest.fixture
def protecting(project: Project, ada: Key) -> Project:
    """A project whose workflows are protected, with a commit that changes one."""
    git(project.path, "switch", "--quiet", "main")
    project.commit({POLICY: policy_for(ada, requirements=PATHS), ".github/workflows/a": "1"})
    git(project.path, "switch", "--quiet", "-c", "change")
    project.commit({".github/workflows/a": "2"})
    return project


def test_a_merge_base_only_says_who_moved(protecting: Project) -> None:
    with reader(protecting) as objects:
        found = grounds_of(objects, "main")
        head = commit(objects, "HEAD")
        moved = {}
        for base in ("main", "HEAD", "main~1", "", "nothing", "0" * 40, "HEAD^{tree}~"):
            case = make_case(objects, head, found, find_merge_base=lambda _a, _b, at=base: at)  # type: ignore[misc]
            (change,) = case.path_changes
            assert change.paths == (".github/workflows/a",)
            moved[base] = change.moved
    assert moved["main"] == "changed by this commit"
    assert moved["HEAD"].startswith("changed by the trusted branch since")
    assert moved["main~1"] == "changed by both sides"
    assert moved[""] == moved["nothing"] == moved["0" * 40] == ""


def test_workflows_matter_to_the_forges_own_run(protecting: Project) -> None:
    hosted = HostedResult(b"", "", "", 0)
    with reader(protecting) as objects:
        found = grounds_of(objects, "main")
        head, trusted = commit(objects, "HEAD"), commit(objects, "main")
        assert make_case(objects, head, found, hosted).workflows_changed
        assert not make_case(objects, head, found).workflows_changed
        assert not make_case(objects, trusted, found, hosted).workflows_changed
