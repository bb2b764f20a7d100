"""Who counts beside whom: people with runs of their own, and the author of the change.

A person is a name, however many keys bear it. Two people who signed one run are one witness, so
people are matched with runs (design 8, item 7); a further statement can only help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localci.config.policy import Policy


def most_people(runs: Iterable[tuple[str, str]]) -> int:
    """Return how many people can each be given a run of his own, out of (person, run) pairs."""
    by_person: dict[str, list[str]] = {}
    for person, run in runs:
        by_person.setdefault(person, []).append(run)
    owners: dict[str, str] = {}
    return sum(_find_run(person, by_person, owners, set()) for person in by_person)


def _find_run(
    person: str, by_person: Mapping[str, list[str]], owners: dict[str, str], tried: set[str]
) -> bool:
    """Give the person a run, if need be one of somebody who can take another."""
    for run in by_person[person]:
        if run in tried:
            continue
        tried.add(run)
        if run not in owners or _find_run(owners[run], by_person, owners, tried):
            owners[run] = person
            return True
    return False


def may_be_author(person: str, authors: Iterable[str], policy: Policy) -> bool:
    """Tell whether a person may be one of those whom the caller calls the change's authors.

    An author whom the policy does not know may be anybody who has not told it his accounts; a
    machine is nobody's author. Where the caller names nobody, everybody may be.
    """
    if policy.is_machine(person):
        return False
    has_accounts = _has_accounts(person, policy)
    known = _known_authors(authors, policy)
    return not known or any(name == person or not (name or has_accounts) for name in known)


def why_strangers(people: Iterable[str], authors: Sequence[str], policy: Policy) -> str:
    """Return, for the end of a message, why people may be an author who is unknown; or ""."""
    known = zip(authors, _known_authors(authors, policy), strict=True)
    unknown = [author for author, name in known if not name]
    mute = [p for p in people if not policy.is_machine(p) and not _has_accounts(p, policy)]
    if not unknown or not mute:
        return ""
    return (
        f"; the policy knows nobody as {', '.join(unknown)}, who may be {' or '.join(mute)}:"
        " no `accounts` in the policy"
    )


def _has_accounts(person: str, policy: Policy) -> bool:
    return any(signer.accounts for signer in policy.signers if signer.name == person)


def _known_authors(authors: Iterable[str], policy: Policy) -> list[str]:
    """Return the people whom the authors' names mean, "" for each who is unknown."""
    names = {name.casefold(): signer.name for signer in policy.signers for name in signer.accounts}
    names |= {signer.name.casefold(): signer.name for signer in policy.signers}
    return [names.get(author.strip().removeprefix("@").casefold(), "") for author in authors]
