"""What to require, and of whom: `.localci/policy.toml` (design 3.2) as frozen data.

Reading is `localci.config.read_policy`; this module only says what a policy is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.gpg.certificate import Certificate

POLICY_FILE: Final = ".localci/policy.toml"
KEYS_DIRECTORY: Final = ".localci/keys"
ROOT_KEY_FILE: Final = ".github/ci-public-key.asc"

COUNTED_ROLES: Final = frozenset({"developer", "maintainer", "runner"})
"""Roles whose bearers count; an auditor is shown and never counted."""
ROLES: Final = COUNTED_ROLES | {"auditor"}


class Requirement(NamedTuple):
    """What one check must show. Ages are in seconds; None asks for nothing."""

    name: str
    max_failed: int | None = None
    min_total: int | None = None
    max_skipped: int | None = None
    min_percentage: float | None = None
    max_issues: int | None = None
    max_age: int | None = None
    roles: frozenset[str] | None = None
    commit_binding: bool = False


class Revocation(NamedTuple):
    """When and why a signer's key was taken back; all that it ever signed is refused."""

    at: int
    reason: str


class Signer(NamedTuple):
    """One key of one person. Times are seconds since 1970, 00:00 UTC of the day written."""

    name: str
    fingerprint: str
    certificate: Certificate
    roles: frozenset[str]
    not_before: int | None = None
    not_after: int | None = None
    revoked: Revocation | None = None


class Policy(NamedTuple):
    """A policy that can be judged by; `digest` is the SHA-256 of the file's bytes."""

    repositories: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    signers: tuple[Signer, ...]
    digest: str
    require_signature: bool = True
    max_age: int | None = None
    roles: frozenset[str] | None = None
    commit_binding: bool = False
    checks_from_base: bool = True
    reuse: str = "own"

    def max_age_of(self, requirement: Requirement) -> int | None:
        """Return how old, in seconds, a required check may be; None for no limit."""
        return self.max_age if requirement.max_age is None else requirement.max_age

    def roles_of(self, requirement: Requirement) -> frozenset[str]:
        """Return the roles whose bearers count for a requirement."""
        return requirement.roles or self.roles or COUNTED_ROLES
