"""Unite two versions of one certificate, so that whatever one of them bound stays bound.

gpg puts a new self-signature in the place of the old one when it extends a key. gpgv judges by the
newest; Sequoia by the one that held when a document was signed, and without it refuses all older
documents. A certificate that has both satisfies both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.gpg.certificate import read_certificate
from localci.gpg.components import Component, join_components, split_components
from localci.gpg.packets import PUBLIC_KEY, PUBLIC_SUBKEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.gpg.certificate import Certificate
    from localci.gpg.packets import Packet


def merge_certificates(old: Certificate, new: Certificate) -> Certificate:
    """Return `old` with everything that only `new` has; `old` itself where that is nothing.

    Both are of the same primary key. Revocations stay, like all else, on whichever side they are.
    """
    have, more = split_components(old.packets), split_components(new.packets)
    if not _adds(have, more):
        return old
    known, offered = _by_head(have), _by_head(more)
    united = [
        Component(head, _unite(known.pop(head, ()), signatures))
        for head, signatures in offered.items()
    ]
    united += [Component(head, signatures) for head, signatures in known.items()]
    # A key, its User IDs, its subkeys: the order that a certificate has (RFC 4880, 11.1).
    united.sort(key=lambda component: _rank(component.head))
    return read_certificate(join_components(united))


def _adds(have: Sequence[Component], more: Sequence[Component]) -> bool:
    known = {
        head: {_signed(body) for body in signatures} for head, signatures in _by_head(have).items()
    }
    return any(
        component.head not in known
        or any(_signed(body) not in known[component.head] for body in component.signatures)
        for component in more
    )


def _by_head(components: Sequence[Component]) -> dict[Packet, tuple[bytes, ...]]:
    """Return the signatures of each key and User ID, also where one stands there twice."""
    found: dict[Packet, tuple[bytes, ...]] = {}
    for component in components:
        found[component.head] = (*found.get(component.head, ()), *component.signatures)
    return found


def _unite(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the old signatures that are not among the new ones, and the new ones behind them."""
    seen = {_signed(body) for body in new}
    return (*(body for body in old if _signed(body) not in seen), *new)


def _signed(body: bytes) -> bytes:
    """Return what a version 4 signature is by: all of it but the area that anybody can change."""
    end = 6 + int.from_bytes(body[4:6], "big")
    rest = end + 2 + int.from_bytes(body[end : end + 2], "big")
    return body if body[:1] != b"\x04" else body[:end] + body[rest:]


def _rank(head: Packet) -> int:
    return {PUBLIC_KEY: 0, PUBLIC_SUBKEY: 2}.get(head.tag, 1)
