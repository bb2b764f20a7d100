"""Certificates taken apart and put together, held against what gpg writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.gpg.certificate import read_certificate
from localci.gpg.components import (
    join_components,
    own_signatures,
    split_certificates,
    split_components,
    write_packet,
)
from localci.gpg.packets import Packet, read_packets
from support.keys import gpg

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Keys


def test_what_others_signed_is_left_out(homes: Homes, keys: Keys) -> None:
    ada, bob = keys["ada"], keys["bob"]
    ada.add_to(homes.gnupg)
    bob.add_to(homes.gnupg)
    options = ("--local-user", bob.fingerprint, "--yes")
    gpg(homes.gnupg, *options, "--quick-sign-key", ada.fingerprint)
    packets = gpg(homes.gnupg, "--export", ada.fingerprint)

    own = read_certificate(own_signatures(packets, ada.fingerprint))

    assert len(own.packets) < len(packets)
    assert own.keys == read_certificate(packets).keys
    assert [len(item.signatures) for item in split_components(own.packets)] == [0, 1]


def test_a_keyring_is_split_into_its_certificates(homes: Homes, keys: Keys) -> None:
    keys["ada"].add_to(homes.gnupg)
    keys["bob"].add_to(homes.gnupg)

    parts = list(split_certificates(gpg(homes.gnupg, "--export")))

    found = {read_certificate(part).fingerprint for part in parts}
    assert found == {keys["ada"].fingerprint, keys["bob"].fingerprint}
    assert b"".join(parts) == gpg(homes.gnupg, "--export")


def test_what_is_taken_apart_is_put_together_as_gpg_wrote_it(keys: Keys, homes: Homes) -> None:
    keys["rsa"].add_to(homes.gnupg)
    packets = gpg(homes.gnupg, "--export")
    assert join_components(split_components(packets)) == packets


def test_packets_of_every_length_and_tag_are_read_again() -> None:
    bodies = [b"", b"x" * 255, b"x" * 256, b"x" * 65_536]
    packets = [Packet(tag, body) for tag in (2, 6, 13, 17) for body in bodies]
    assert list(read_packets(b"".join(map(write_packet, packets)))) == packets
