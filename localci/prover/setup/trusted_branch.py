"""The policy of the trusted branch, as far as this clone knows it: what verifiers judge by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.read_policy import read_policy
from localci.errors import LocalciError
from localci.git.command import repository_environment
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.tree_files import TreeFiles

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings


def is_trusted_already(repository: RepositoryPaths, settings: GitSettings, key: PublicKey) -> bool:
    """Tell whether a result by the key would count for what is pushed now.

    True where there is no remote, whose branch would have to name the key first.
    """
    remotes = settings.remote_urls()
    if not remotes:
        return True
    remote = "origin" if "origin" in remotes else min(remotes)
    environment = repository_environment(repository.git_dir)
    try:
        with ObjectReader(repository.git_dir, environment) as objects:
            trusted = objects.read(f"refs/remotes/{remote}/HEAD^{{commit}}")
            if trusted is None:
                return False
            policy = read_policy(TreeFiles(objects, tree_of_commit(trusted.body)).read)
    except LocalciError:
        return False
    return any(signer.fingerprint == key.fingerprint for signer in policy.signers)
