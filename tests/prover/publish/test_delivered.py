"""What this clone remembers of its deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.publish.delivered import (
    destination,
    forget_deliveries,
    remember_delivery,
    was_delivered,
)

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "c" * 40
MAIN = "refs/heads/main"
TO = destination("origin", "https://example.org/app")


def test_a_delivery_is_remembered_while_it_is_fresh(tmp_path: Path) -> None:
    remember_delivery(str(tmp_path), COMMIT, MAIN, TO, 1000.5)

    assert was_delivered(str(tmp_path), COMMIT, MAIN, TO, 1000.0)
    assert not was_delivered(str(tmp_path), COMMIT, MAIN, TO, 1001.0)


def test_another_ref_is_another_delivery(tmp_path: Path) -> None:
    """Checks may apply to some branches only, so a result for one may lack what another needs."""
    remember_delivery(str(tmp_path), COMMIT, "refs/heads/topic", TO, 1000.0)

    assert not was_delivered(str(tmp_path), COMMIT, MAIN, TO, 1.0)
    assert was_delivered(str(tmp_path), COMMIT, "refs/heads/topic", TO, 1.0)


def test_another_place_is_another_delivery(tmp_path: Path) -> None:
    remember_delivery(str(tmp_path), COMMIT, MAIN, TO, 1000.0)

    elsewhere = destination("origin", "https://example.org/other")
    assert not was_delivered(str(tmp_path), COMMIT, MAIN, elsewhere, 1.0)
    assert not was_delivered(str(tmp_path), "d" * 40, MAIN, TO, 1.0)


def test_a_ref_may_be_any_bytes(tmp_path: Path) -> None:
    odd = b"refs/heads/gr\xfc\xdfe".decode("utf-8", "surrogateescape")
    remember_delivery(str(tmp_path), COMMIT, odd, TO, 1000.0)

    assert was_delivered(str(tmp_path), COMMIT, odd, TO, 1.0)


def test_a_record_of_an_older_version_says_nothing(tmp_path: Path) -> None:
    remember_delivery(str(tmp_path), COMMIT, MAIN, TO, 1000.0)
    record = tmp_path / "localci" / "delivered" / COMMIT
    record.write_text(f"1000.0 {TO}\n")

    assert not was_delivered(str(tmp_path), COMMIT, MAIN, TO, 1.0)


def test_all_can_be_forgotten(tmp_path: Path) -> None:
    remember_delivery(str(tmp_path), COMMIT, MAIN, TO, 1000.0)

    forget_deliveries(str(tmp_path))

    assert not was_delivered(str(tmp_path), COMMIT, MAIN, TO, 1.0)
