"""Which signer is mine: by the key that was handed over, else by git's settings.

Each kind of key is a module of its own beside `openpgp_signer` and `ssh_signer`, which has a
`SignerSource` (`localci.prover.attest.signer`), and a line here. Such a kind may need a library of
its own, as Sigstore's would: then the module is imported in that line only, and the library is an
extra of the package. The verifier's half is a kind of public key in the policy
(`localci.config.policy.PublicKey`) and a check that answers with a `GoodSignature`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.held_key import OPENSSH
from localci.prover.attest.my_key import my_key
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.attest.openpgp_signer import KeyFromEnvironment, OwnKey
from localci.prover.attest.ssh_signer import OwnSshKey, SshKeyFromEnvironment

if TYPE_CHECKING:
    from localci.git.settings import GitSettings
    from localci.held_key import HeldKey
    from localci.prover.attest.signer import SignerSource


def choose_signer(settings: GitSettings, held: HeldKey | None, directory: str) -> SignerSource:
    """Return where my signatures come from; nothing is looked at yet.

    `held` is the key of `CI_SIGNING_KEY`; a relative path in the settings starts at `directory`.
    """
    if held is not None:
        return SshKeyFromEnvironment(held) if OPENSSH in held.armored else KeyFromEnvironment(held)
    ssh = my_ssh_key(settings, directory)
    return OwnSshKey(ssh) if ssh is not None else OwnKey(my_key(settings))
