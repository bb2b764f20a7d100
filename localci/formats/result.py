"""The result document, version 1.0 (design 4.3): what ran, on which commit, with which figures.

`localci/schemas/result-1.0.json` defines the same format for other tools; a property test holds
that schema and `decode_result` equal. Unknown fields are ignored, so that the format can grow.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from localci.errors import FormatError
from localci.formats.object_ids import is_object_id, is_sha256
from localci.formats.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.strict_json import JsonObject, JsonValue

VERSION: Final = "1.0"
MAX_ISSUES: Final = 50
MAX_COUNT: Final = 2**53
MAX_ROWS: Final = 100
MAX_ARTIFACTS: Final = 100
MAX_MEASURES: Final = 32
MAX_NAME: Final = 512
"""The longest name of a row or an artifact, in characters."""
KINDS: Final = ("tests", "coverage", "issues", "exit")
OUTCOMES: Final = ("passed", "failed", "skipped")
"""What a row may say."""

CHECK_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_RUN_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DEFINITION = re.compile(r"1:[0-9a-f]{64}", re.ASCII)
_MEASURE = re.compile(r"[a-z][a-z0-9_]{0,31}(?:\.[a-z][a-z0-9_]{0,31}){1,2}", re.ASCII)


class TestFigures(NamedTuple):
    """What a test report says: `skipped` and `failed` are parts of `total`."""

    total: int
    failed: int
    skipped: int


class CoverageFigures(NamedTuple):
    """How much is covered, in per cent, rounded down to two places; and the check's own bar."""

    percentage: float
    threshold: float | None = None


class Issue(NamedTuple):
    """One finding: which rule, where. Never the text it was found in, which may be a secret."""

    rule: str
    file: str = ""
    line: int | None = None


class IssueFigures(NamedTuple):
    """The first findings (at most 50) and how many there are in all.

    `warnings` are those that are told and do not count (`fail_on` in the configuration); of them,
    too, the first 50 are listed.
    """

    issues: tuple[Issue, ...]
    issues_total: int
    warnings: tuple[Issue, ...] = ()
    warnings_total: int = 0


class ExitFigures(NamedTuple):
    """Nothing but the exit code: a check without a report."""


Figures: TypeAlias = "TestFigures | CoverageFigures | IssueFigures | ExitFigures"


class Row(NamedTuple):
    """One part of what a check did, like one hook of pre-commit: `passed`, `failed`, `skipped`."""

    name: str
    outcome: str


class Artifact(NamedTuple):
    """A file that a check made: its path in the workspace, size in bytes, and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


NO_MEASURES: Final[Mapping[str, int]] = MappingProxyType({})


class Reuse(NamedTuple):
    """The statement in which a reused check really ran: never another reuse."""

    commit: str
    tree: str
    signer: str
    statement: str


class CheckResult(NamedTuple):
    """One check that passed or failed. Times are seconds since 1970, of its own command.

    `attempts` is above 1 where it was tried again after a failure. `cells` are the names of a
    matrix's cells, like `python=3.11`: the figures speak for all of them, as sums of counts and the
    least of percentages.

    `measures` are what can be plotted over time, whole numbers by stable names (docs/formats.md).
    `rows` and `artifacts` are the first MAX_ROWS and MAX_ARTIFACTS.
    """

    passed: bool
    figures: Figures
    started_at: int
    finished_at: int
    exit_code: int | None = None
    duration_ms: int | None = None
    advisory: bool = False
    definition: str = ""
    inputs: str = ""
    log: str = ""
    reused_from: Reuse | None = None
    attempts: int = 1
    cells: tuple[str, ...] = ()
    measures: Mapping[str, int] = NO_MEASURES
    rows: tuple[Row, ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    @property
    def kind(self) -> str:
        """The name of the figures' kind on the wire."""
        return _KIND_OF[type(self.figures)]


