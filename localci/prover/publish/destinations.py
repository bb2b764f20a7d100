"""Which remotes get the notes (design 7, `[publish] remotes`). Pure.

What is checked out may be a stranger's, its localci.toml too. git runs the hooks of a repository
that it pushes to by a path, and one can lie in the very tree. So the file only chooses among the
remotes of this clone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.errors import DeliveryError
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
    (several after a rename, none without a policy). Those of `[publish] remotes`, if there are any.
    Else a push delivers where it goes: the verifier that it starts looks there, also in a fork,
    whose owner cannot write anywhere else. Without a push it is `push_default`, the remote that
    git's settings name for pushes and for nothing else, by which contributors name their fork; else
    the remotes that are the policy's repository, else `origin`.

    Raises DeliveryError where `[publish] remotes` names one that is none of this clone.
    """
    if settings.remotes:
        return tuple(dict.fromkeys(_known(named, remotes) for named in settings.remotes))
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


def _known(named: str, remotes: Mapping[str, Collection[str]]) -> str:
    """Return the remote that has a name, or a URL in any form. Raises DeliveryError."""
    if named in remotes:
        return named
    wanted = normalise_repository(named)
    for name, addresses in remotes.items():
        if any(normalise_repository(address) == wanted for address in addresses):
            return name
    raise DeliveryError(
        f"localci.toml names {named} in `[publish] remotes`, which is no remote of this clone",
        then="the result is kept; if you trust that place: `git remote add`, then `localci sync`",
    )
