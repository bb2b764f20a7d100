"""Check one SSH signature against one public key, with ssh-keygen and nothing else.

Who is allowed to sign is said by one line, written here for the one key (ssh-keygen(1), ALLOWED
SIGNERS): the principal is a constant, and neither wildcards nor dates nor certificates stand on it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, SshError
from localci.formats.good_signature import GoodSignature
from localci.ssh.command import reason_of, run_ssh
from localci.ssh.sshsig import NAMESPACE, armor, read_sshsig

if TYPE_CHECKING:
    from localci.ssh.public_key import SshKey

TIMEOUT: Final = 10.0
"""Seconds that ssh-keygen may take for one signature."""

_PRINCIPAL: Final = "localci"
_VERIFY: Final = ("-Y", "verify", "-n", NAMESPACE, "-I", _PRINCIPAL)
_REFUSED: Final = 255
"""Whatever ssh-keygen cannot do ends so."""
_UNABLE: Final = ("unsupported key type", "feature not supported", "memory allocation failed")
"""What it says of itself, not of the signature: the key's kind was looked at before."""


def check_ssh_signature(
    key: SshKey, signature: bytes, data: bytes, *, directory: str
) -> GoodSignature:
    """Return who signed `data`, if the key's owner did, for localci.

    `directory` is private to the caller; two files are written there, over those of an earlier
    call. Raises FormatError with the reason code, SshError where ssh-keygen is missing or broken.
    """
    if read_sshsig(signature).key != key:
        raise FormatError("signer-unknown", "the signature is by another key than the policy's")
    allowed = f'{_PRINCIPAL} namespaces="{NAMESPACE}" {key.line}\n'
    paths = [os.path.join(directory, name) for name in ("allowed_signers", "signature")]
    try:
        for path, content in zip(paths, (allowed.encode("ascii"), armor(signature)), strict=True):
            with open(path, "wb") as file:
                file.write(content)
    except OSError as error:
        raise SshError(f"{directory} cannot be written: {error.strerror}") from None
    allowed_file, signature_file = paths
    said = run_ssh(
        ["ssh-keygen", *_VERIFY, "-f", allowed_file, "-s", signature_file],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "HOME": directory,
        },
        timeout=TIMEOUT,
        data=data,
    )
    # Both have to say it: the exit code, and the one line that names the key.
    if said.code == 0 and _good_line(key).fullmatch(said.output):
        return GoodSignature(key.fingerprint, key.fingerprint, None)
    if said.code == _REFUSED and not any(words in said.errors for words in _UNABLE):
        raise FormatError("signature-invalid", f"ssh-keygen refuses it: {reason_of(said.errors)}")
    raise SshError(f"ssh-keygen ended with {said.code} and reported nothing that can be used")


def _good_line(key: SshKey) -> re.Pattern[bytes]:
    said = (
        rf'Good "{NAMESPACE}" signature for {_PRINCIPAL} with [A-Z0-9-]+ key'
        rf" {re.escape(key.fingerprint)}\n"
    )
    return re.compile(said.encode("ascii"))
