"""Which remotes get the notes (design 7, `[publish] remotes`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.repository_name import normalise_repository

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from localci.config.configuration import PublishSettings


def publish_remotes(
    settings: PublishSettings,
    remotes: Mapping[str, Collection[str]],
    repositories: Collection[str] = (),
    pushed_to: str = "",
    push_default: str = "",
) -> tuple[str, ...]:
    """Return the remotes to deliver to, names or URLs.

    `remotes` gives every name's addresses, `repositories` the policy's `repository` in normal form
    (several after a rename, none without a policy). `[publish] remotes` is taken as it is. Else a
    push delivers where it goes: the verifier that it starts looks there, also in a fork, whose
    owner cannot write anywhere else. Without a push it is `push_default`, the remote that git's
    settings name for pushes and for nothing else, by which contributors name their fork; else the
    remotes that are the policy's repository, else `origin`.
    """
    if settings.remotes:
        return settings.remotes
    if pushed_to:
        return (next((name for name in remotes if pushed_to in remotes[name]), pushed_to),)
    if push_default in remotes:
        return (push_default,)
    known = tuple(
        name
        for name, addresses in remotes.items()
        if any(normalise_repository(address) in repositories for address in addresses)
    )
    return known or tuple(name for name in remotes if name == "origin")
