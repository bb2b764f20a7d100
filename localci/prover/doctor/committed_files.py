"""What HEAD holds: a commit is checked by its own localci.toml, and judged by a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.config.policy import POLICY_FILE
from localci.config.read_configuration import read_configuration
from localci.config.read_policy import read_policy
from localci.errors import LocalciError, NoConfigurationError, PolicyError
from localci.git.objects import tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.gpg.keyring import now
from localci.prover.doctor.editable_install import examine_path
from localci.prover.doctor.finding import Finding, doubtful, failed, fine, wrong
from localci.prover.setup.next_steps import how_to_join
from localci.prover.setup.validity import find_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Policy
    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.prover.setup.working_tree import WorkingTree

_COMMIT: Final = "git add localci.toml .localci; git commit"


def examine_committed_files(
    repository: RepositoryPaths, objects: ObjectReader, working: WorkingTree, fingerprint: str
) -> Iterator[Finding]:
    """Yield findings for HEAD's configuration, for a PATH that it cannot use, for HEAD's policy.

    `fingerprint` is my primary key's, empty where there is none. Raises GitError.
    """
    head = objects.read("HEAD^{commit}")
    if head is None:
        yield doubtful("commit", "there is none yet, so nothing can be pushed", "git commit")
        return
    files = TreeFiles(objects, tree_of_commit(head.body))
    yield from _examine_configuration(repository, files, working)
    yield from _examine_policy(files, working, fingerprint)


def _examine_configuration(
    repository: RepositoryPaths, files: TreeFiles, working: WorkingTree
) -> Iterator[Finding]:
    try:
        configuration = read_configuration(files.read)
    except NoConfigurationError:
        uncommitted = working.has_file(CONFIGURATION_FILE)
        then = _COMMIT if uncommitted else "localci init"
        yield wrong("checks", f"HEAD has no {CONFIGURATION_FILE}", then)
        return
    except LocalciError as error:
        yield failed("checks", error)
        return
    names = ", ".join(check.name for check in configuration.checks)
    yield fine("checks", f"{configuration.file}: {names}")
    yield from examine_path(repository, configuration.run)


def _examine_policy(files: TreeFiles, working: WorkingTree, fingerprint: str) -> Iterator[Finding]:
    try:
        policy = read_policy(files.read)
    except PolicyError as error:
        if error.code != "policy-missing":
            yield failed("policy", error)
            return
        then = _COMMIT if working.has_file(POLICY_FILE) else "localci init"
        yield wrong("policy", f"HEAD has no {POLICY_FILE}", then)
        return
    yield _examine_place(policy, fingerprint)
    at = now()
    for signer in policy.signers:
        for caution in find_warnings(policy, signer, at):
            yield doubtful("policy", f"{signer.name}: {caution.what}", caution.then)


def _examine_place(policy: Policy, fingerprint: str) -> Finding:
    """Return what the policy requires, and who I am in it."""
    required = f"it requires {', '.join(requirement.name for requirement in policy.requirements)}"
    if not fingerprint:
        return fine("policy", required)
    mine = [signer for signer in policy.signers if signer.fingerprint == fingerprint]
    if not mine:
        what = "it does not name your key, so nobody trusts it"
        return wrong("policy", what, how_to_join(policy))
    if mine[0].revoked is not None:
        return wrong("policy", "it revokes your key", "localci key generate")
    return fine("policy", f"{required}; you are {mine[0].name}")
