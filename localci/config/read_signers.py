"""Read whom a policy trusts: each `[[signer]]`, an OpenPGP certificate or an SSH key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.config import policy_fields as fields
from localci.config.policy import (
    HOSTED,
    KEYS_DIRECTORY,
    ROOT_KEY_FILE,
    UNSIGNED,
    Revocation,
    Signer,
)
from localci.errors import FormatError, PolicyError, UsageError
from localci.gpg.certificate import read_certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.config.policy import PublicKey
    from localci.config.section import Section
    from localci.gpg.certificate import Certificate
    from localci.ssh.public_key import SshKey

    ReadFile = Callable[[str], bytes | None]

_KEYS: Final = frozenset(
    {"name", "fingerprint", "key", "ssh", "roles", "not_before", "not_after", "revoked"}
    | {"accounts"}
)
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_KEY_FILE: Final = re.compile(r"keys/(?!\.\.?$)[^/\\\x00-\x1f]+")
_BLANK: Final = re.compile(r"\s")
_NO_PEOPLE: Final = frozenset({HOSTED, UNSIGNED})


def read_signers(root: Section, read_file: ReadFile) -> tuple[Signer, ...]:
    """Return the signers in order; no key stands under two entries. Raises the file's error."""
    signers = tuple(_signer(table, read_file) for table in root.tables("signer"))
    owners: dict[str, str] = {}
    for signer in signers:
        for fingerprint in signer.key.fingerprints:
            # Of two rows of one key, which dates hold, which revocation?
            if fingerprint in owners:
                raise root.error(
                    "signer", f"holds {fingerprint} twice: {owners[fingerprint]}, {signer.name}"
                )
            owners[fingerprint] = signer.name
    _refuse_shared_accounts(root, signers)
    return signers


def read_policy_file(read_file: ReadFile, path: str) -> bytes | None:
    """Return a file's bytes. Raises PolicyError where something else than a file stands there."""
    try:
        return read_file(path)
    except UsageError as error:
        raise PolicyError("policy-invalid", error.what) from None


def _signer(table: Section, read_file: ReadFile) -> Signer:
    table.refuse_unknown(_KEYS)
    name = table.text("name").strip()
    if not name:
        raise table.error("name", "is missing: a person is a name")
    if name in _NO_PEOPLE:
        raise table.error("name", f"is `{name}`, which localci calls what nobody signed")
    return Signer(
        name=name,
        key=_public_key(table, read_file),
        roles=fields.roles(table) or frozenset({"developer"}),
        not_before=fields.day(table, "not_before"),
        not_after=fields.day(table, "not_after"),
        revoked=_revocation(table),
        accounts=table.texts("accounts", fault=_account_fault),
    )


def _public_key(table: Section, read_file: ReadFile) -> PublicKey:
    if "ssh" not in table.values:
        return _certificate(table, read_file)
    if "key" in table.values:
        raise table.error("ssh", "stands beside `key`; an entry is one key")
    key = _ssh_key(table)
    if table.text("fingerprint") not in {"", key.fingerprint}:
        raise table.error("fingerprint", f"is not that of the key, {key.fingerprint}")
    return key


def _ssh_key(table: Section) -> SshKey:
    # Most policies have none, and every verdict starts here.
    from localci.ssh.public_key import read_public_key  # noqa: PLC0415

    try:
        return read_public_key(table.text("ssh"))
    except FormatError as error:
        raise table.error("ssh", f"is unusable: {error.what}") from None


def _certificate(table: Section, read_file: ReadFile) -> Certificate:
    fingerprint = table.text("fingerprint").replace(" ", "").lower()
    if _FINGERPRINT.fullmatch(fingerprint) is None:
        raise table.error("fingerprint", "is not a whole fingerprint of 40 or 64 hex digits")
    key = table.text("key")
    if key == ROOT_KEY_FILE:
        location = key
    elif _KEY_FILE.fullmatch(key):
        location = f"{KEYS_DIRECTORY}/{key.removeprefix('keys/')}"
    else:
        raise table.error("key", f"is not keys/<file> or {ROOT_KEY_FILE}")
    data = read_policy_file(read_file, location)
    if data is None:
        raise table.error("key", f"leads to {location}, which is not in the trust commit")
    try:
        certificate = read_certificate(data)
    except FormatError as error:
        raise table.error("key", f"leads to {location}, which is unusable: {error.what}") from None
    if certificate.fingerprint != fingerprint:
        raise table.error("fingerprint", f"is not that of the key file, {certificate.fingerprint}")
    return certificate


def _revocation(table: Section) -> Revocation | None:
    if "revoked" not in table.values:
        return None
    revoked = table.table("revoked")
    revoked.refuse_unknown({"at", "reason"})
    at = fields.day(revoked, "at")
    if at is None:
        raise revoked.error("at", "is missing: the day of the revocation")
    return Revocation(at, revoked.text("reason"))


def _account_fault(account: str) -> str:
    if not account.strip():
        return "holds an empty name"
    # No forge calls anybody so: his own changes would pass for somebody else's.
    if account.startswith("@") or _BLANK.search(account):
        return f"holds `{account}`; write the name alone, without blanks or `@`"
    return ""


def _refuse_shared_accounts(root: Section, signers: tuple[Signer, ...]) -> None:
    """Refuse a name that two people answer to, or nobody knew whose pull request it is."""
    owners: dict[str, str] = {}
    for signer in signers:
        for account in map(str.casefold, (signer.name, *signer.accounts)):
            if owners.setdefault(account, signer.name) != signer.name:
                raise root.error(
                    "signer",
                    f"gives the account {account} to two: {owners[account]}, {signer.name}",
                )
