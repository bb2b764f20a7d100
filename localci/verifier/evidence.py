"""What a verdict rests on, and the questions that have to be asked outside.

`Case` is plain data: everything about the commit, the policy and the note that was fetched before
anything is judged. `SignatureCheck` is the one question the judge asks on the way (gpgv).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import PathRule, Policy, PublicKey, Requirement
    from localci.formats.bundle import Bundle
    from localci.gpg.status import GoodSignature
    from localci.verifier.verdict import Reason, Trust


class TrustedCheck(NamedTuple):
    """A check as a commit defines it: its definition, and whether it reads history."""

    definition: str
    reads_history: bool


class PathChange(NamedTuple):
    """A protected pattern whose entries are not the trust commit's.

    `base_digest` is over all entries of the trust commit that match, and `moved` says which side
    changed them, empty where that is not known.
    """

    rule: PathRule
    paths: tuple[str, ...]
    base_digest: str
    moved: str = ""


class HostedResult(NamedTuple):
    """A bare result document of the forge's own run: untrusted bytes.

    Commit, tree and time (seconds since 1970) are what the forge's API says of the run.
    """

    document: bytes
    commit: str
    tree: str
    finished_at: int


class Case(NamedTuple):
    """One commit to judge. `now` is the verifier's clock in seconds, read once.

    `unread` says why the notes may hold more lines than the bundle. `own_checks` are the checks as
    the tree under test defines them: what an approval can put in place of the trust commit's.
    `base_percentages` are figures of the trust commit's own accepted results. `authors` are the
    names by which the caller knows the author of the change.
    """

    commit: str
    tree: str
    policy: Policy
    trust: Trust
    trusted_checks: Mapping[str, TrustedCheck]
    bundle: Bundle
    now: float
    target: str = ""
    unread: tuple[Reason, ...] = ()
    own_checks: Mapping[str, TrustedCheck] = MappingProxyType({})
    path_changes: tuple[PathChange, ...] = ()
    base_percentages: Mapping[str, float] = MappingProxyType({})
    authors: tuple[str, ...] = ()
    hosted: HostedResult | None = None
    workflows_changed: bool = False

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What the policy requires of this target."""
        return self.policy.requirements_for(self.target)


class SignatureCheck(Protocol):
    """Say who signed `data`, if the key's owner did.

    Raises FormatError (with a reason code) where nobody did, LocalciError where nobody can say.
    """

    def __call__(self, key: PublicKey, signature: bytes, data: bytes, /) -> GoodSignature:
        """Check one signature against one key."""
