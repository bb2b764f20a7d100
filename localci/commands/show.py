"""`localci show`: the results known of a commit, as a person reads them. It is no verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless, say, short_id
from localci.errors import MISSING, PASSED
from localci.formats.figures_text import check_text, part_lines
from localci.formats.result import encode_check
from localci.formats.timestamps import format_timestamp
from localci.git.discovery import find_repository
from localci.verifier.known_results import OUTBOX, known_results

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.formats.result import CheckResult, ResultDocument
    from localci.formats.strict_json import JsonObject
    from localci.verifier.known_results import Known, KnownResult

MOST_RESULTS: Final = 20
"""Lines of the notes that are shown one by one."""
_MOST_PARTS: Final = 12
"""Findings, rows and files of a check that are shown."""
_MOST_COLUMNS: Final = 120

_EPILOG = """\
Read are the notes that are here: the outbox, those of the remotes as last
fetched (`localci sync`), and refs/notes/ci. Names are those of the policy of
HEAD. Whether a result counts is for `localci verify` to say.

exit codes: 0 something is known, 2 usage, 3 nothing is known, 4 it could not
            be read
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument("--json", action="store_true", help="print what is known as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Print what is known."""
    known = known_results(find_repository(str(Path.cwd())), arguments.revision)
    if arguments.json:
        # In a log `##[` would be a command to GitHub's runner, wherever it stands.
        say(json.dumps(_encode(known), indent=2).replace("##", "#\\u0023"))
    else:
        for line in _lines(known):
            say(line)
    return PASSED if known.results or known.unread else MISSING


def _lines(known: Known) -> Iterator[str]:
    yield f"commit {known.commit}"
    yield f"tree   {known.tree}"
    for result in known.results[:MOST_RESULTS]:
        yield ""
        yield from _result_lines(result, known)
    hidden = len(known.results) - MOST_RESULTS
    if hidden > 0:
        yield f"\nand {hidden} more lines; --json shows them all"
    if known.unread:
        yield f"\n{known.unread} lines or notes are too long to be read"
    if not known.results and not known.unread:
        yield "\nnothing is known; `localci sync` fetches the remote's notes"


def _result_lines(result: KnownResult, known: Known) -> Iterator[str]:
    document = result.document
    who = f"by {clip(harmless(result.signer), 40)}" if result.signer else "UNVERIFIED"
    if result.approval is not None:
        yield f"APPROVED  {format_timestamp(result.approval.approved_at)}  {who}"
    elif document is None:
        yield "UNREADABLE"
    else:
        word = "FAILED" if document.failed else "PASSED"
        word = f"{word} (some checks)" if document.partial else word
        yield f"{word}  {format_timestamp(document.finished_at)}  {who}"
    for reason in result.reasons:
        yield f"  why        {reason.code}: {harmless(reason.message)}"
    if result.key:
        said = "key" if result.signer else "says key"
        yield f"  {said:<10} {harmless(result.key)}"
    if document is not None:
        yield f"  about      {_subject(document, known)}"
    if result.approval is not None:
        what = [*result.approval.paths, *(f"check {name}" for name in result.approval.checks)]
        yield f"  about      {harmless(', '.join(what))}"
    yield f"  found in   {_places(result)}"
    if document is not None:
        for name, check in sorted(document.checks.items()):
            yield _check_line(name, check)
            yield from _part_lines(check)


def _subject(document: ResultDocument, known: Known) -> str:
    if document.tree != known.tree:
        return f"ANOTHER tree, {short_id(document.tree)}"
    if document.commit != known.commit:
        return f"commit {short_id(document.commit)}, which has the same tree"
    return "this commit"


def _places(result: KnownResult) -> str:
    names = (
        "outbox (waits for delivery)" if place == OUTBOX else harmless(place)
        for place in result.places
    )
    return ", ".join(names)


def _check_line(name: str, check: CheckResult) -> str:
    word = "passed" if check.passed else "warned" if check.advisory else "FAILED"
    reused = check.reused_from
    origin = f"  (ran on {short_id(reused.commit)})" if reused is not None else ""
    return f"  {clip(name, 16):<16} {word}  {check_text(check)}{origin}"


def _part_lines(check: CheckResult) -> Iterator[str]:
    lines = list(part_lines(check))
    yield from (f"    {clip(harmless(line), _MOST_COLUMNS)}" for line in lines[:_MOST_PARTS])
    if len(lines) > _MOST_PARTS:
        yield f"    and {len(lines) - _MOST_PARTS} more; --json shows them all"


def _encode(known: Known) -> JsonObject:
    return {
        "commit": known.commit,
        "tree": known.tree,
        "results": [_encode_result(result, known) for result in known.results],
        "unread": known.unread,
    }


def _encode_result(result: KnownResult, known: Known) -> JsonObject:
    document = result.document
    encoded: JsonObject = {
        "verified": bool(result.signer),
        "signer": result.signer,
        "key": result.key,
        "signed_at": None if result.signed_at is None else format_timestamp(result.signed_at),
        "waiting": OUTBOX in result.places,
        "places": list(result.places),
        "reasons": [{"code": r.code, "message": r.message} for r in result.reasons],
    }
    if result.approval is not None:
        return {
            **encoded,
            "result": "APPROVED",
            "commit": result.approval.subject.commit,
            "tree": result.approval.subject.tree,
            "approved_at": format_timestamp(result.approval.approved_at),
            "paths": list(result.approval.paths),
            "approved_checks": list(result.approval.checks),
        }
    if document is None:
        return encoded
    return {
        **encoded,
        "result": "FAILED" if document.failed else "PASSED",
        "match": _match(document, known),
        "commit": document.commit,
        "tree": document.tree,
        "finished_at": format_timestamp(document.finished_at),
        "checks": {name: encode_check(check) for name, check in sorted(document.checks.items())},
    }


def _match(document: ResultDocument, known: Known) -> str:
    if document.tree != known.tree:
        return "none"
    return "commit" if document.commit == known.commit else "tree"
