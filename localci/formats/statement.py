"""The in-toto statement around a result document.

Statement v1 and test-result v0.1 (https://github.com/in-toto/attestation, spec/v1/statement.md and
spec/predicates/test-result.md), with the result document under the predicate's field `localci`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from localci.errors import FormatError
from localci.formats.envelope import MAX_PAYLOAD
from localci.formats.object_ids import is_object_id
from localci.formats.result import IssueFigures, ResultDocument, decode_result, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.formats.subject import STATEMENT_TYPE, Subject, decode_subject, encode_subject

if TYPE_CHECKING:
    from localci.formats.result import CheckResult
    from localci.formats.strict_json import JsonObject, JsonValue

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
    """Return the payload, at most 47,000 bytes: the ends of the longest lists give way.

    Raises FormatError (`too-large`) where even a statement without these lists is too long.
    """
    payload = dumps_canonical(_to_json(statement))
    while len(payload) > MAX_PAYLOAD:
        shorter = _without_some_parts(statement.document)
        if shorter is None:
            raise FormatError("too-large", f"the statement has more than {MAX_PAYLOAD} bytes")
        statement = statement._replace(document=shorter)
        payload = dumps_canonical(_to_json(statement))
    return payload


def decode_statement(payload: bytes) -> Statement:
    """Decode the payload of a test result. Raises FormatError (`malformed`, `schema-invalid`)."""
    return decode_test_result(loads_object(payload, "the payload"))


def decode_test_result(value: JsonObject) -> Statement:
    """Decode a statement that is to be a test result. Raises FormatError (`schema-invalid`)."""
    subject = decode_subject(value)
    if value.get("predicateType") != TEST_RESULT_TYPE:
        raise _invalid(f"predicateType is not {TEST_RESULT_TYPE}")
    predicate = value.get("predicate")
    if not isinstance(predicate, dict):
        raise _invalid("predicate is not an object")
    statement = Statement(
        commit=subject.commit,
        tree=subject.tree,
        repository=subject.repository,
        document=decode_result(predicate.get("localci")),
        configuration=_decode_configuration(predicate.get("configuration", [])),
        source_refs=subject.source_refs,
    )
    _refuse_disagreement(predicate, statement)
    return statement


def _to_json(statement: Statement) -> JsonObject:
    document = statement.document
    subject = Subject(statement.commit, statement.tree, statement.repository, statement.source_refs)
    return {
        "_type": STATEMENT_TYPE,
        "subject": [encode_subject(subject)],
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


def _without_some_parts(document: ResultDocument) -> ResultDocument | None:
    """Return the document with an eighth less of the longest list; None where there is no list.

    Warnings, which are only told, go before issues, and those before rows and artifacts.
    """
    for kind in ("warnings", "issues", "rows", "artifacts"):
        lists = {name: _parts(check, kind) for name, check in document.checks.items()}
        longest = max(lists, key=lambda name: len(lists[name]), default="")
        if parts := lists.get(longest, ()):
            shorter = _with_parts(document.checks[longest], kind, parts[: -max(1, len(parts) // 8)])
            return document._replace(checks={**document.checks, longest: shorter})
    return None


def _parts(check: CheckResult, kind: str) -> tuple[object, ...]:
    holder = check.figures if kind in IssueFigures._fields else check
    parts: tuple[object, ...] = getattr(holder, kind, ())
    return parts


def _with_parts(check: CheckResult, kind: str, parts: tuple[object, ...]) -> CheckResult:
    changed: dict[str, Any] = {kind: parts}
    if kind in IssueFigures._fields:
        return check._replace(figures=check.figures._replace(**changed))
    return check._replace(**changed)


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
