"""What a caller of the verifier asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from localci.verifier.evidence import HostedResult


class Question(NamedTuple):
    """What the caller asks: which commit, by whose rules, with the notes of which remotes.

    `target` is the branch that the commit is meant for, `authors` are the names of those whose
    change it is, `policy_digest` is the SHA-256 of a first policy, `hosted` the forge's own run.
    """

    revision: str
    trust_ref: str = ""
    remotes: tuple[str, ...] = ()
    target: str = ""
    authors: tuple[str, ...] = ()
    policy_digest: str = ""
    hosted: HostedResult | None = None
