"""A certificate's packets as what they belong to: a key, a User ID, and the signatures on it.

What `localci.gpg.certificate` has read is taken apart and put together here (RFC 4880, 11.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.gpg.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SIGNATURE,
    USER_ATTRIBUTE,
    USER_ID,
    Packet,
    read_packets,
    read_signature,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEADS: Final = frozenset({PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, USER_ATTRIBUTE})
_OLD_TAGS: Final = 16
_VERSION_4: Final = b"\x04"


class Component(NamedTuple):
    """A key, User ID or attribute, and the bodies of the signatures that follow it."""

    head: Packet
    signatures: tuple[bytes, ...]


def split_components(packets: bytes) -> tuple[Component, ...]:
    """Return the components in order; what stands before the first key or between is dropped.

    Raises FormatError on bytes that are no packets.
    """
    found: list[tuple[Packet, list[bytes]]] = []
    for packet in read_packets(packets):
        if packet.tag in _HEADS:
            found.append((packet, []))
        elif packet.tag == SIGNATURE and found:
            found[-1][1].append(packet.body)
    return tuple(Component(head, tuple(signatures)) for head, signatures in found)


def split_certificates(packets: bytes) -> Iterator[bytes]:
    """Yield the packets of each certificate of a keyring: from primary key to primary key.

    Raises FormatError on bytes that are no packets.
    """
    current = b""
    for packet in read_packets(packets):
        if packet.tag == PUBLIC_KEY and current:
            yield current
            current = b""
        current += write_packet(packet)
    yield current


def join_components(components: Iterable[Component]) -> bytes:
    """Return the packets of components."""
    return b"".join(
        write_packet(component.head)
        + b"".join(write_packet(Packet(SIGNATURE, body)) for body in component.signatures)
        for component in components
    )


def own_signatures(packets: bytes, primary: str) -> bytes:
    """Return a certificate without what others signed; `primary` is its fingerprint, in hex.

    Whoever certified a key is nothing to a policy, and anybody could add megabytes of it.
    """
    return join_components(
        component._replace(
            signatures=tuple(
                body for body in component.signatures if _is_issued_by(body, primary[-16:])
            )
        )
        for component in split_components(packets)
    )


def write_packet(packet: Packet) -> bytes:
    """Return a packet as gpg writes it: with an old header where the tag has one."""
    size = len(packet.body)
    if packet.tag >= _OLD_TAGS:
        return bytes([0xC0 | packet.tag, 0xFF]) + size.to_bytes(4, "big") + packet.body
    kind = 0 if size < 1 << 8 else 1 if size < 1 << 16 else 2
    return bytes([0x80 | packet.tag << 2 | kind]) + size.to_bytes(1 << kind, "big") + packet.body


def _is_issued_by(body: bytes, key_id: str) -> bool:
    return body[:1] == _VERSION_4 and read_signature(body).issuer == key_id
