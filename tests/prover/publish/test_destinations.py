from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import PublishSettings
from localci.errors import DeliveryError
from localci.prover.publish.destinations import publish_remotes

if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "github.com/acme/app"
FORK: Mapping[str, tuple[str, ...]] = {
    "origin": ("git@github.com:ada/app.git",),
    "upstream": ("https://github.com/acme/app.git",),
    "mirror": ("ssh://git@mirror.example.org/app",),
}


@pytest.mark.parametrize(
    ("repositories", "pushed_to", "expected"),
    [
        ((), "", ("origin",)),
        ((APP,), "", ("upstream",)),
        ((APP, "github.com/ada/app"), "", ("origin", "upstream")),
        (("github.com/acme/other",), "", ("origin",)),
        ((APP,), "origin", ("origin",)),
        ((APP,), "upstream", ("upstream",)),
        ((APP,), "https://github.com/acme/app.git", ("upstream",)),
        ((APP,), "https://else.example.org/app", ("https://else.example.org/app",)),
        ((), "mirror", ("mirror",)),
    ],
)
def test_notes_go_to_where_is_pushed_else_to_the_policys_repository(
    repositories: tuple[str, ...], pushed_to: str, expected: tuple[str, ...]
) -> None:
    assert publish_remotes(PublishSettings(), FORK, repositories, pushed_to) == expected


@pytest.mark.parametrize(
    ("push_default", "expected"),
    [("origin", "origin"), ("mirror", "mirror"), ("", "upstream"), (".", "upstream")],
)
def test_without_a_push_they_go_to_the_remote_that_is_named_for_pushes(
    push_default: str, expected: str
) -> None:
    found = publish_remotes(PublishSettings(), FORK, (APP,), push_default=push_default)

    assert found == (expected,)


@pytest.mark.parametrize("named", ["mirror", "git@mirror.example.org:app.git"])
def test_what_the_configuration_names_is_taken_as_the_remote_of_this_clone(named: str) -> None:
    settings = PublishSettings(remotes=(named,))

    assert publish_remotes(settings, FORK, (APP,), "origin") == ("mirror",)


@pytest.mark.parametrize(
    "named", ["./evil.git", "evil.git", "file:///tmp/evil.git", "ssh://localhost/evil", "fd::17"]
)
def test_what_the_configuration_names_and_is_no_remote_of_this_clone_is_refused(named: str) -> None:
    settings = PublishSettings(remotes=("mirror", named))

    with pytest.raises(DeliveryError, match="is no remote of this clone"):
        publish_remotes(settings, FORK, (APP,), "origin")


def test_a_repository_without_remotes_has_nobody_to_deliver_to() -> None:
    assert publish_remotes(PublishSettings(), {}, (APP,)) == ()
