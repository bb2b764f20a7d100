"""By whose rules a commit is judged; through the whole of `localci verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.result import encode_result
from localci.formats.strict_json import dumps_canonical
from support.attested import attach, document, signed_line
from support.project import CHECKS, REPOSITORY, Project, policy_for
from support.repositories import git, ref
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Key, Keys


def trusting(project: Project, *signers: Key, requirements: str = "[require.tests]\n") -> None:
    """Let HEAD's own policy trust these keys."""
    keys = {f".localci/keys/{key.name}.asc": key.certificate for key in signers}
    policy = policy_for(*signers, requirements=requirements)
    project.commit({".localci/policy.toml": policy, **keys})


def test_the_policy_of_the_change_itself_does_not_count(
    project: Project, keys: Keys, homes: Homes
) -> None:
    bob = keys["bob"]
    bob.add_to(homes.gnupg)
    trusting(project, bob)
    line = signed_line(document(project.path), bob, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    code, found = verdict(project)
    assert code == 1
    assert codes(found) == ["signer-unknown", "check-missing"]
    code, found = verdict(project, "--trust-ref", "HEAD")
    assert (code, found["self_judged"], found["trust"]["ref"]) == (0, True, "HEAD")
    assert "judged by its own policy" in project.localci("verify", "--trust-ref", "HEAD").output


def test_a_policy_deleted_by_the_change_still_holds(
    project: Project, ada: Key, homes: Homes
) -> None:
    git(project.path, "rm", "-q", "-r", ".localci")
    project.commit({})
    line = signed_line(document(project.path), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    assert verdict(project)[0] == 0
    code, found = verdict(project, "--trust-ref", "HEAD")
    assert (code, codes(found)) == (2, ["policy-missing"])
    assert found["self_judged"] is True


def test_checks_weakened_by_the_change_do_not_count(
    project: Project, ada: Key, homes: Homes
) -> None:
    project.commit({"localci.toml": CHECKS.replace("sh run-tests", "true; sh run-tests")})
    line = signed_line(document(project.path), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    code, found = verdict(project)
    assert code == 1
    assert codes(found) == ["checks-changed", "checks-changed"]


def test_the_head_of_the_target_may_be_verified_too(
    project: Project, ada: Key, homes: Homes
) -> None:
    line = signed_line(document(project.path, "main"), ada, homes.gnupg)
    attach(project.path, {ref(project.path, "main"): (line,)})
    code, found = verdict(project, "main")
    assert (code, found["self_judged"]) == (0, True)


def remade(project: Project, files: dict[str, str], *removed: str) -> None:
    """Put another state on the branch that is trusted."""
    git(project.path, "switch", "-q", "main")
    for path in removed:
        git(project.path, "rm", "-q", "-r", path)
    project.commit(files)
    git(project.path, "push", "-q", "--no-verify", "origin", "main")
    git(project.path, "switch", "-q", "feature")


@pytest.mark.usefixtures("good")
def test_without_a_policy_there_is_nothing_to_judge_by(project: Project) -> None:
    remade(project, {}, ".localci")
    code, found = verdict(project, "--target", "main")
    assert (code, found["verdict"], codes(found)) == (2, "error", ["policy-missing"])
    assert (found["target"], found["trust"]["policy_digest"]) == ("main", "")
    done = project.localci("verify")
    assert "policy-missing: the trust commit has no .localci/policy.toml" in done.output


@pytest.mark.usefixtures("good")
def test_a_twin_in_other_letters_is_no_policy(project: Project) -> None:
    policy = git(project.path, "show", "main:.localci/policy.toml")
    remade(
        project, {".LocalCI/policy.toml": policy + "\n", ".localci/Policy.toml": policy}, ".localci"
    )
    assert codes(verdict(project)[1]) == ["policy-missing"]


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    "policy",
    ["", "version = 1\n", "version = 1\nrepository = 'a.org/b'\n[require.tests]\nmax_fialed = 0\n",
     "\x00", "version = 1\nrepository = 'a.org/b'\nthreshold = 0\n[require.tests]\n"],
    ids=["empty", "heart", "typo", "NUL", "threshold"],
)  # fmt: skip
def test_a_policy_that_cannot_be_used_is_said_to_be(project: Project, policy: str) -> None:
    remade(project, {".localci/policy.toml": policy})
    code, found = verdict(project)
    assert (code, codes(found)) == (2, ["policy-invalid"])
    assert found["reasons"][0]["message"].startswith(".localci/policy.toml")


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    ("path", "target"),
    [
        (".localci/policy.toml", "../elsewhere"),
        (".localci/keys/ada.asc", "../../elsewhere"),
        ("localci.toml", "elsewhere"),
    ],
)
def test_a_link_in_place_of_a_file_is_never_followed(
    project: Project, path: str, target: str
) -> None:
    git(project.path, "switch", "-q", "main")
    content = git(project.path, "show", f"main:{path}")
    (project.path / path).unlink()
    (project.path / path).symlink_to(target)
    git(project.path, "switch", "-q", "-C", "main")
    remade(project, {"elsewhere": content + "\n"})
    code, found = verdict(project)
    assert (code, codes(found)) == (2, ["policy-invalid"])
    assert "is not a regular file in this commit" in found["reasons"][0]["message"]


@pytest.mark.usefixtures("good")
def test_a_submodule_in_place_of_the_policy_is_none(project: Project) -> None:
    git(project.path, "switch", "-q", "main")
    git(project.path, "rm", "-q", "-r", ".localci")
    row = f"160000,{project.head},.localci"
    git(project.path, "update-index", "--add", "--cacheinfo", row)
    git(project.path, "commit", "-q", "--no-verify", "-m", "x")
    git(project.path, "push", "-q", "--no-verify", "origin", "main")
    git(project.path, "switch", "-q", "feature")
    assert codes(verdict(project)[1]) == ["policy-missing"]


def test_an_unsigned_result_counts_only_where_the_policy_says_so(project: Project) -> None:
    bare = dumps_canonical(encode_result(document(project.path)))
    attach(project.path, {project.head: (bare,)})
    assert codes(verdict(project)[1]) == ["unsigned", "check-missing"]
    policy = git(project.path, "show", "main:.localci/policy.toml")
    open_to_all = policy.replace("[require", "require_signature = false\n[require", 1)
    remade(project, {".localci/policy.toml": open_to_all})
    code, found = verdict(project)
    assert (code, codes(found), found["signers"]) == (0, ["unsigned"], [])
    assert "accepted UNSIGNED" in project.localci("verify").output


@pytest.mark.usefixtures("good")
def test_the_default_branch_of_the_remote_is_trusted(project: Project) -> None:
    git(project.path, "push", "-q", "--no-verify", "origin", "main:trunk")
    git(project.path, "fetch", "-q")
    git(project.path, "remote", "set-head", "origin", "trunk")
    assert verdict(project)[1]["trust"]["ref"] == "refs/remotes/origin/trunk"


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("trust", ["origin/main", "main", "refs/remotes/origin/main", "HEAD~1"])
def test_the_trust_commit_may_be_named(project: Project, trust: str) -> None:
    code, found = verdict(project, "--trust-ref", trust)
    assert (code, found["trust"]["commit"]) == (0, ref(project.path, "main"))


@pytest.mark.usefixtures("good")
def test_nobody_is_trusted_unasked(project: Project) -> None:
    git(project.path, "remote", "remove", "origin")
    done = project.localci("verify")
    assert (done.code, done.output) == (2, "")
    assert "not known which branch of origin to trust" in done.errors
    assert "--trust-ref" in done.errors


def test_the_repository_in_the_policy_is_the_one_that_counts(
    project: Project, ada: Key, homes: Homes
) -> None:
    for address, code in (
        (REPOSITORY + ".git", 0),
        (REPOSITORY.replace("example", "EXAMPLE") + "/", 0),
        ("example.org/acme/App", 1),
        ("example.org/mallory/app", 1),
    ):
        line = signed_line(document(project.path), ada, homes.gnupg, repository=address)
        attach(project.path, {project.head: (line,)})
        assert verdict(project)[0] == code, address
