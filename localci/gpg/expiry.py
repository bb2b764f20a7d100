"""How long the keys of a certificate are good, by what its self-signatures say of them.

Nothing is verified: this says what to warn of. Whether a signature counts is asked of gpgv.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.gpg.certificate import fingerprint_of
from localci.gpg.components import split_components
from localci.gpg.packets import PUBLIC_KEY, PUBLIC_SUBKEY, SHA2, SignaturePacket, read_signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.gpg.certificate import Certificate
    from localci.gpg.components import Component

_CERTIFICATIONS: Final = frozenset({0x10, 0x11, 0x12, 0x13})
_SUBKEY_BINDING: Final = frozenset({0x18})
_DIRECT: Final = frozenset({0x1F})
_KEY_REVOCATION: Final = 0x20
_SUBKEY_REVOCATION: Final = 0x28
_USER_ID_REVOCATION: Final = 0x30


class KeyLife(NamedTuple):
    """One key: its fingerprint, its end in seconds since 1970 (None: never), is it revoked.

    `weak_digest` tells that only signatures by SHA-1 or older bind it, which Sequoia and newer
    GnuPG do not take for any.
    """

    fingerprint: str
    expires_at: int | None
    revoked: bool
    weak_digest: bool


def read_lives(certificate: Certificate) -> tuple[KeyLife, ...]:
    """Return the life of each key of a certificate, the primary's first.

    A subkey ends with its primary key at the latest. Where User IDs differ, the first end counts.
    """
    components = split_components(certificate.packets)
    key_id = certificate.fingerprint[-16:]
    of_primary = [item for item in components if item.head.tag != PUBLIC_SUBKEY]
    primary = _life(
        components[0],
        [binding for item in of_primary for binding in _newest(item, key_id)],
        _is_revoked(components[0], key_id, _KEY_REVOCATION),
    )
    subkeys = (
        _life(
            item,
            _newest(item, key_id),
            _is_revoked(item, key_id, _SUBKEY_REVOCATION),
            within=primary,
        )
        for item in components
        if item.head.tag == PUBLIC_SUBKEY
    )
    return (primary, *subkeys)


def signing_end(certificate: Certificate) -> int | None:
    """Return when the last key that can sign ends, in seconds since 1970; None: never.

    Revoked keys and weak ones are passed over; 0 where there is no other.
    """
    ends = [
        life.expires_at
        for life, key in zip(read_lives(certificate), certificate.keys, strict=True)
        if key.may_sign and not key.weak and not life.revoked
    ]
    return None if None in ends else max((end for end in ends if end is not None), default=0)


def _life(
    key: Component,
    bindings: Sequence[SignaturePacket],
    revoked: bool,  # noqa: FBT001 - one of the facts, in their order
    within: KeyLife | None = None,
) -> KeyLife:
    made_at = int.from_bytes(key.head.body[1:5], "big")
    ends = [made_at + item.key_lifetime for item in bindings if item.key_lifetime]
    if within is not None and within.expires_at is not None:
        ends.append(within.expires_at)
    return KeyLife(
        fingerprint_of(key.head.body),
        min(ends, default=None),
        revoked or (within is not None and within.revoked),
        bool(bindings) and not any(item.hash_algorithm in SHA2 for item in bindings),
    )


def _newest(component: Component, key_id: str) -> list[SignaturePacket]:
    """Return the newest signature of the primary key that binds the component, if one holds."""
    own = _own(component, key_id)
    tag = component.head.tag
    binds = {PUBLIC_KEY: _DIRECT, PUBLIC_SUBKEY: _SUBKEY_BINDING}.get(tag, _CERTIFICATIONS)
    found = [item for item in own if item.signature_class in binds]
    if not found:
        return []
    newest = max(found, key=lambda item: item.created_at)
    taken_back = (item for item in own if item.signature_class == _USER_ID_REVOCATION)
    return [] if any(item.created_at >= newest.created_at for item in taken_back) else [newest]


def _is_revoked(component: Component, key_id: str, revocation: int) -> bool:
    return any(item.signature_class == revocation for item in _own(component, key_id))


def _own(component: Component, key_id: str) -> list[SignaturePacket]:
    return [item for item in _readable(component.signatures) if item.issuer == key_id]


def _readable(bodies: Iterable[bytes]) -> Iterable[SignaturePacket]:
    # Signatures of version 3 bind nothing that we read.
    return (read_signature(body) for body in bodies if body[:1] == b"\x04")
