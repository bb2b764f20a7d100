"""`localci post`: what is known of a commit, put on its forge for people to see. Runs nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import complain, harmless, say, short_id, tell
from localci.errors import MISSING, NO_VERDICT, PASSED, LocalciError, UsageError
from localci.forge.posting.compose import (
    NO_RESULT,
    Found,
    compose,
    found_document,
)
from localci.forge.posting.delivering import Recipient, deliver
from localci.forge.posting.job_summary import VARIABLE, add_summary
from localci.forge.posting.kept import forget_document, keep_document, kept_document
from localci.forge.posting.place import FORGES, find_place
from localci.forge.posting.posting import Row
from localci.forge.posting.remote_url import remote_url
from localci.forge.posting.token import find_token
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.prover.publish.refusals import without_credentials
from localci.prover.record.ended_run import last_ended_run
from localci.prover.record.known_runs import Named, find_commit
from localci.verifier.collect import DEFAULT_REMOTE, verify
from localci.verifier.known_results import known_results
from localci.verifier.question import Question
from localci.verifier.verdict import ACCEPTED, NOT_FOUND

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from localci.forge.posting.posting import Posting
    from localci.formats.result import ResultDocument
    from localci.git.discovery import RepositoryPaths
    from localci.prover.record.ended_run import EndedRun
    from localci.verifier.verdict import Verdict

_AGAIN: Final = "`localci post` tries it again; nothing is run or signed for that"
_EPILOG: Final = """\
What is said is the verifier's verdict with a row per check, or how the last run
ended where that failed; only what the verifier accepts is a success. It is called
localci/report, and it proves nothing: what lets a change in is the check that the
verifier writes on the forge.

The token is taken from the environment (LOCALCI_FORGE_TOKEN, GITHUB_TOKEN,
GITLAB_TOKEN, ...) or from git's credential helper. Posting twice is the same as
once.

exit codes: 0 it is there, 2 usage, policy or no token, 3 nothing is known of the
            commit, 4 some of it is not there

examples:
  localci post                     HEAD, on the forge of `origin`
  localci post --remote upstream   by the notes that are there, and on its forge
  localci post --pull 12 --target main
  localci post --result result.json
"""


class Wanted(NamedTuple):
    """What a person says of a posting; what is empty is found out."""

    remote: str = ""
    forge: str = ""
    pull: int = 0
    question: Question = Question("HEAD")


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--remote",
        default="",
        metavar="NAME|URL",
        help="post on its forge, and judge by its notes; default: `origin`, and the notes that"
        " are here",
    )
    parser.add_argument(
        "--pull", type=int, default=0, metavar="N",
        help="the pull request that gets the comment; default: the open one of the commit",
    )  # fmt: skip
    parser.add_argument(
        "--forge", choices=FORGES, default="", help="what the remote is; default: by its host"
    )
    parser.add_argument(
        "--result",
        default="",
        metavar="FILE",
        help="a result document made elsewhere, `-` for standard input",
    )
    parser.add_argument("--target", default="", metavar="BRANCH", help="as for `localci verify`")
    parser.add_argument("--trust-ref", default="", metavar="REV", help="as for `localci verify`")
    parser.add_argument(
        "--author", action="append", default=[], metavar="NAME", help="as for `localci verify`"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Find out what is known, post it, and say in a line each what was done."""
    if arguments.pull < 0:
        raise UsageError("--pull is the number of a pull request")
    paths = find_repository(str(Path.cwd()))
    named = find_commit(paths, arguments.revision)
    given = _read_result(arguments.result, named) if arguments.result else None
    question = Question(
        revision=named.commit,
        trust_ref=arguments.trust_ref,
        remotes=(arguments.remote,) if arguments.remote else (),
        target=arguments.target,
        authors=tuple(arguments.author),
    )
    wanted = Wanted(arguments.remote, arguments.forge, arguments.pull, question)
    return _post(paths, named, wanted, given, say)


def post_run(
    paths: RepositoryPaths, commit: str, document: ResultDocument | None, code: int
) -> int:
    """Post how a run of a commit ended, and return the run's exit code.

    It is 4 where the run passed and cannot be posted.
    """
    try:
        named = find_commit(paths, commit)
        found = found_document(document) if document is not None else _last_run(paths, named)
        # Standard output is for the events of `run --json`.
        posted = _post(paths, named, Wanted(question=Question(commit)), found, _tell)
    except LocalciError as error:
        complain(error)
        posted = NO_VERDICT
    if posted == PASSED or code != PASSED:
        return code
    _tell("the run passed, and not all of it is on the forge: that is exit code 4")
    return NO_VERDICT


def _tell(line: str) -> None:
    tell(f"localci: {line}")


