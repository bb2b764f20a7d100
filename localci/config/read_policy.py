"""Read `.localci/policy.toml` and its keys, strictly: what is not understood is never passed over.

Decoded by hand, since `localci verify` starts here; `localci/schemas/policy-1.json` publishes the
same form for editors. What the form allows and this version cannot judge yet is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.policy import (
    KEYS_DIRECTORY,
    POLICY_FILE,
    ROLES,
    ROOT_KEY_FILE,
    Policy,
    Requirement,
    Revocation,
    Signer,
)
from localci.config.section import Section
from localci.config.toml_file import read_toml
from localci.errors import FormatError, PolicyError, UsageError
from localci.formats.object_ids import sha256_hex
from localci.formats.repository_name import normalise_repository
from localci.formats.result import CHECK_NAME
from localci.gpg.certificate import read_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from localci.gpg.certificate import Certificate

    ReadFile = Callable[[str], bytes | None]

MAX_AGE: Final = 100 * 365 * 86_400
"""Seconds; the longest `max_age` that can be written."""

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_KEY_FILE: Final = re.compile(r"keys/(?!\.\.?$)[^/\\\x00-\x1f]+")
_NOT_YET: Final = "cannot be judged by this version of localci yet"

_POLICY_KEYS: Final = frozenset(
    {"version", "repository", "require_signature", "threshold", "max_age", "binding"}
    | {"checks_from", "reuse", "roles", "require", "signer"}
)
_LATER_POLICY_KEYS: Final = frozenset(
    {"branch", "paths", "author_alone", "hosted", "require_isolation"}
)
_REQUIREMENT_KEYS: Final = frozenset(
    {"max_failed", "min_total", "max_skipped", "min_percentage", "max_issues", "max_age"}
    | {"threshold", "roles", "binding"}
)
_LATER_REQUIREMENT_KEYS: Final = frozenset({"max_drop"})
_SIGNER_KEYS: Final = frozenset(
    {"name", "fingerprint", "key", "roles", "not_before", "not_after", "revoked"}
)
_LATER_SIGNER_KEYS: Final = frozenset({"ssh"})


def read_policy(read_file: ReadFile) -> Policy:
    """Read the policy of one commit through `read_file(path)`, None for a file that is not there.

    Raises PolicyError (`policy-missing`, `policy-invalid`) with file, line and what to do.
    """
    root, digest = _open(read_file)
    _refuse_unknown(root, _POLICY_KEYS, _LATER_POLICY_KEYS)
    _refuse_threshold(root)
    requirements = _requirements(root)
    roles = _roles(root)
    require_signature = root.boolean("require_signature", default=True)
    if not require_signature and (roles or any(r.roles for r in requirements.values())):
        raise root.error("require_signature", "can be false only where no rule asks for roles")
    if root.choice("reuse", ("own", "team", "never"), "own") == "team":
        raise root.error("reuse", f'is "team", which {_NOT_YET}')
    return Policy(
        repositories=_repositories(root),
        requirements=requirements,
        signers=_signers(root, read_file),
        digest=digest,
        require_signature=require_signature,
        max_age=root.seconds("max_age", None, most=MAX_AGE),
        roles=roles,
        commit_binding=_binds_to_commit(root),
        checks_from_base=root.choice("checks_from", ("base", "head"), "base") == "base",
        reuse=root.choice("reuse", ("own", "team", "never"), "own"),
    )


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
    data = _read(read_file, POLICY_FILE)
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


def _read(read_file: ReadFile, path: str) -> bytes | None:
    try:
        return read_file(path)
    except UsageError as error:
        raise PolicyError("policy-invalid", error.what) from None


def _repositories(root: Section) -> tuple[str, ...]:
    value = root.values.get("repository")
    names = (root.text("repository"),) if isinstance(value, str) else root.texts("repository")
    found = tuple(normalise_repository(name) for name in names)
    if not found or not all(found):
        raise root.error("repository", 'does not name this repository, like "github.com/acme/app"')
    return found


def _requirements(root: Section) -> Mapping[str, Requirement]:
    tables = root.table("require")
    if not tables.values:
        raise root.error("require", "is missing, so anything would pass; write [require.NAME]")
    for name in tables.values:
        if CHECK_NAME.fullmatch(name) is None:
            raise tables.error(name, "is not the name of a check")
    return MappingProxyType(
        {name: _requirement(name, tables.table(name)) for name in tables.values}
    )


def _requirement(name: str, table: Section) -> Requirement:
    _refuse_unknown(table, _REQUIREMENT_KEYS, _LATER_REQUIREMENT_KEYS)
    _refuse_threshold(table)
    return Requirement(
        name=name,
        max_failed=table.whole_number("max_failed"),
        min_total=table.whole_number("min_total"),
        max_skipped=table.whole_number("max_skipped"),
        min_percentage=table.percentage("min_percentage"),
        max_issues=table.whole_number("max_issues"),
        max_age=table.seconds("max_age", None, most=MAX_AGE),
        roles=_roles(table),
        commit_binding=_binds_to_commit(table),
    )


def _signers(root: Section, read_file: ReadFile) -> tuple[Signer, ...]:
    signers = tuple(_signer(table, read_file) for table in root.tables("signer"))
    owners: dict[str, str] = {}
    for signer in signers:
        for key in signer.certificate.keys:
            # Of two rows of one key, which dates hold, which revocation?
            if key.fingerprint in owners:
                raise root.error(
                    "signer",
                    f"holds {key.fingerprint} twice: {owners[key.fingerprint]}, {signer.name}",
                )
            owners[key.fingerprint] = signer.name
    return signers


def _signer(table: Section, read_file: ReadFile) -> Signer:
    _refuse_unknown(table, _SIGNER_KEYS, _LATER_SIGNER_KEYS)
    fingerprint = table.text("fingerprint").replace(" ", "").lower()
    if _FINGERPRINT.fullmatch(fingerprint) is None:
        raise table.error("fingerprint", "is not a whole fingerprint of 40 or 64 hex digits")
    certificate = _certificate(table, read_file)
    if certificate.fingerprint != fingerprint:
        raise table.error("fingerprint", f"is not that of the key file, {certificate.fingerprint}")
    name = table.text("name").strip()
    if not name:
        raise table.error("name", "is missing: a person is a name")
    return Signer(
        name=name,
        fingerprint=fingerprint,
        certificate=certificate,
        roles=_roles(table) or frozenset({"developer"}),
        not_before=_day(table, "not_before"),
        not_after=_day(table, "not_after"),
        revoked=_revocation(table),
    )


def _certificate(table: Section, read_file: ReadFile) -> Certificate:
    key = table.text("key")
    if key == ROOT_KEY_FILE:
        location = key
    elif _KEY_FILE.fullmatch(key):
        location = f"{KEYS_DIRECTORY}/{key.removeprefix('keys/')}"
    else:
        raise table.error("key", f"is not keys/<file> or {ROOT_KEY_FILE}")
    data = _read(read_file, location)
    if data is None:
        raise table.error("key", f"leads to {location}, which is not in the trust commit")
    try:
        return read_certificate(data)
    except FormatError as error:
        raise table.error("key", f"leads to {location}, which is unusable: {error.what}") from None


def _revocation(table: Section) -> Revocation | None:
    if "revoked" not in table.values:
        return None
    revoked = table.table("revoked")
    _refuse_unknown(revoked, frozenset({"at", "reason"}), frozenset())
    at = _day(revoked, "at")
    if at is None:
        raise revoked.error("at", "is missing: the day of the revocation")
    return Revocation(at, revoked.text("reason"))


def _refuse_unknown(table: Section, known: frozenset[str], later: frozenset[str]) -> None:
    table.refuse_unknown(known | later)
    for key in table.values:
        if key in later:
            raise table.error(key, _NOT_YET)


def _refuse_threshold(table: Section) -> None:
    threshold = table.whole_number("threshold", 1, least=1)
    if threshold != 1:
        raise table.error("threshold", f"is above 1, which {_NOT_YET}")


def _roles(table: Section) -> frozenset[str] | None:
    if "roles" not in table.values:
        return None
    roles: Sequence[str] = table.texts("roles")
    if not roles or not ROLES.issuperset(roles):
        raise table.error("roles", f"is not a list of {', '.join(sorted(ROLES))}")
    return frozenset(roles)


def _binds_to_commit(table: Section) -> bool:
    return table.choice("binding", ("tree", "commit"), "tree") == "commit"


def _day(table: Section, key: str) -> int | None:
    value = table.values.get(key)
    if value is None:
        return None
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise table.error(key, "is not a day like 2026-11-21")
    midnight = dt.datetime.combine(value, dt.time(), dt.timezone.utc)
    return int(midnight.timestamp())
