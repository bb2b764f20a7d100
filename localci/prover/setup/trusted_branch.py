"""The policy of the trusted branch, as far as this clone knows it: what verifiers judge by now."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from localci.config.read_policy import read_policy
from localci.errors import LocalciError, PolicyError
from localci.git.command import repository_environment
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.tree_files import TreeFiles
from localci.gpg.keyring import now

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings


class Trust(enum.Enum):
    """Whether the policy of the trusted branch names a key, as far as this clone knows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def trusted_remote(settings: GitSettings) -> str:
    """Return the remote whose default branch is the trusted one, "" where there is none."""
    remotes = settings.remote_urls()
    return "origin" if "origin" in remotes else min(remotes, default="")


def trust_in(repository: RepositoryPaths, settings: GitSettings, key: PublicKey) -> Trust:
    """Tell whether a result by the key would count for what is pushed now.

    Yes where there is no remote, whose branch would have to name the key first; unknown where git
    does not know the remote's default branch.
    """
    remote = trusted_remote(settings)
    if not remote:
        return Trust.YES
    environment = repository_environment(repository.git_dir)
    try:
        with ObjectReader(repository.git_dir, environment) as objects:
            trusted = objects.read(f"refs/remotes/{remote}/HEAD^{{commit}}")
            if trusted is None:
                return Trust.UNKNOWN
            policy = read_policy(TreeFiles(objects, tree_of_commit(trusted.body)).read)
    except PolicyError:
        return Trust.NO
    except LocalciError:
        return Trust.UNKNOWN
    named = (signer for signer in policy.signers if signer.fingerprint == key.fingerprint)
    return Trust.YES if any(signer.counts_from(now()) for signer in named) else Trust.NO
