"""What `localci init` will do here: drawn up first, shown, and carried out by consent only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.config.policy import POLICY_FILE
from localci.config.read_policy import read_policy
from localci.errors import UsageError
from localci.formats.repository_name import normalise_repository
from localci.gpg.certificate import read_certificate
from localci.gpg.keyring import Keyring
from localci.native_hook import find_hook
from localci.prover.attest.my_key import my_key
from localci.prover.setup.hook_managers import hook_manager_configuration
from localci.prover.setup.own_key import find_own_key
from localci.prover.setup.proposals import (
    existing_configuration,
    propose_configuration,
    propose_policy,
    read_proposed,
)
from localci.prover.setup.signers import Addition, NewSigner, add_signer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.gpg.keyring import SecretKey
    from localci.prover.setup.working_tree import WorkingTree

_REMOTES: Final = ("upstream", "origin")
_NAMED: Final = "`localci init --repository github.com/you/app`"


@dataclass(frozen=True)
class InitialPlan:
    """What is missing here; what is there already is kept.

    `configuration` and `policy`, the latter still without a signer, are the files to write, None
    where there is one (`configured_in` names the configuration). `key` is None where one has to be
    made. `trusted` tells whether a policy that is there names the key. `called_by` is what calls
    the hook, empty where it has to be installed.
    """

    configuration: bytes | None
    configured_in: str
    policy: bytes | None
    key: SecretKey | None
    trusted: bool
    called_by: str

    @property
    def is_empty(self) -> bool:
        """Whether everything is in place."""
        nothing_to_write = self.configuration is None and self.policy is None
        return nothing_to_write and self.key is not None and bool(self.called_by)


def draw_up(
    repository: RepositoryPaths, files: WorkingTree, settings: GitSettings, name: str
) -> InitialPlan:
    """Look at the repository and plan. `name` is the repository's, empty: that of its remote.

    Raises UsageError where something that is there cannot be used or nothing is recognised.
    """
    existing = existing_configuration(files)
    configuration = None if existing is not None else propose_configuration(files)
    effective = existing or read_proposed(configuration or b"")
    policy = None
    if files.read(POLICY_FILE) is not None:
        policy = read_policy(files.read)
        _refuse_other_name(policy, name)
    key = find_own_key(settings)
    return InitialPlan(
        configuration=configuration,
        configured_in=effective.file,
        policy=None if policy else propose_policy(_repository(settings, name), effective),
        key=key,
        trusted=policy is not None and key is not None and _trusts(policy, key),
        called_by=_caller(repository, files),
    )


def files_to_write(
    plan: InitialPlan, files: WorkingTree, settings: GitSettings, fingerprint: str
) -> Mapping[str, bytes]:
    """Return the missing files, a new policy with the key of that fingerprint as its signer."""
    written = {} if plan.configuration is None else {CONFIGURATION_FILE: plan.configuration}
    if plan.policy is None:
        return written
    return {**written, **_signed_policy(plan.policy, files, settings, fingerprint).files}


def _signed_policy(
    policy: bytes, files: WorkingTree, settings: GitSettings, fingerprint: str
) -> Addition:
    keyring = Keyring(program=my_key(settings).program)
    armored = keyring.export_armored(fingerprint).encode("ascii")
    new = NewSigner(read_certificate(armored))
    return add_signer(lambda path: policy if path == POLICY_FILE else files.read(path), new)


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


def _trusts(policy: Policy, key: SecretKey) -> bool:
    return any(signer.fingerprint == key.primary for signer in policy.signers)


def _caller(repository: RepositoryPaths, files: WorkingTree) -> str:
    hook = find_hook(repository)
    return str(hook) if hook is not None else hook_manager_configuration(files)
