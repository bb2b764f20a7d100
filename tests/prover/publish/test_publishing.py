from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
from support.note_trees import read_notes
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.publish.publishing import Delivery

ONE, TWO = "1" * 40, "2" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "r")
    for name in ("origin", "upstream"):
        git(made, "remote", "add", name, str(make_bare(tmp_path / f"{name}.git")))
    return made


def publish_outbox(repository: Path, remotes: list[str]) -> tuple[Delivery, ...]:
    return publish(str(repository), remotes, read_outbox(str(repository)))


def test_only_what_is_given_is_delivered_and_the_rest_keeps_waiting(
    tmp_path: Path, repository: Path
) -> None:
    add_to_outbox(str(repository), {ONE: (b"a",), TWO: (b"b",)})

    publish(str(repository), ["origin"], {ONE: (b"a",)})

    assert read_notes(tmp_path / "origin.git") == {ONE: b"a\n"}
    assert read_outbox(str(repository)) == {TWO: (b"b",)}


def test_an_empty_outbox_asks_nobody(repository: Path) -> None:
    assert publish_outbox(repository, ["/gone"]) == ()


def test_every_remote_gets_the_lines_and_then_the_outbox_is_empty(
    tmp_path: Path, repository: Path
) -> None:
    add_to_outbox(str(repository), {ONE: (b"a", b"b")})

    deliveries = publish_outbox(repository, ["origin", "upstream"])

    assert [(d.remote, d.new_lines, d.failure) for d in deliveries] == [
        ("origin", 2, None),
        ("upstream", 2, None),
    ]
    assert read_notes(tmp_path / "origin.git") == read_notes(tmp_path / "upstream.git")
    assert read_outbox(str(repository)) == {}


def test_a_remote_that_fails_keeps_no_other_from_its_lines_and_they_stay_in_the_outbox(
    tmp_path: Path, repository: Path
) -> None:
    add_to_outbox(str(repository), {ONE: (b"a",)})

    failed, delivered = publish_outbox(repository, ["/gone", "upstream"])

    assert failed.failure is not None
    assert delivered.failure is None
    assert read_notes(tmp_path / "upstream.git") == {ONE: b"a\n"}
    assert read_outbox(str(repository)) == {ONE: (b"a",)}


def test_without_a_remote_the_lines_stay_in_the_outbox(repository: Path) -> None:
    add_to_outbox(str(repository), {ONE: (b"a",)})

    assert publish_outbox(repository, []) == ()

    assert read_outbox(str(repository)) == {ONE: (b"a",)}


def test_a_remote_with_several_push_urls_gets_the_lines_at_each(
    tmp_path: Path, repository: Path
) -> None:
    for name in ("origin", "upstream"):
        url = str(tmp_path / f"{name}.git")
        git(repository, "remote", "set-url", "--add", "--push", "origin", url)
    add_to_outbox(str(repository), {ONE: (b"a",)})

    (delivery,) = publish_outbox(repository, ["origin"])

    assert delivery.failure is None
    assert read_notes(tmp_path / "origin.git") == {ONE: b"a\n"}
    assert read_notes(tmp_path / "upstream.git") == {ONE: b"a\n"}
