"""Read public keys that somebody sent or a forge published: OpenPGP, armored or not, or SSH."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, UsageError
from localci.gpg.armor import dearmor
from localci.gpg.certificate import Certificate, read_certificate
from localci.gpg.components import own_signatures, split_certificates
from localci.ssh.public_key import read_public_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.config.policy import PublicKey

MAX_KEYS: Final = 100
"""How many keys are read of one source."""

_BLOCK: Final = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
_PACKET: Final = 0x80
_SSH: Final = ("ssh-", "ecdsa-", "sk-")
_HOW_TO_EXPORT: Final = (
    "`localci key export`, or `gpg --armor --export FINGERPRINT`, or a file that ends in .pub"
    " is one"
)


@dataclass(frozen=True)
class FoundKeys:
    """The keys that were found, and what was wrong with those that cannot be used."""

    keys: tuple[PublicKey, ...]
    problems: tuple[str, ...]


def read_keys(data: bytes) -> FoundKeys:
    """Return all public keys in `data`: armored blocks, a binary keyring, or SSH key lines.

    Of a certificate only what its owner signed is kept. Raises FormatError for a secret key.
    """
    if b"PRIVATE KEY" in data:
        raise FormatError("malformed", "it holds a SECRET key; what anybody has seen is no secret")
    found: dict[str, PublicKey] = {}
    problems = []
    for item in _items(data):
        try:
            key = _read(item)
        except FormatError as error:
            # The reader's second half is about files of a repository; nothing is in there yet.
            problems.append(error.what.partition(", which must")[0])
        else:
            found[key.fingerprint] = key
        if len(found) + len(problems) >= MAX_KEYS:
            break
    return FoundKeys(tuple(found.values()), tuple(problems))


def only_key(data: bytes, source: str, fingerprint: str = "") -> PublicKey:
    """Return the one key in `data`, which came from `source`, or the one of that fingerprint.

    Raises UsageError where there is none, or which of several is not said.
    """
    try:
        found = read_keys(data)
    except FormatError as error:
        raise UsageError(
            f"{source} is not one public key: {error.what}", then=_HOW_TO_EXPORT
        ) from None
    wanted = fingerprint.replace(" ", "")
    fitting = [
        key
        for key in found.keys
        if not wanted or wanted in {key.fingerprint, f"0x{key.fingerprint}"}
        or wanted.lower() == key.fingerprint
    ]  # fmt: skip
    if len(fitting) == 1:
        return fitting[0]
    if found.keys:
        listed = ", ".join(key.fingerprint for key in found.keys)
        what = "holds several keys" if fitting else f"holds no key {wanted}"
        raise UsageError(f"{source} {what}: {listed}", then="name one with --fingerprint")
    why = found.problems[0] if found.problems else "there is none in it"
    raise UsageError(f"{source} is not one public key: {why}", then=_HOW_TO_EXPORT)


def _items(data: bytes) -> Iterator[bytes | str]:
    """Yield a certificate's packets, an armored block that holds none, or a line."""
    blocks = _BLOCK.findall(data)
    if blocks:
        for block in blocks:
            if not _is_empty(block):
                yield from _certificates(block)
    elif data[:1] >= bytes([_PACKET]):
        yield from _certificates(data)
    else:
        lines = data.decode("utf-8", "replace").splitlines()
        yield from (line.strip() for line in lines if line.strip() and line.strip()[0] != "#")


def _certificates(data: bytes) -> Iterator[bytes]:
    """Yield each certificate of a keyring; the keyring itself where it cannot be split."""
    try:
        packets = dearmor(data) if data.startswith(b"-") else data
        parts: Sequence[bytes] = list(split_certificates(packets))
    except FormatError:
        parts = [data]
    yield from parts


def _read(item: bytes | str) -> PublicKey:
    if isinstance(item, str):
        if not item.startswith(_SSH):
            raise FormatError("malformed", "neither an OpenPGP key nor the line of an SSH key")
        return read_public_key(item)
    certificate = read_certificate(item)
    own: Certificate = read_certificate(
        own_signatures(certificate.packets, certificate.fingerprint)
    )
    return own


def _is_empty(block: bytes) -> bool:
    """Tell whether an armored block holds nothing, as forges answer for whoever has no key."""
    lines = [line.strip() for line in block.splitlines()[1:-1]]
    return not any(line and b": " not in line and not line.startswith(b"=") for line in lines)
