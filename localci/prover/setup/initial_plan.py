"""What `localci init` will do here: drawn up first, shown, and carried out by consent only."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.config.policy import POLICY_FILE
from localci.config.read_policy import read_policy
from localci.errors import UsageError
from localci.formats.repository_name import normalise_repository
from localci.gpg.certificate import Certificate
from localci.native_hook import find_hook
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.setup.first_push import current_branch, default_branch
from localci.prover.setup.hook_managers import hook_manager_configuration
from localci.prover.setup.own_key import find_own_key
from localci.prover.setup.own_public_key import from_keyring
from localci.prover.setup.proposing.machine import look_around
from localci.prover.setup.proposing.propose import (
    MAINTAINER,
    existing_configuration,
    propose_configuration,
    propose_policy,
    protected_paths,
    read_proposed,
    translate_configuration,
)
from localci.prover.setup.proposing.repository_tools import DEBIAN_CONTROL
from localci.prover.setup.signers import NewSigner, add_signer, email_of
from localci.prover.setup.verifier_workflow import (
    FORGE,
    WORKFLOW_FILE,
    installed_action,
    propose_workflow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy, PublicKey
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.setup.working_tree import WorkingTree

_REMOTES: Final = ("upstream", "origin")
_NAMED: Final = "`localci init --repository github.com/you/app`"


@dataclass(frozen=True)
class InitialPlan:
    """What is missing here; what is there already is kept.

    `configuration` and `policy`, the latter still without a signer, are the files to write, None
    where there is one (`configured_in` names the configuration). `repository` is the new policy's,
    and `workflow` comes with it where the forge can use one and has none (`verified_by` names the
    one that is there). `key` is None where one has to be made. `trusted` tells whether a policy
    that is there names the key. `called_by` is what calls the hook, empty where it has to be
    installed.
    """

    configuration: bytes | None
    configured_in: str
    policy: bytes | None
    repository: str
    workflow: bytes | None
    verified_by: str
    key: PublicKey | None
    trusted: bool
    called_by: str

    @property
    def is_empty(self) -> bool:
        """Whether everything is in place."""
        nothing_to_write = self.configuration is None and self.policy is None
        return nothing_to_write and self.key is not None and bool(self.called_by)


def draw_up(
    repository: RepositoryPaths,
    files: WorkingTree,
    settings: GitSettings,
    name: str,
    source: str = "",
) -> InitialPlan:
    """Look at the repository and plan. `name` is the repository's, empty: that of its remote.

    `source` is the path of the GitHub workflows to translate, "" for none.

    Raises UsageError where something that is there cannot be used or nothing is recognised.
    """
    existing = existing_configuration(files)
    configuration = _configuration(files, source) if existing is None else None
    effective = existing or read_proposed(configuration or b"")
    policy = None
    if files.read(POLICY_FILE) is not None:
        policy = read_policy(files.read)
        _refuse_other_name(policy, name)
    key = _own_key(repository, settings)
    named = "" if policy else _repository(settings, name)
    verified_by = WORKFLOW_FILE if files.has_file(WORKFLOW_FILE) else ""
    if named and key is not None:
        _owner(key, settings)
    return InitialPlan(
        configuration=configuration,
        configured_in=effective.file,
        policy=propose_policy(named, effective, protected_paths(files)) if named else None,
        repository=named,
        workflow=None if verified_by else _workflow(repository, named),
        verified_by=verified_by,
        key=key,
        trusted=policy is not None and key is not None and _trusts(policy, key),
        called_by=_caller(repository, files),
    )


def files_to_write(
    plan: InitialPlan, files: WorkingTree, settings: GitSettings
) -> Mapping[str, bytes]:
    """Return the missing files, a new policy with the key's owner in it."""
    written = {} if plan.configuration is None else {CONFIGURATION_FILE: plan.configuration}
    if plan.workflow is not None:
        written[WORKFLOW_FILE] = plan.workflow
    policy = plan.policy
    if policy is None or plan.key is None:
        return written
    owner = _owner(plan.key, settings)
    added = add_signer(lambda path: policy if path == POLICY_FILE else files.read(path), owner)
    return {**written, **added.files}


def _configuration(files: WorkingTree, source: str) -> bytes:
    if source:
        return translate_configuration(files, source, look_around)
    control = None
    # One behind a link is dpkg's affair.
    with contextlib.suppress(UsageError):
        control = files.read(DEBIAN_CONTROL)
    return propose_configuration(files, partial(look_around, control=control))


def _own_key(repository: RepositoryPaths, settings: GitSettings) -> PublicKey | None:
    """Return the key that will sign here, None where git is set to none and gpg has none."""
    ssh = my_ssh_key(settings, repository.location)
    if ssh is not None:
        return ssh.public_key()
    secret = find_own_key(settings)
    return None if secret is None else from_keyring(settings, secret.primary)


def _owner(key: PublicKey, settings: GitSettings) -> NewSigner:
    address = email_of(key) if isinstance(key, Certificate) else ""
    name = address or settings.get("user.email").strip()
    if not name:
        raise UsageError(
            "neither your key nor git's user.email says whose results these are",
            then='`git config --global user.email "…"`',
        )
    return NewSigner(key, roles=(MAINTAINER,), proposed_name=name)


def _workflow(repository: RepositoryPaths, named: str) -> bytes | None:
    if not named.startswith(FORGE):
        return None
    branch = default_branch(repository) or current_branch(repository) or "main"
    return propose_workflow(branch, installed_action())


def _repository(settings: GitSettings, name: str) -> str:
    """Return the repository's normal form, as statements will name it. Raises UsageError."""
    remotes = settings.remote_urls()
    address = name or next((remotes[remote] for remote in _REMOTES if remote in remotes), "")
    if not address:
        raise UsageError(
            "there is no remote that says which repository this is",
            then=f"`git remote add origin URL` first, or {_NAMED}",
        )
    found = normalise_repository(address)
    if "/" not in found or found.startswith(".") or not found.isprintable():
        raise UsageError(
            f"{address} does not name a repository, which policy and results have to", then=_NAMED
        )
    return found


def _refuse_other_name(policy: Policy, name: str) -> None:
    if name and normalise_repository(name) not in policy.repositories:
        raise UsageError(
            f"{POLICY_FILE} is there already, for {', '.join(policy.repositories)}",
            then="edit its `repository`, or leave out --repository",
        )


def _trusts(policy: Policy, key: PublicKey) -> bool:
    return any(signer.fingerprint == key.fingerprint for signer in policy.signers)


def _caller(repository: RepositoryPaths, files: WorkingTree) -> str:
    hook = find_hook(repository)
    return str(hook) if hook is not None else hook_manager_configuration(files)
