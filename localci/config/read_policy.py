"""Read `.localci/policy.toml` and its keys, strictly: what is not understood is never passed over.

Decoded by hand, since `localci verify` starts here; `localci/schemas/policy-1.json` publishes the
same form for editors.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from localci.config import policy_fields as fields
from localci.config.policy import POLICY_FILE, Policy
from localci.config.read_requirements import read_branch_rules, read_path_rules, read_requirements
from localci.config.read_signers import read_policy_file, read_signers
from localci.config.section import Section
from localci.config.toml_file import read_toml
from localci.errors import PolicyError
from localci.formats.object_ids import sha256_hex
from localci.formats.repository_name import normalise_repository

if TYPE_CHECKING:
    from collections.abc import Callable

    ReadFile = Callable[[str], bytes | None]

_KEYS: Final = frozenset(
    {"version", "repository", "require_signature", "threshold", "max_age", "binding", "roles"}
    | {"checks_from", "reuse", "require_isolation", "hosted", "author_alone"}
    | {"require", "branch", "paths", "signer"}
)


def read_policy(read_file: ReadFile) -> Policy:
    """Read the policy of one commit through `read_file(path)`, None for a file that is not there.

    Raises PolicyError (`policy-missing`, `policy-invalid`) with file, line and what to do.
    """
    root, digest = _open(read_file)
    root.refuse_unknown(_KEYS)
    requirements = read_requirements(root)
    policy = Policy(
        repositories=_repositories(root),
        requirements=requirements,
        signers=read_signers(root, read_file),
        digest=digest,
        require_signature=root.boolean("require_signature", default=True),
        threshold=root.whole_number("threshold", 1, least=1) or 1,
        max_age=root.seconds("max_age", None, most=fields.MAX_AGE),
        roles=fields.roles(root),
        commit_binding=fields.binds_to_commit(root),
        checks_from_base=root.choice("checks_from", ("base", "head"), "base") == "base",
        reuse=root.choice("reuse", ("own", "team", "never"), "own"),
        require_isolation=root.boolean("require_isolation"),
        hosted=root.choice("hosted", ("allowed", "never"), "never") == "allowed",
        author_alone=root.boolean("author_alone", default=True),
        branch_rules=read_branch_rules(root, requirements),
        path_rules=read_path_rules(root),
    )
    if not policy.require_signature and _asks_for_people(policy):
        raise root.error(
            "require_signature",
            "can be false only where no rule asks for people: threshold, roles, paths, authors",
        )
    return policy


def read_policy_repositories(read_file: ReadFile) -> tuple[str, ...]:
    """Return only which repository the policy is for; empty where there is no policy.

    Raises PolicyError where the file cannot be read.
    """
    try:
        root, _ = _open(read_file)
    except PolicyError as error:
        if error.code == "policy-missing":
            return ()
        raise
    return _repositories(root)


def _open(read_file: ReadFile) -> tuple[Section, str]:
    data = read_policy_file(read_file, POLICY_FILE)
    if data is None:
        raise PolicyError(
            "policy-missing",
            f"the trust commit has no {POLICY_FILE}",
            then="`localci init` proposes one; it counts once it is on the trusted branch",
        )
    file = read_toml(data, POLICY_FILE, partial(PolicyError, "policy-invalid"))
    root = Section(file, (), file.tables)
    if root.whole_number("version") != 1:
        raise root.error("version", "is not 1, the only one that this version of localci knows")
    return root, sha256_hex(data)


def _repositories(root: Section) -> tuple[str, ...]:
    value = root.values.get("repository")
    names = (root.text("repository"),) if isinstance(value, str) else root.texts("repository")
    found = tuple(normalise_repository(name) for name in names)
    if not found or not all(found):
        raise root.error("repository", 'does not name this repository, like "github.com/acme/app"')
    return found


def _asks_for_people(policy: Policy) -> bool:
    """Tell whether a rule asks for somebody, whom a bare document does not name."""
    requirements = policy.all_requirements
    return bool(
        policy.roles
        or policy.path_rules
        or not policy.author_alone
        or any(policy.threshold_of(item) > 1 or item.roles for item in requirements)
    )