class ResultDocument(NamedTuple):
    """All that one run found out about one commit. Times are seconds since 1970.

    A `partial` one lacks checks that belong to its commit: each that is there counts, and nobody
    takes it for an answer about the commit.
    """

    commit: str
    tree: str
    run_id: str
    started_at: int
    finished_at: int
    checks: Mapping[str, CheckResult]
    branch: str = ""
    runner: str = "local"
    environment: Mapping[str, JsonValue] = MappingProxyType({})
    partial: bool = False

    @property
    def passed(self) -> tuple[str, ...]:
        """Names of the checks that passed, sorted."""
        return tuple(sorted(name for name, check in self.checks.items() if check.passed))

    @property
    def warned(self) -> tuple[str, ...]:
        """Names of the advisory checks that failed, sorted."""
        return tuple(sorted(n for n, c in self.checks.items() if not c.passed and c.advisory))

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that failed and count, sorted."""
        return tuple(sorted(n for n, c in self.checks.items() if not c.passed and not c.advisory))


_KIND_OF: Final[Mapping[type, str]] = {
    TestFigures: "tests",
    CoverageFigures: "coverage",
    IssueFigures: "issues",
    ExitFigures: "exit",
}


def is_definition(value: object) -> bool:
    """Tell whether a value is the definition of a check, `1:` and a SHA-256 in hex."""
    return isinstance(value, str) and _DEFINITION.fullmatch(value) is not None


def encode_result(document: ResultDocument) -> JsonObject:
    """Return the document as JSON values."""
    encoded: JsonObject = {
        "version": VERSION,
        "timestamp": format_timestamp(document.finished_at),
        "commit_sha": document.commit,
        "tree_sha": document.tree,
        "branch": document.branch,
        "runner": document.runner,
        "run_id": document.run_id,
        "checks": {name: encode_check(check) for name, check in sorted(document.checks.items())},
        "started_at": format_timestamp(document.started_at),
        "finished_at": format_timestamp(document.finished_at),
        "environment": dict(document.environment),
    }
    if document.partial:
        encoded["partial"] = True
    return encoded


def decode_result(value: JsonValue) -> ResultDocument:
    """Decode a result document. Raises FormatError (`schema-invalid`) with the field's name."""
    document = _object(value, "the result document")
    if document.get("version") != VERSION:
        raise _invalid(f"version is not {VERSION!r}")
    finished_at = parse_timestamp(document.get("finished_at"), "finished_at")
    if parse_timestamp(document.get("timestamp"), "timestamp") != finished_at:
        raise _invalid("timestamp is not finished_at")
    checks = _object(document.get("checks"), "checks")
    if not checks:
        raise _invalid("checks is empty")
    return ResultDocument(
        commit=_object_id(document, "commit_sha"),
        tree=_object_id(document, "tree_sha"),
        run_id=_pattern(document, "run_id", _RUN_ID, "32 hex digits"),
        started_at=parse_timestamp(document.get("started_at"), "started_at"),
        finished_at=finished_at,
        checks=MappingProxyType({n: _decode_check(n, c) for n, c in checks.items()}),
        branch=_text(document, "branch"),
        runner=_text(document, "runner"),
        environment=MappingProxyType(_object(document.get("environment", {}), "environment")),
        partial=_boolean(document.get("partial", False), "the result document", "partial"),
    )


def encode_check(check: CheckResult) -> JsonObject:
    """Return one check as JSON values."""
    encoded: JsonObject = {
        "passed": check.passed,
        "kind": check.kind,
        **_encode_figures(check.figures),
        "started_at": format_timestamp(check.started_at),
        "finished_at": format_timestamp(check.finished_at),
    }
    if check.exit_code is not None:
        encoded["exit_code"] = check.exit_code
    if check.duration_ms is not None:
        encoded["duration_ms"] = check.duration_ms
    if check.advisory:
        encoded["advisory"] = True
    for key, text in (
        ("definition", check.definition),
        ("inputs", check.inputs),
        ("log", check.log),
    ):
        if text:
            encoded[key] = text
    if check.reused_from is not None:
        encoded["reused_from"] = {
            "commit": check.reused_from.commit,
            "tree": check.reused_from.tree,
            "signer": check.reused_from.signer,
            "statement": check.reused_from.statement,
        }
    if check.attempts > 1:
        encoded["attempts"] = check.attempts
    if check.cells:
        encoded["cells"] = list(check.cells)
    return encoded | _encode_parts(check)


def _encode_parts(check: CheckResult) -> JsonObject:
    encoded: JsonObject = {}
    if check.measures:
        encoded["measures"] = dict(sorted(check.measures.items()))
    if check.rows:
        encoded["rows"] = [{"name": row.name, "outcome": row.outcome} for row in check.rows]
    if check.artifacts:
        encoded["artifacts"] = [
            {"name": one.name, "size": one.size, "sha256": one.sha256} for one in check.artifacts
        ]
    return encoded


