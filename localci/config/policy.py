"""What to require, and of whom: `.localci/policy.toml` (design 3.2) as frozen data.

Reading is `localci.config.read_policy`; this module only says what a policy is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from localci.config.branch_patterns import branch_matches

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate
    from localci.ssh.public_key import SshKey

    PublicKey: TypeAlias = Certificate | SshKey

POLICY_FILE: Final = ".localci/policy.toml"
KEYS_DIRECTORY: Final = ".localci/keys"
ROOT_KEY_FILE: Final = ".github/ci-public-key.asc"

COUNTED_ROLES: Final = frozenset({"developer", "maintainer", "runner"})
"""Roles whose bearers count; an auditor is shown and never counted."""
ROLES: Final = COUNTED_ROLES | {"auditor"}
APPROVING_ROLE: Final = "maintainer"
"""Whose approval lifts a change of the checks, which no path rule speaks of."""

HOSTED: Final = "hosted"
"""The person that the forge's own run is counted as."""
HOSTED_ROLE: Final = "runner"
UNSIGNED: Final = "unsigned"
"""Stands where a person's name would, for a bare document that the policy takes."""


def roles_in_words(roles: frozenset[str]) -> str:
    """Return the roles as a person reads them: "a maintainer or a runner"."""
    listed = (f"{'an' if role[0] in 'aeiou' else 'a'} {role}" for role in sorted(roles))
    return " or ".join(listed) or "nobody who counts"


class Requirement(NamedTuple):
    """What one check must show. Ages are in seconds; None asks for nothing.

    `max_drop` is in percentage points below the base's result.
    """

    name: str
    max_failed: int | None = None
    min_total: int | None = None
    max_skipped: int | None = None
    min_percentage: float | None = None
    max_drop: float | None = None
    max_issues: int | None = None
    max_age: int | None = None
    threshold: int | None = None
    roles: frozenset[str] | None = None
    commit_binding: bool = False


class BranchRule(NamedTuple):
    """What a target that the pattern matches asks for, in place of the requirements so named."""

    pattern: str
    requirements: tuple[Requirement, ...]


class PathRule(NamedTuple):
    """Paths whose entries equal the trust commit's unless a bearer of one of the roles approves."""

    pattern: str
    roles: frozenset[str]


class Revocation(NamedTuple):
    """When and why a signer's key was taken back; all that it ever signed is refused."""

    at: int
    reason: str


class Signer(NamedTuple):
    """One key of one person. Times are seconds since 1970, 00:00 UTC of the day written.

    `accounts` are the person's names on the forge.
    """

    name: str
    key: PublicKey
    roles: frozenset[str]
    not_before: int | None = None
    not_after: int | None = None
    revoked: Revocation | None = None
    accounts: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key, of a certificate that of its primary key."""
        return self.key.fingerprint

    def counts_from(self, now: float) -> bool:
        """Tell whether the policy trusts the key at that time, in seconds since 1970."""
        begun = self.not_before is None or now >= self.not_before
        return begun and (self.not_after is None or now < self.not_after) and self.revoked is None


class Policy(NamedTuple):
    """A policy that can be judged by; `digest` is the SHA-256 of the file's bytes."""

    repositories: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    signers: tuple[Signer, ...]
    digest: str
    require_signature: bool = True
    threshold: int = 1
    max_age: int | None = None
    roles: frozenset[str] | None = None
    commit_binding: bool = False
    checks_from_base: bool = True
    reuse: str = "own"
    require_isolation: bool = False
    hosted: bool = False
    author_alone: bool = True
    branch_rules: tuple[BranchRule, ...] = ()
    path_rules: tuple[PathRule, ...] = ()

    def requirements_for(self, target: str) -> tuple[Requirement, ...]:
        """Return what a commit must show that is meant for the branch `target`.

        Where two rules match and both speak of a check, both have to be met.
        """
        if not self.branch_rules:
            return self.requirements
        special = tuple(
            requirement
            for rule in self.branch_rules
            if branch_matches(rule.pattern, target)
            for requirement in rule.requirements
        )
        named = {requirement.name for requirement in special}
        return (*(item for item in self.requirements if item.name not in named), *special)

    @property
    def all_requirements(self) -> tuple[Requirement, ...]:
        """What is required of some target, whichever."""
        return (*self.requirements, *(r for rule in self.branch_rules for r in rule.requirements))

    def max_age_of(self, requirement: Requirement) -> int | None:
        """Return how old, in seconds, a required check may be; None for no limit."""
        return self.max_age if requirement.max_age is None else requirement.max_age

    def threshold_of(self, requirement: Requirement) -> int:
        """Return how many people have to have a result that counts for a requirement."""
        return self.threshold if requirement.threshold is None else requirement.threshold

    def roles_of(self, requirement: Requirement) -> frozenset[str]:
        """Return the roles whose bearers count for a requirement."""
        return (requirement.roles or self.roles or COUNTED_ROLES) & COUNTED_ROLES

    def is_machine(self, name: str) -> bool:
        """Tell whether a name is a machine's: nobody's author, since it has no other role."""
        roles = {signer.roles for signer in self.signers if signer.name == name}
        return name == HOSTED or roles == {frozenset({HOSTED_ROLE})}

    def owner_of(self, fingerprint: str) -> Signer | None:
        """Return the signer whose key, or subkey, has the fingerprint."""
        for signer in self.signers:
            if signer.key.holds(fingerprint):
                return signer
        return None
