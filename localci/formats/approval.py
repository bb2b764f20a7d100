"""The approval: a person's consent to a change of the rules (design 8, item 9).

An in-toto Statement v1 about a tree with a predicateType of its own, so that no result is ever
read as consent. It names what it was compared with: when the trusted side moves on, it is void.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError
from localci.formats.object_ids import is_object_id, is_sha256
from localci.formats.result import CHECK_NAME, is_definition
from localci.formats.strict_json import dumps_canonical
from localci.formats.subject import STATEMENT_TYPE, Subject, decode_subject, encode_subject
from localci.formats.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.strict_json import JsonObject, JsonValue

APPROVAL_TYPE: Final = "https://in-toto.io/attestation/approval/v0.1"
VERSION: Final = "1.0"


class CheckChange(NamedTuple):
    """How a check is defined at the trust commit and in the approved tree; empty: not at all."""

    base: str
    head: str


class Approval(NamedTuple):
    """Who approves is said by the signature; this says what. Times are seconds since 1970.

    `paths` has, by protected pattern, the digest of the trust commit's entries.
    """

    subject: Subject
    base_commit: str
    approved_at: int
    paths: Mapping[str, str] = MappingProxyType({})
    checks: Mapping[str, CheckChange] = MappingProxyType({})


def encode_approval(approval: Approval) -> bytes:
    """Return the payload."""
    return dumps_canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [encode_subject(approval.subject)],
            "predicateType": APPROVAL_TYPE,
            "predicate": {
                "version": VERSION,
                "timestamp": format_timestamp(approval.approved_at),
                "base_commit": approval.base_commit,
                "paths": dict(approval.paths),
                "checks": {
                    name: {"base": change.base, "head": change.head}
                    for name, change in approval.checks.items()
                },
            },
        }
    )


def decode_approval(value: JsonObject) -> Approval:
    """Decode a statement whose predicateType is an approval's. Raises FormatError."""
    predicate = value.get("predicate")
    if not isinstance(predicate, dict) or predicate.get("version") != VERSION:
        raise _invalid(f"predicate is not an object of version {VERSION}")
    base_commit = predicate.get("base_commit")
    if not isinstance(base_commit, str) or not is_object_id(base_commit):
        raise _invalid("base_commit is not a whole object id in lower case")
    return Approval(
        subject=decode_subject(value),
        base_commit=base_commit,
        approved_at=parse_timestamp(predicate.get("timestamp"), "approval: timestamp"),
        paths=_decode_paths(predicate.get("paths")),
        checks=_decode_checks(predicate.get("checks")),
    )


def _decode_paths(value: JsonValue) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise _invalid("paths is not an object")
    found = {}
    for pattern, digest in value.items():
        if not isinstance(digest, str) or not is_sha256(digest):
            raise _invalid("a digest of paths is no SHA-256 in hex")
        found[pattern] = digest
    return MappingProxyType(found)


def _decode_checks(value: JsonValue) -> Mapping[str, CheckChange]:
    if not isinstance(value, dict):
        raise _invalid("checks is not an object")
    found = {}
    for name, change in value.items():
        if CHECK_NAME.fullmatch(name) is None or not isinstance(change, dict):
            raise _invalid("checks holds what is no check")
        found[name] = CheckChange(_definition(change.get("base")), _definition(change.get("head")))
    return MappingProxyType(found)


def _definition(value: JsonValue) -> str:
    if value == "" or is_definition(value):
        return str(value)
    raise _invalid("the definition of a check is none")


def _invalid(what: str) -> FormatError:
    return FormatError("schema-invalid", f"approval: {what}")
