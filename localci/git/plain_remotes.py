"""The remotes of the repository around, for a `git push` that shows nobody their credentials.

git hands a remote's URL to what it starts, as an argument: git-remote-https and the pre-push hook.
So for each URL with credentials git is told, in the environment, of a plain one in its place, and
of a credential helper that knows the rest (`localci.git.plain_address`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from localci.errors import GitError
from localci.git.command import run_git
from localci.git.plain_address import plain_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ADDRESSES = r"^(remote\..*\.(push)?url|url\..*\.(push)?insteadof)$"


class PlainRemotes(NamedTuple):
    """What git is told: configuration and variables; `originals` are the URLs by the plain ones."""

    settings: tuple[tuple[str, str], ...] = ()
    variables: Mapping[str, str] = {}
    originals: Mapping[str, str] = {}


def plain_remotes() -> PlainRemotes:
    """Return what to tell a push from the current directory: nothing, most of the time."""
    written = _written()
    if not any("@" in text for pair in written for text in pair):
        return PlainRemotes()
    settings: list[tuple[str, str]] = []
    variables: dict[str, str] = {}
    originals: dict[str, str] = {}
    for number, (url, resolved) in enumerate(_pushed_to(written)):
        plain = plain_address(resolved, number)
        if plain.url != resolved:
            # The whole of a URL is the longest beginning of it, which wins.
            settings += [
                (f"url.{plain.url}.insteadOf", url),
                (f"url.{plain.url}.pushInsteadOf", url),
                *plain.settings,
            ]
            variables.update(plain.variables)
            originals[plain.url] = resolved
    return PlainRemotes(tuple(settings), variables, originals)


def _written() -> tuple[tuple[str, str], ...]:
    """Return keys and values of the configuration that make up the addresses of remotes."""
    listed = _ask("config", "-z", "--get-regexp", _ADDRESSES)
    rows = (row.partition("\n") for row in listed.split("\0") if row)
    return tuple((key, value) for key, _, value in rows)


def _pushed_to(written: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield each URL that remotes are pushed to: as it is written, and as git makes it."""
    urls: dict[str, dict[str, list[str]]] = {}
    for key, value in written:
        section, _, rest = key.partition(".")
        name, _, kind = rest.rpartition(".")
        if section == "remote":
            urls.setdefault(name, {}).setdefault(kind, []).append(value)
    for name, kinds in urls.items():
        as_written = kinds.get("pushurl") or kinds.get("url", [])
        # git does not speak of a remote that only its environment or its global file names.
        resolved = _ask("remote", "get-url", "--push", "--all", "--", name).split("\n")[:-1]
        yield from zip(as_written, resolved or as_written, strict=False)


def _ask(*question: str) -> str:
    """Return what git answers; nothing where it says that there is no such thing."""
    try:
        answer = run_git(
            question, directory=os.curdir, environment={**os.environ, "LC_ALL": "C"}, timeout=30
        )
    except GitError:
        # Where git cannot work here, the push itself says so.
        return ""
    return answer.decode("utf-8", "surrogateescape")