def _encode_figures(figures: Figures) -> JsonObject:
    if isinstance(figures, TestFigures):
        return {"total": figures.total, "failed": figures.failed, "skipped": figures.skipped}
    if isinstance(figures, CoverageFigures):
        encoded: JsonObject = {"percentage": figures.percentage}
        if figures.threshold is not None:
            encoded["threshold"] = figures.threshold
        return encoded
    if isinstance(figures, IssueFigures):
        found: JsonObject = {
            "issues": [_encode_issue(issue) for issue in figures.issues],
            "issues_total": figures.issues_total,
        }
        if figures.warnings_total:
            found["warnings"] = [_encode_issue(issue) for issue in figures.warnings]
            found["warnings_total"] = figures.warnings_total
        return found
    return {}


def _encode_issue(issue: Issue) -> JsonObject:
    encoded: JsonObject = {"rule": issue.rule, "file": issue.file}
    if issue.line is not None:
        encoded["line"] = issue.line
    return encoded


def _decode_check(name: str, value: JsonValue) -> CheckResult:
    if CHECK_NAME.fullmatch(name) is None:
        raise _invalid("a check's name is not like [a-z0-9][a-z0-9._-]{0,63}")
    where = f"checks.{name}"
    check = _object(value, where)
    exit_code = check.get("exit_code")
    duration = check.get("duration_ms")
    reused = check.get("reused_from")
    # By position: ten thousand of these are decoded in a second (`verify --range`).
    return CheckResult(
        _boolean(check.get("passed"), where, "passed"),
        _decode_figures(check, where),
        _time(check, where, "started_at"),
        _time(check, where, "finished_at"),
        None if exit_code is None else _exit_code(exit_code, where),
        None if duration is None else _count(duration, where, "duration_ms"),
        _boolean(check.get("advisory", False), where, "advisory"),
        _optional(check, "definition", _DEFINITION, where),
        _optional_sha256(check, "inputs", where),
        _optional_sha256(check, "log", where),
        None if reused is None else _decode_reuse(reused, f"{where}.reused_from"),
        _attempts(check["attempts"], where) if "attempts" in check else 1,
        _cells(check["cells"], where) if "cells" in check else (),
        _measures(check["measures"], where) if "measures" in check else NO_MEASURES,
        _rows(check["rows"], where) if "rows" in check else (),
        _artifacts(check["artifacts"], where) if "artifacts" in check else (),
    )


def _time(check: JsonObject, where: str, key: str) -> int:
    return parse_timestamp(check.get(key), f"{where}.{key}")


def _decode_figures(check: JsonObject, where: str) -> Figures:
    kind = check.get("kind")
    if kind == "tests":
        figures = TestFigures(
            _count(check.get("total"), where, "total"),
            _count(check.get("failed"), where, "failed"),
            _count(check.get("skipped"), where, "skipped"),
        )
        if figures.failed + figures.skipped > figures.total:
            raise _invalid(f"{where}.total is less than failed and skipped together")
        return figures
    if kind == "coverage":
        threshold = check.get("threshold")
        return CoverageFigures(
            _percentage(check.get("percentage"), where, "percentage"),
            None if threshold is None else _percentage(threshold, where, "threshold"),
        )
    if kind == "issues":
        return _decode_issues(check, where)
    if kind == "exit":
        return ExitFigures()
    raise _invalid(f"{where}.kind is none of {', '.join(KINDS)}")


def _attempts(value: JsonValue, where: str) -> int:
    number = _count(value, where, "attempts")
    if number < 1:
        raise _invalid(f"{where}.attempts is not at least 1")
    return number


def _cells(value: JsonValue, where: str) -> tuple[str, ...]:
    names = (
        tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()
    )
    if not isinstance(value, list) or len(names) != len(value):
        raise _invalid(f"{where}.cells is not a list of texts")
    return names


def _measures(value: JsonValue, where: str) -> Mapping[str, int]:
    measures = _object(value, f"{where}.measures")
    if len(measures) > MAX_MEASURES or not all(map(_MEASURE.fullmatch, measures)):
        raise _invalid(f"{where}.measures has too many names, or one that is not like tests.total")
    counts = {name: _count(number, where, name) for name, number in measures.items()}
    return MappingProxyType(counts)


def _rows(value: JsonValue, where: str) -> tuple[Row, ...]:
    return tuple(_decode_row(item, where) for item in _list(value, where, "rows", MAX_ROWS))


def _decode_row(value: JsonValue, where: str) -> Row:
    row = _object(value, f"{where}.rows")
    outcome = _text(row, "outcome")
    if outcome not in OUTCOMES:
        raise _invalid(f"{where}.rows has an outcome that is none of {', '.join(OUTCOMES)}")
    return Row(_name(row), outcome)