def _post(
    paths: RepositoryPaths,
    named: Named,
    wanted: Wanted,
    given: Found | None,
    show: Callable[[str], None],
) -> int:
    if given is not None and given.document is not None:
        document = given.document
        _if_possible(lambda: keep_document(paths.common_dir, document))
    verdict = verify(paths, wanted.question)
    found = given or _newest(paths, named, verdict)
    if found is None and verdict.verdict == NOT_FOUND:
        _tell(
            f"nothing is known of {short_id(named.commit)};"
            " `localci run` finds something out, `localci sync` fetches notes"
        )
        return MISSING
    recipient = _recipient(paths, wanted)
    posting = compose(verdict, found)
    show(harmless(f"{short_id(named.commit)}: {posting.title}"))
    is_summed_up = _sum_up(posting, show)
    posted = deliver(paths.common_dir, recipient, posting)
    for line in posted.lines:
        show(harmless(line))
    for problem in posted.problems:
        _tell(harmless(problem))
    if posted.problems:
        _tell(_AGAIN)
    else:
        _if_possible(lambda: forget_document(paths.common_dir, named.commit))
    return PASSED if is_summed_up and not posted.problems else NO_VERDICT


def _if_possible(action: Callable[[], None]) -> None:
    """Keep or forget; that it cannot be done keeps nothing from the forge."""
    try:
        action()
    except LocalciError as error:
        complain(error)


def _newest(paths: RepositoryPaths, named: Named, verdict: Verdict) -> Found | None:
    """Return what was found out last: what is signed, the last run here, or what was given before.

    Beside a verdict that accepts only what is signed and passed has something to say.
    """
    signed = list(_signed(paths, named))
    if verdict.verdict == ACCEPTED:
        candidates = [found for found in signed if not found.failed]
    else:
        here = (_last_run(paths, named), _given_before(paths, named))
        candidates = [*filter(None, here), *signed]
    return max(candidates, key=lambda found: found.finished_at, default=None)


def _given_before(paths: RepositoryPaths, named: Named) -> Found | None:
    """Return what a posting told of that did not get there."""
    document = kept_document(paths.common_dir, named.commit, named.tree)
    return None if document is None else found_document(document)


def _signed(paths: RepositoryPaths, named: Named) -> Iterator[Found]:
    """Yield the whole results that somebody signed whom the policy of HEAD names."""
    for result in known_results(paths, named.commit).results:
        document = result.document
        if result.signer and document is not None and not document.partial:
            yield found_document(document)


def _last_run(paths: RepositoryPaths, named: Named) -> Found | None:
    run = last_ended_run(paths.common_dir, named)
    if run is None:
        return None
    if run.document is not None:
        return found_document(run.document)
    return Found(
        finished_at=run.finished_at,
        exit_code=run.exit_code,
        rows=tuple(_rows(run)),
        failed=tuple(
            check.name for check in run.checks if check.outcome == "failed" and not check.advisory
        ),
    )


def _rows(run: EndedRun) -> Iterator[Row]:
    for check in run.checks:
        notes = ("advisory" if check.advisory else "", check.reused, check.reason)
        yield Row(
            check=check.name,
            outcome=NO_RESULT if check.outcome == "no-verdict" else check.outcome,
            figures=check.figures,
            seconds=check.seconds,
            note=", ".join(filter(None, notes)),
        )


def _read_result(path: str, named: Named) -> Found:
    """Return what a document says of the commit. Raises UsageError."""
    from localci.prover.attest.foreign_result import (  # noqa: PLC0415 - jsonschema: 65 ms
        read_foreign_result,
    )

    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{harmless(path)} cannot be read: {error.strerror}") from None
    document = read_foreign_result(data, named.commit, named.tree)
    if document.partial:
        raise UsageError(
            "the result document is partial", then="`localci run --result FILE` makes a whole one"
        )
    return found_document(document)


def _recipient(paths: RepositoryPaths, wanted: Wanted) -> Recipient:
    """Return where it goes. Raises UsageError where that is not known, or there is no token."""
    remote = wanted.remote or DEFAULT_REMOTE
    url = remote_url(paths, remote)
    place = find_place(url, read_settings(paths), os.environ, forge=wanted.forge, pull=wanted.pull)
    return Recipient(without_credentials(remote), place, find_token(place, os.environ, paths))


def _sum_up(posting: Posting, show: Callable[[str], None]) -> bool:
    """Add to the page of the job that this is, if it is one; tell whether that worked."""
    path = os.environ.get(VARIABLE, "")
    if not path:
        return True
    try:
        show(f"job summary: {add_summary(path, posting)}")
    except LocalciError as error:
        complain(error)
        return False
    return True
