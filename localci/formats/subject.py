"""What a statement is about: one commit and its tree, in one repository.

Statement v1 (https://github.com/in-toto/attestation, spec/v1/statement.md), as far as every kind
of statement has it in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError
from localci.formats.object_ids import is_object_id
from localci.formats.repository_name import normalise_repository, repository_uri

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject, JsonValue

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


class Subject(NamedTuple):
    """The subject: ids of the commit and its tree, the repository, and refs that led there."""

    commit: str
    tree: str
    repository: str
    source_refs: tuple[str, ...] = ()


def encode_subject(subject: Subject) -> JsonObject:
    """Return the subject as JSON values."""
    return {
        "name": "source",
        "uri": repository_uri(subject.repository),
        "digest": {"gitCommit": subject.commit, "gitTree": subject.tree},
        "annotations": {"sourceRefs": list(subject.source_refs)},
    }


def decode_subject(statement: JsonObject) -> Subject:
    """Return the one subject of a statement, whose `_type` is looked at too.

    Raises FormatError (`schema-invalid`).
    """
    if statement.get("_type") != STATEMENT_TYPE:
        raise _invalid(f"_type is not {STATEMENT_TYPE}")
    value = statement.get("subject")
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise _invalid("subject is not one object")
    subject = value[0]
    return Subject(
        commit=_digest(subject, "gitCommit"),
        tree=_digest(subject, "gitTree"),
        repository=_repository(subject.get("uri")),
        source_refs=_source_refs(subject.get("annotations")),
    )


def _digest(subject: JsonObject, key: str) -> str:
    digests = subject.get("digest")
    value = digests.get(key) if isinstance(digests, dict) else None
    if not isinstance(value, str) or not is_object_id(value):
        raise _invalid(f"subject.digest.{key} is not a whole object id in lower case")
    return value


def _repository(uri: JsonValue) -> str:
    if not isinstance(uri, str) or not uri.startswith("git+https://"):
        raise _invalid("subject.uri does not start with git+https://")
    return normalise_repository(uri)


def _source_refs(annotations: JsonValue) -> tuple[str, ...]:
    refs = annotations.get("sourceRefs") if isinstance(annotations, dict) else None
    if not isinstance(refs, list):
        return ()
    return tuple(ref for ref in refs if isinstance(ref, str))


def _invalid(what: str) -> FormatError:
    return FormatError("schema-invalid", f"statement: {what}")