def _artifacts(value: JsonValue, where: str) -> tuple[Artifact, ...]:
    listed = _list(value, where, "artifacts", MAX_ARTIFACTS)
    return tuple(_decode_artifact(item, where) for item in listed)


def _decode_artifact(value: JsonValue, where: str) -> Artifact:
    artifact = _object(value, f"{where}.artifacts")
    return Artifact(
        name=_name(artifact),
        size=_count(artifact.get("size"), where, "artifacts.size"),
        sha256=_optional_sha256(artifact, "sha256", where, required=True),
    )


def _name(container: JsonObject) -> str:
    name = _text(container, "name")
    if not 0 < len(name) <= MAX_NAME:
        raise _invalid(f"name is empty or longer than {MAX_NAME} characters")
    return name


def _list(value: JsonValue, where: str, key: str, most: int) -> list[JsonValue]:
    if not isinstance(value, list) or len(value) > most:
        raise _invalid(f"{where}.{key} is not a list of at most {most}")
    return value


def _decode_issues(check: JsonObject, where: str) -> IssueFigures:
    if "warnings_total" not in check:
        return IssueFigures(*_findings(check, where, "issues"))
    return IssueFigures(*_findings(check, where, "issues"), *_findings(check, where, "warnings"))


def _findings(check: JsonObject, where: str, key: str) -> tuple[tuple[Issue, ...], int]:
    listed = _list(check.get(key), where, key, MAX_ISSUES)
    found = tuple(_decode_issue(item, f"{where}.{key}") for item in listed)
    total = _count(check.get(f"{key}_total"), where, f"{key}_total")
    if total < len(found):
        raise _invalid(f"{where}.{key}_total is less than the {key} listed")
    return found, total


def _decode_issue(value: JsonValue, where: str) -> Issue:
    issue = _object(value, where)
    line = issue.get("line")
    return Issue(
        rule=_text(issue, "rule"),
        file=_text(issue, "file"),
        line=None if line is None else _count(line, where, "line"),
    )


def _decode_reuse(value: JsonValue, where: str) -> Reuse:
    reuse = _object(value, where)
    return Reuse(
        commit=_object_id(reuse, "commit"),
        tree=_object_id(reuse, "tree"),
        signer=_text(reuse, "signer"),
        statement=_optional_sha256(reuse, "statement", where, required=True),
    )


def _invalid(what: str) -> FormatError:
    return FormatError("schema-invalid", f"result document: {what}")


def _object(value: JsonValue, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise _invalid(f"{what} is not an object")
    return value


def _text(container: JsonObject, key: str) -> str:
    value = container.get(key)
    if not isinstance(value, str):
        raise _invalid(f"{key} is not a text")
    return value


def _pattern(container: JsonObject, key: str, pattern: re.Pattern[str], like: str) -> str:
    value = container.get(key)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _invalid(f"{key} is not {like}")
    return value


def _optional(container: JsonObject, key: str, pattern: re.Pattern[str], where: str) -> str:
    if key not in container:
        return ""
    value = container[key]
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _invalid(f"{where}.{key} is not a digest")
    return value


def _optional_sha256(container: JsonObject, key: str, where: str, *, required: bool = False) -> str:
    value = container.get(key)
    if key not in container and not required:
        return ""
    if not isinstance(value, str) or not is_sha256(value):
        raise _invalid(f"{where}.{key} is not a SHA-256 digest")
    return value


def _object_id(container: JsonObject, key: str) -> str:
    value = container.get(key)
    if not isinstance(value, str) or not is_object_id(value):
        raise _invalid(f"{key} is not a whole object id in lower case")
    return value


def _boolean(value: JsonValue, where: str, key: str) -> bool:
    if not isinstance(value, bool):
        raise _invalid(f"{where}.{key} is not true or false")
    return value


def _count(value: JsonValue, where: str, key: str) -> int:
    number = _whole_number(value)
    if number is None or not 0 <= number <= MAX_COUNT:
        raise _invalid(f"{where}.{key} is not a count")
    return number


def _exit_code(value: JsonValue, where: str) -> int:
    number = _whole_number(value)
    if number is None or not -255 <= number <= 255:  # noqa: PLR2004
        raise _invalid(f"{where}.exit_code is not an exit code")
    return number


def _whole_number(value: JsonValue) -> int | None:
    if type(value) is int:
        return value
    # To JSON and to JSON Schema 3.0 and 3 are one number; true is none.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def _percentage(value: JsonValue, where: str, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:  # noqa: PLR2004
        raise _invalid(f"{where}.{key} is not between 0 and 100")
    return float(value)
