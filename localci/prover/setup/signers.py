"""Add a signer to the policy of the working directory: a key file, and an entry at the end.

What stands in the policy stays byte for byte. The outcome is read as a verifier will read it before
anything is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from localci.config.policy import KEYS_DIRECTORY, POLICY_FILE
from localci.config.read_policy import read_policy
from localci.errors import FormatError, UsageError
from localci.gpg.armor import armor
from localci.gpg.certificate import read_certificate
from localci.gpg.packets import USER_ID, read_packets
from localci.prover.setup.toml_text import toml_string, toml_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.config.policy import Policy, Signer
    from localci.gpg.certificate import Certificate

    ReadFile = Callable[[str], bytes | None]

_EMAIL: Final = re.compile(r"<([^<>\s@]+@[^<>\s@]+)>|([^<>\s@]+@[^<>\s@]+)")
_NOT_IN_A_FILE_NAME: Final = re.compile(r"[^\w@.+-]")


@dataclass(frozen=True)
class NewSigner:
    """Who is to be trusted, by which certificate.

    No name means the one that the policy has, else the email address; no roles the default ones.
    """

    certificate: Certificate
    name: str = ""
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for a name that no line of the policy can hold."""
        if self.name != self.name.strip() or not self.name.isprintable():
            raise UsageError(f"{self.name!r} is not a name", then="give one with --name")


@dataclass(frozen=True)
class Addition:
    """The signer as the policy has it now, and the files to write for that; none if it had it."""

    signer: Signer
    files: Mapping[str, bytes]


def email_of(certificate: Certificate) -> str:
    """Return the address in the certificate's first User ID that has one, or ""."""
    for packet in read_packets(certificate.packets):
        if packet.tag != USER_ID:
            continue
        match = _EMAIL.search(packet.body.decode("utf-8", "replace"))
        address = (match[1] or match[2]) if match else ""
        if address.isprintable() and address:
            return address
    return ""


def read_trusted(read_file: ReadFile) -> Policy:
    """Return the policy of the working directory. Raises UsageError."""
    if read_file(POLICY_FILE) is None:
        raise UsageError(f"there is no {POLICY_FILE} here", then="`localci init` proposes one")
    return read_policy(read_file)


def add_signer(read_file: ReadFile, new: NewSigner) -> Addition:
    """Return what makes the policy trust `new`; nothing is written here.

    Raises UsageError where the key is there with another name, other roles or another certificate,
    and where the policy cannot be used, before or after.
    """
    known = _known(read_trusted(read_file), new)
    if known is not None:
        _refuse_difference(known, new)
        return Addition(known, {})
    if not any(key.may_sign and not key.weak for key in new.certificate.keys):
        raise UsageError(
            f"no signature by {new.certificate.fingerprint} can count: its keys are too weak, or"
            " not for signing",
            then="make one with `localci key generate`",
        )
    named = replace(new, name=new.name or email_of(new.certificate))
    if not named.name:
        raise UsageError("the key bears no email address to name its owner by", then="give --name")
    path = _key_path(read_file, named)
    written = {
        path: armor(named.certificate.packets),
        POLICY_FILE: _with_entry(read_file(POLICY_FILE) or b"", named, path),
    }
    after = read_policy(lambda asked: written[asked] if asked in written else read_file(asked))
    added = _known(after, named)
    if added is None:
        raise UsageError(f"{POLICY_FILE} cannot be added to", then="add the [[signer]] by hand")
    return Addition(added, written)


def _known(policy: Policy, new: NewSigner) -> Signer | None:
    wanted = new.certificate.fingerprint
    return next((signer for signer in policy.signers if signer.fingerprint == wanted), None)


def _refuse_difference(known: Signer, new: NewSigner) -> None:
    if new.name and known.name != new.name:
        what = f"as {known.name}"
    elif new.roles and known.roles != frozenset(new.roles):
        what = f"with the roles {', '.join(sorted(known.roles))}"
    elif known.certificate.packets != new.certificate.packets:
        what = "with another version of its certificate"
    else:
        return
    raise UsageError(
        f"{known.fingerprint} is in the policy already, {what}",
        then=f"edit {POLICY_FILE}, or the key file that it names",
    )


def _key_path(read_file: ReadFile, new: NewSigner) -> str:
    """Return a path below `.localci/keys/` where no other certificate stands.

    The second choice names the key by its fingerprint, so what may stand there is an older copy.
    """
    stem = _NOT_IN_A_FILE_NAME.sub("-", new.name).lstrip(".-") or "key"
    path = f"{KEYS_DIRECTORY}/{stem[:60]}.asc"
    if read_file(path) in {None, armor(new.certificate.packets)}:
        return path
    return f"{KEYS_DIRECTORY}/{stem[:60]}-{new.certificate.fingerprint}.asc"


def _with_entry(policy: bytes, new: NewSigner, path: str) -> bytes:
    entry = [
        "",
        "[[signer]]",
        f"name = {toml_string(new.name)}",
        f"fingerprint = {toml_string(new.certificate.fingerprint)}",
        f"key = {toml_string(path.removeprefix('.localci/'))}",
    ]
    if new.roles:
        entry.append(f"roles = {toml_strings(new.roles)}")
    line_end = "\r\n" if b"\r\n" in policy else "\n"
    missing = "" if policy.endswith(b"\n") or not policy else line_end
    return policy + (missing + line_end.join([*entry, ""])).encode("utf-8")


def only_public(data: bytes, source: str) -> Certificate:
    """Return the one certificate in `data`, which came from `source`. Raises UsageError."""
    try:
        return read_certificate(data)
    except FormatError as error:
        # The reader's second half is about files of a repository; nothing is in there yet.
        what = error.what.partition(", which must")[0]
        raise UsageError(
            f"{source} is not one public key: {what}",
            then="`localci key export`, or `gpg --armor --export FINGERPRINT`, prints one",
        ) from None
