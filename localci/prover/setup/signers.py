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
from localci.errors import UsageError
from localci.gpg.armor import armor
from localci.gpg.certificate import Certificate
from localci.gpg.expiry import read_lives, signing_end
from localci.gpg.keyring import now
from localci.gpg.merge import merge_certificates
from localci.gpg.packets import USER_ID, read_packets
from localci.prover.setup.policy_text import append_entry, read_entries
from localci.prover.setup.toml_text import toml_string, toml_strings
from localci.ssh.public_key import SshKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localci.config.policy import Policy, PublicKey, Signer

    ReadFile = Callable[[str], bytes | None]

_EMAIL: Final = re.compile(r"<([^<>\s@]+@[^<>\s@]+)>|([^<>\s@]+@[^<>\s@]+)")
_NOT_IN_A_FILE_NAME: Final = re.compile(r"[^\w@.+-]")


@dataclass(frozen=True)
class NewSigner:
    """Who is to be trusted, by which key; `accounts` are his names on the forge.

    No name means the one that the policy has, else the `proposed_name`, else the key's email
    address; no roles the default ones. Only a `name` is taken for somebody who is there already:
    what a key or its sender says of itself is nobody's word but theirs.
    """

    key: PublicKey
    name: str = ""
    roles: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    proposed_name: str = ""

    def __post_init__(self) -> None:
        """Raise UsageError for a name that no line of the policy can hold."""
        for name in (self.name, self.proposed_name, *self.accounts):
            if name != name.strip() or not name.isprintable():
                raise UsageError(f"{name!r} is not a name", then="give one with --name")


@dataclass(frozen=True)
class Addition:
    """The signer as the policy has it now, and the files to write for that; none if it had it.

    `renewed` tells that only the certificate of a known signer changes; `new_keys` are the
    fingerprints in it that were not there before.
    """

    signer: Signer
    files: Mapping[str, bytes]
    renewed: bool = False
    new_keys: tuple[str, ...] = ()


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

    A certificate that the policy has gets what is new in this version of it. Raises UsageError
    where the key is there with another name or other roles, where its name is that of somebody
    else, and where the policy cannot be used, before or after.
    """
    policy = read_trusted(read_file)
    known = signer_of(policy, new.key)
    if known is not None:
        _refuse_difference(known, new)
        return renew(read_file, known, new.key)
    refuse_useless(new.key)
    named = replace(new, name=new.name or new.proposed_name or _address(new.key))
    if not named.name:
        raise UsageError("the key bears no email address to name its owner by", then="give --name")
    if not new.name:
        _refuse_somebody_elses_name(policy, named)
    written = dict(_written(read_file, named))
    return Addition(_added(read_file, written, new.key), written)


def renew(read_file: ReadFile, known: Signer, key: PublicKey) -> Addition:
    """Return what brings everything that is new in `key` into the known signer's key file."""
    if not isinstance(key, Certificate) or not isinstance(known.key, Certificate):
        return Addition(known, {})
    merged = merge_certificates(known.key, key)
    if merged.packets == known.key.packets:
        return Addition(known, {})
    policy = read_trusted(read_file)
    index = policy.signers.index(known)
    written = {key_file_of(read_file(POLICY_FILE) or b"", index): armor(merged.packets)}
    new_keys = tuple(item for item in merged.fingerprints if not known.key.holds(item))
    return Addition(_added(read_file, written, key), written, renewed=True, new_keys=new_keys)


def signer_of(policy: Policy, key: PublicKey) -> Signer | None:
    """Return the entry of a key, by its fingerprint."""
    return next((item for item in policy.signers if item.fingerprint == key.fingerprint), None)


def key_file_of(policy: bytes, index: int) -> str:
    """Return the path of the key file of the entry with that number, "" where it has none."""
    written = read_entries(policy)[index].get("key", "")
    path = written if isinstance(written, str) else ""
    return f".localci/{path}" if path.startswith("keys/") else path


def entry_lines(new: NewSigner, path: str = "") -> Iterator[str]:
    """Yield the lines of a `[[signer]]`, whose key file is at `path` below the root."""
    yield f"name = {toml_string(new.name)}"
    if isinstance(new.key, SshKey):
        yield f"ssh = {toml_string(new.key.line)}"
    else:
        yield f"fingerprint = {toml_string(new.key.fingerprint)}"
        yield f"key = {toml_string(path.removeprefix('.localci/'))}"
    if new.roles:
        yield f"roles = {toml_strings(new.roles)}"
    if new.accounts:
        yield f"accounts = {toml_strings(new.accounts)}"


def key_path(new: NewSigner, *, whole: bool = False) -> str:
    """Return the path of a new key file below `.localci/keys/`; `whole`: with the fingerprint."""
    stem = (_NOT_IN_A_FILE_NAME.sub("-", new.name).lstrip(".-") or "key")[:60]
    return f"{KEYS_DIRECTORY}/{stem}{'-' + new.key.fingerprint if whole else ''}.asc"


def _written(read_file: ReadFile, new: NewSigner) -> Iterator[tuple[str, bytes]]:
    path = ""
    if isinstance(new.key, Certificate):
        content = armor(new.key.packets)
        # The second choice names the key, so what may stand there is an older copy.
        path = key_path(new, whole=read_file(key_path(new)) not in {None, content})
        yield path, content
    yield POLICY_FILE, append_entry(read_file(POLICY_FILE) or b"", tuple(entry_lines(new, path)))


def _added(read_file: ReadFile, written: Mapping[str, bytes], key: PublicKey) -> Signer:
    after = read_policy(lambda asked: written[asked] if asked in written else read_file(asked))
    added = signer_of(after, key)
    if added is None:
        raise UsageError(f"{POLICY_FILE} cannot be added to", then="add the [[signer]] by hand")
    return added


def _address(key: PublicKey) -> str:
    return email_of(key) if isinstance(key, Certificate) else ""


def refuse_useless(key: PublicKey) -> None:
    """Raise UsageError for a key by which no signature can count."""
    if not isinstance(key, Certificate):
        return
    what, then = "", "make one with `localci key generate`"
    if not any(item.may_sign and not item.weak for item in key.keys):
        what = "its keys are too weak, or not for signing"
    elif read_lives(key)[0].revoked:
        what = "it is revoked"
    else:
        end = signing_end(key)
        if end is not None and end <= now():
            what = "it has expired"
            then = f"`gpg --quick-set-expire {key.fingerprint} 1y` extends it, or {then}"
    if what:
        raise UsageError(f"no signature by {key.fingerprint} can count: {what}", then=then)


def _refuse_somebody_elses_name(policy: Policy, new: NewSigner) -> None:
    claimed = {name.casefold() for name in (new.name, *new.accounts)}
    other = next(
        (
            item
            for item in policy.signers
            if not claimed.isdisjoint(map(str.casefold, (item.name, *item.accounts)))
        ),
        None,
    )
    if other is not None:
        raise UsageError(
            f"{new.key.fingerprint} says that it is {other.name}'s, who has the key"
            f" {other.fingerprint} in the policy",
            then=f"if it really is, `--name {other.name}` gives it to the same person",
        )


def _refuse_difference(known: Signer, new: NewSigner) -> None:
    if new.name and known.name != new.name:
        what = f"as {known.name}"
    elif new.roles and known.roles != frozenset(new.roles):
        what = f"with the roles {', '.join(sorted(known.roles))}"
    else:
        return
    raise UsageError(
        f"{known.fingerprint} is in the policy already, {what}", then=f"edit {POLICY_FILE}"
    )
