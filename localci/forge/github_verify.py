"""`localci forge verify`: from an event of GitHub to an ended check on each commit it asks about.

However a judgement ends, its check does: a fault, an interrupt and a bug of ours are a failure
that says so, and never no answer (design 8a, catalogue W10).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import harmless, short_id, tell
from localci.errors import (
    FAILED,
    MISSING,
    NO_VERDICT,
    PASSED,
    USAGE,
    FormatError,
    LocalciError,
    PolicyError,
)
from localci.forge.fetched import own_directory
from localci.forge.github_api import GitHubApi
from localci.forge.github_checks import GitHubChecks
from localci.forge.github_event import Asked, ForgeQuestion, read_pull_request
from localci.forge.github_hosted import find_hosted
from localci.forge.github_job import write_summary
from localci.forge.github_names import is_login
from localci.forge.json_path import text_at
from localci.forge.markdown import Row, fault_conclusion, summary_table, verdict_conclusion
from localci.verifier.collect import verify
from localci.verifier.question import Question
from localci.verifier.verdict import NOT_FOUND, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.forge.fetched import OwnDirectory
    from localci.forge.github_event import Targets
    from localci.forge.github_job import Job
    from localci.verifier.evidence import HostedResult
    from localci.verifier.verdict import Verdict

_WORST_FIRST: Final = (USAGE, NO_VERDICT, FAILED, MISSING, PASSED)


class Settings(NamedTuple):
    """What the workflow says: the branches, and the digest of a first policy, if one is pinned."""

    targets: Targets
    policy_digest: str = ""


class _Desk(NamedTuple):
    """What the questions of one job share."""

    job: Job
    settings: Settings
    api: GitHubApi
    own: OwnDirectory


def answer(
    job: Job, asked: Asked, settings: Settings, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Judge all that is asked, write every check, and return the worst exit code.

    In a sweep over all open pull requests only what could not be evaluated counts: a pull request
    that is refused is its author's business. Raises LocalciError where nothing can be written.
    """
    if asked.nothing:
        tell(harmless(f"localci: {asked.nothing}"))
        return PASSED
    api = GitHubApi(job.api, job.token, sleep)
    checks = GitHubChecks(api, job)
    rows: list[Row] = []
    with own_directory(job, sleep) as own:
        desk = _Desk(job, settings, api, own)
        for question in _questions(desk, asked):
            rows.append(_settle(desk, checks, question, anew=not asked.open_pull_requests))
            tell(harmless(f"localci: {question.check} on {question.head}: {rows[-1].line}"))
    write_summary(job, summary_table(rows))
    codes = {row.code for row in rows}
    if asked.open_pull_requests and not asked.head:
        codes -= {FAILED, MISSING}
    return min(codes, key=_WORST_FIRST.index, default=PASSED)


def _settle(desk: _Desk, checks: GitHubChecks, question: ForgeQuestion, *, anew: bool) -> Row:
    """Open a question's check, judge, end it. Raises ApiError where it cannot be written."""
    check = checks.open(question, anew=anew)
    try:
        verdict = _judge(desk, question)
    except LocalciError as error:
        checks.end(check, fault_conclusion(str(error)))
        code = USAGE if isinstance(error, PolicyError) else NO_VERDICT
        return Row(question, code, f"could not be evaluated: {error}")
    except BaseException as error:
        checks.end(check, fault_conclusion(f"localci was stopped by {type(error).__name__}"))
        raise
    conclusion = verdict_conclusion(verdict)
    checks.end(check, conclusion)
    return Row(question, verdict.exit_code, conclusion.title)


def _judge(desk: _Desk, question: ForgeQuestion) -> Verdict:
    """Return the verdict by notes; where those do not do, by a hosted run as well."""
    trust = desk.own.fetch(question.head, question.trust or f"refs/heads/{question.target}")
    verdict = _ask(desk, question, trust, None)
    if verdict.verdict not in {REFUSED, NOT_FOUND}:
        return verdict
    hosted = _hosted(desk, question)
    return verdict if hosted is None else _ask(desk, question, trust, hosted)


def _hosted(desk: _Desk, question: ForgeQuestion) -> HostedResult | None:
    try:
        return find_hosted(desk.api, desk.job.repository, question, desk.settings.targets)
    except FormatError as error:
        tell(harmless(f"localci: no hosted result for {short_id(question.head)}: {error}"))
        return None


def _ask(desk: _Desk, question: ForgeQuestion, trust: str, hosted: HostedResult | None) -> Verdict:
    return verify(
        desk.own.paths,
        Question(
            revision=question.head,
            trust_ref=trust,
            remotes=_notes_of(desk.job, question),
            target=question.target,
            authors=question.authors,
            policy_digest=desk.settings.policy_digest,
            hosted=hosted,
        ),
    )


def _notes_of(job: Job, question: ForgeQuestion) -> tuple[str, ...]:
    """Return where the notes are: in the repository, and in the fork that the change is from."""
    names = dict.fromkeys((job.repository, question.source or job.repository))
    return tuple(job.clone_url(name) for name in names)


def _questions(desk: _Desk, asked: Asked) -> Iterator[ForgeQuestion]:
    if asked.open_pull_requests:
        yield from _open_pull_requests(desk, asked.head)
        return
    for question in asked.questions:
        yield question if question.authors else _with_authors(desk, question, asked.pusher)


def _open_pull_requests(desk: _Desk, head: str) -> Iterator[ForgeQuestion]:
    """Yield what the open pull requests ask, all or those of one commit."""
    pulls = desk.api.pages(
        f"/repos/{desk.job.repository}/pulls", state="open", sort="updated", direction="desc"
    )
    for pull in list(pulls):
        if head and text_at(pull, "head", "sha") != head:
            continue
        question = read_pull_request(pull, desk.settings.targets)
        if question is not None:
            yield question


def _with_authors(desk: _Desk, question: ForgeQuestion, pusher: str) -> ForgeQuestion:
    """Name the authors of what stands in no event: those of the pull requests, else the pusher."""
    repository = f"/repos/{desk.job.repository}"
    if question.pull_request:
        pulls = [desk.api.get(f"{repository}/pulls/{question.pull_request}")]
    else:
        pulls = list(desk.api.pages(f"{repository}/commits/{question.head}/pulls"))
    logins = dict.fromkeys(text_at(pull, "user", "login") for pull in pulls)
    authors = tuple(login for login in logins if is_login(login))
    return question._replace(authors=authors or ((pusher,) if pusher else ()))
