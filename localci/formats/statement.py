"""The in-toto statement around a result document.

Statement v1 and test-result v0.1 (https://github.com/in-toto/attestation, spec/v1/statement.md and
spec/predicates/test-result.md), with the result document under the predicate's field `localci`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError
from localci.formats.envelope import MAX_PAYLOAD
from localci.formats.object_ids import is_object_id
from localci.formats.repository_name import normalise_repository, repository_uri
from localci.formats.result import IssueFigures, ResultDocument, decode_result, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject, JsonValue

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
TEST_RESULT_TYPE: Final = "https://in-toto.io/attestation/test-result/v0.1"
PASSED: Final = "PASSED"
FAILED: Final = "FAILED"


class ConfigurationBlob(NamedTuple):
    """A configuration file of the run: its path in the tree and its blob's id there."""

    name: str
    git_blob: str


class Statement(NamedTuple):
    """Who tested is said by the signature; this says what: commit, tree, repository, figures."""

    commit: str
    tree: str
    repository: str
    document: ResultDocument
    configuration: tuple[ConfigurationBlob, ...] = ()
    source_refs: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """`FAILED` if a check failed that counts, else `PASSED`; advisory failures only warn."""
        return FAILED if self.document.failed else PASSED


def encode_statement(statement: Statement) -> bytes:
    """Return the payload, at most 47,000 bytes: of the longest lists of issues the ends give way.

    Raises FormatError (`too-large`) where even a statement without any issue is too long.
    """
    payload = dumps_canonical(_to_json(statement))
    while len(payload) > MAX_PAYLOAD:
        shorter = _without_some_issues(statement.document)
        if shorter is None:
            raise FormatError("too-large", f"the statement has more than {MAX_PAYLOAD} bytes")
        statement = statement._replace(document=shorter)
        payload = dumps_canonical(_to_json(statement))
    return payload


def decode_statement(payload: bytes) -> Statement:
    """Decode a payload. Raises FormatError (`malformed`, `schema-invalid`)."""
    value = loads_object(payload, "the payload")
    if value.get("_type") != STATEMENT_TYPE:
        raise _invalid(f"_type is not {STATEMENT_TYPE}")
    if value.get("predicateType") != TEST_RESULT_TYPE:
        raise _invalid(f"predicateType is not {TEST_RESULT_TYPE}")
    predicate = value.get("predicate")
    if not isinstance(predicate, dict):
        raise _invalid("predicate is not an object")
    subject = _only_subject(value.get("subject"))
    document = decode_result(predicate.get("localci"))
    statement = Statement(
        commit=_digest(subject, "gitCommit"),
        tree=_digest(subject, "gitTree"),
        repository=_repository(subject),
        document=document,
        configuration=_decode_configuration(predicate.get("configuration", [])),
        source_refs=_source_refs(subject),
    )
    _refuse_disagreement(predicate, statement)
    return statement


def _to_json(statement: Statement) -> JsonObject:
    document = statement.document
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": "source",
                "uri": repository_uri(statement.repository),
                "digest": {"gitCommit": statement.commit, "gitTree": statement.tree},
                "annotations": {"sourceRefs": list(statement.source_refs)},
            }
        ],
        "predicateType": TEST_RESULT_TYPE,
        "predicate": {
            "result": statement.result,
            "configuration": [
                {"name": item.name, "digest": {"gitBlob": item.git_blob}}
                for item in statement.configuration
            ],
            "passedTests": list(document.passed),
            "warnedTests": list(document.warned),
            "failedTests": list(document.failed),
            "localci": encode_result(document),
        },
    }


def _without_some_issues(document: ResultDocument) -> ResultDocument | None:
    lists = {
        name: check.figures
        for name, check in document.checks.items()
        if isinstance(check.figures, IssueFigures) and check.figures.issues
    }
    if not lists:
        return None
    longest = max(lists, key=lambda name: len(lists[name].issues))
    figures = lists[longest]
    kept = figures.issues[: len(figures.issues) - max(1, len(figures.issues) // 8)]
    check = document.checks[longest]._replace(figures=figures._replace(issues=kept))
    return document._replace(checks={**document.checks, longest: check})


def _only_subject(value: JsonValue) -> JsonObject:
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise _invalid("subject is not one object")
    return value[0]


def _digest(subject: JsonObject, key: str) -> str:
    digests = subject.get("digest")
    value = digests.get(key) if isinstance(digests, dict) else None
    if not isinstance(value, str) or not is_object_id(value):
        raise _invalid(f"subject.digest.{key} is not a whole object id in lower case")
    return value


def _repository(subject: JsonObject) -> str:
    uri = subject.get("uri")
    if not isinstance(uri, str) or not uri.startswith("git+https://"):
        raise _invalid("subject.uri does not start with git+https://")
    return normalise_repository(uri)


def _source_refs(subject: JsonObject) -> tuple[str, ...]:
    annotations = subject.get("annotations")
    refs = annotations.get("sourceRefs") if isinstance(annotations, dict) else None
    if not isinstance(refs, list):
        return ()
    return tuple(ref for ref in refs if isinstance(ref, str))


def _decode_configuration(value: JsonValue) -> tuple[ConfigurationBlob, ...]:
    if not isinstance(value, list):
        raise _invalid("configuration is not a list")
    found = []
    for item in value:
        digest = item.get("digest") if isinstance(item, dict) else None
        name = item.get("name") if isinstance(item, dict) else None
        blob = digest.get("gitBlob") if isinstance(digest, dict) else None
        if not isinstance(name, str) or not isinstance(blob, str) or not is_object_id(blob):
            raise _invalid("configuration names no file with its gitBlob")
        found.append(ConfigurationBlob(name, blob))
    return tuple(found)


def _refuse_disagreement(predicate: JsonObject, statement: Statement) -> None:
    document = statement.document
    if predicate.get("result") != statement.result:
        raise _invalid(f"predicate.result is not {statement.result}, as the checks say")
    for key, names in (
        ("passedTests", document.passed),
        ("warnedTests", document.warned),
        ("failedTests", document.failed),
    ):
        if not _lists_exactly(predicate.get(key, []), names):
            raise _invalid(f"predicate.{key} does not agree with the checks")
    if document.commit != statement.commit or document.tree != statement.tree:
        raise FormatError("subject-mismatch", "the result document names another commit or tree")


def _lists_exactly(listed: JsonValue, names: tuple[str, ...]) -> bool:
    if not isinstance(listed, list) or len(listed) != len(names):
        return False
    return {name for name in listed if isinstance(name, str)} == set(names)


def _invalid(what: str) -> FormatError:
    return FormatError("schema-invalid", f"statement: {what}")
