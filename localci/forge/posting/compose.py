"""What is said of a commit on a forge: made of the verifier's verdict and of a run's result. Pure.

A failed run is told as a failure, whatever others signed: it is what was found out last. Else the
verdict decides: accepted is a success, refused a failure, and what could not be evaluated is an
error. Nothing else is a success. A run that passed and that nobody has signed yet is pending: who
reads one green mark must not take the word of whoever posts for the verifier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.console import short_id
from localci.errors import FAILED, NO_VERDICT, PASSED
from localci.forge.posting.posting import (
    ERROR,
    FAILURE,
    PENDING,
    SUCCESS,
    Annotation,
    Posting,
    Row,
)
from localci.formats.figures_text import check_text
from localci.formats.result import IssueFigures
from localci.verifier.verdict import ACCEPTED, NOT_FOUND, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.formats.result import CheckResult, Issue, ResultDocument
    from localci.verifier.verdict import Verdict

MOST_ANNOTATIONS: Final = 500
"""Findings that are shown on their lines; how many there are in all is told."""
MOST_LINES: Final = 10_000_000
"""The largest number of a line; no file is that long, and a forge counts with 32 bits."""
LONGEST_PATH: Final = 1000
"""Characters; one that is too long would let a forge refuse all the findings of a request."""
_MOST_NAMES: Final = 5
NO_RESULT: Final = "no-verdict"
_UNSIGNED: Final = "it is not signed: nobody but the machine that ran the checks vouches for it"
_SELF_JUDGED: Final = "the commit was judged by its own policy"


@dataclass(frozen=True)
class Found:
    """What was found out about a commit: a `document`, or `rows` where a check has no verdict.

    `finished_at` is in seconds since 1970, `exit_code` as of `localci run`, `failed` the checks
    that failed and count. Who signed is not said: that is for the verifier to tell.
    """

    finished_at: float
    exit_code: int
    document: ResultDocument | None = None
    rows: tuple[Row, ...] = ()
    failed: tuple[str, ...] = ()


def found_document(document: ResultDocument) -> Found:
    """Return what a document says."""
    return Found(
        finished_at=document.finished_at,
        exit_code=FAILED if document.failed else PASSED,
        document=document,
        failed=document.failed,
    )


def compose(verdict: Verdict, found: Found | None) -> Posting:
    """Return what is to be said. `found` is None where nothing but the verdict is known."""
    state, title = _state(verdict, found)
    annotations, findings = _annotations(verdict, found)
    return Posting(
        commit=verdict.commit,
        tree=verdict.tree,
        state=state,
        title=title,
        rows=tuple(_rows(verdict, found)),
        annotations=annotations,
        findings=findings,
        reasons=tuple(_reasons(verdict, found)),
        signers=verdict.signers if verdict.verdict == ACCEPTED else (),
    )


def _state(verdict: Verdict, found: Found | None) -> tuple[str, str]:
    if found is not None and found.exit_code == FAILED:
        return FAILURE, f"failed: {_names(found.failed)}"
    if found is not None and found.exit_code == NO_VERDICT:
        without = [row.check for row in found.rows if row.outcome == NO_RESULT]
        return ERROR, f"no verdict: {_names(without)}"
    if verdict.verdict == ACCEPTED:
        by = " by its own policy" if verdict.self_judged else ""
        signers = f": {_names(verdict.signers)}" if verdict.signers else ""
        return SUCCESS, f"accepted{by}{signers}"
    if verdict.verdict == NOT_FOUND and found is not None:
        return PENDING, "passed, not signed"
    if verdict.verdict in {REFUSED, NOT_FOUND}:
        return FAILURE, _why("refused", verdict)
    return ERROR, _why("no verdict", verdict)


def _why(word: str, verdict: Verdict) -> str:
    """Return the first reason: what a person reads who only sees one line."""
    reasons = verdict.reasons
    if not reasons:
        return word
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{word}, {reasons[0].code}: {reasons[0].message}{more}"


def _names(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _reasons(verdict: Verdict, found: Found | None) -> Iterator[str]:
    if found is not None and verdict.verdict == NOT_FOUND:
        yield _UNSIGNED
    elif verdict.verdict != ACCEPTED:
        yield from (f"{reason.code}: {reason.message}" for reason in verdict.reasons)
    if verdict.verdict == ACCEPTED and found is not None and found.exit_code != PASSED:
        yield f"a result signed by {_names(verdict.signers)} was accepted all the same"
    if verdict.self_judged:
        yield _SELF_JUDGED


def _rows(verdict: Verdict, found: Found | None) -> Iterator[Row]:
    if found is not None and found.document is None:
        yield from found.rows
        return
    for name, (check, signer) in sorted(_checks(verdict, found).items()):
        yield Row(
            check=name,
            outcome="passed" if check.passed else "failed",
            figures=check_text(check),
            seconds=None if check.duration_ms is None else check.duration_ms / 1000,
            note=", ".join(_notes(check, signer)),
        )


def _checks(verdict: Verdict, found: Found | None) -> dict[str, tuple[CheckResult, str]]:
    """Return each check's result and signer: what counted, unless a run says that it failed.

    What did not count bears no name: it would be one that nobody trusted has looked up.
    """
    checks: dict[str, tuple[CheckResult, str]] = {}
    if found is not None and found.document is not None:
        checks = {name: (check, "") for name, check in found.document.checks.items()}
    for name, counted in (verdict.checks or {}).items():
        if name not in checks or checks[name][0].passed:
            checks[name] = counted.result, counted.signer
    return checks


def _notes(check: CheckResult, signer: str) -> Iterator[str]:
    if check.advisory:
        yield "advisory"
    if check.cells:
        yield f"{len(check.cells)} cells"
    if check.reused_from is not None:
        yield f"ran at {short_id(check.reused_from.commit)}"
    if signer:
        yield f"by {signer}"


def _annotations(verdict: Verdict, found: Found | None) -> tuple[tuple[Annotation, ...], int]:
    """Return the findings with a line to stand on, failures first, and how many there are."""
    total = 0
    listed: list[Annotation] = []
    for name, (check, _) in sorted(_checks(verdict, found).items()):
        figures = check.figures
        if not isinstance(figures, IssueFigures):
            continue
        total += figures.issues_total + figures.warnings_total
        counts = not check.passed and not check.advisory
        level = "failure" if counts else "warning"
        listed += _on_lines(name, figures.issues, level)
        listed += _on_lines(name, figures.warnings, "warning")
    listed.sort(key=lambda annotation: annotation.level != "failure")
    return tuple(listed[:MOST_ANNOTATIONS]), total


def _on_lines(check: str, issues: tuple[Issue, ...], level: str) -> Iterator[Annotation]:
    for issue in issues:
        if issue.line and issue.line <= MOST_LINES and is_path_inside(issue.file):
            yield Annotation(issue.file, issue.line, level, f"{check}: {issue.rule}")


def is_path_inside(path: str) -> bool:
    """Tell whether a path is that of a file in the tree: relative, without `..` and controls."""
    parts = path.split("/")
    short = len(path) <= LONGEST_PATH
    return short and path.isprintable() and not any(part in {"", ".", ".."} for part in parts)
