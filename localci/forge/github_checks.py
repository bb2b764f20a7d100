"""Check runs on GitHub: opened on a commit, always ended as `success` or `failure`.

`neutral` and `skipped` would pass a branch's protection, so nothing here can write them. A check
that was written before is brought up to date, however often a job is run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.forge.api_answer import ApiError
from localci.forge.json_path import number_at, text_at

if TYPE_CHECKING:
    from localci.forge.github_api import GitHubApi
    from localci.forge.github_event import ForgeQuestion
    from localci.forge.github_job import Job
    from localci.forge.json_path import JsonValue

SUCCESS: Final = "success"
FAILURE: Final = "failure"
MAX_TITLE: Final = 200
MAX_SUMMARY: Final = 60_000
"""Characters; GitHub takes 65,535."""

_NOT_OURS: Final = frozenset({403, 404, 422})


class CheckRun(NamedTuple):
    """A check on a commit; `id` is 0 while GitHub has none that we may write to."""

    question: ForgeQuestion
    id: int = 0


class Conclusion(NamedTuple):
    """How a check ends: `success` or `failure`, one line, and the rest as Markdown."""

    conclusion: str
    title: str
    summary: str


class GitHubChecks:
    """The check runs of one repository, as one job writes them."""

    def __init__(self, api: GitHubApi, job: Job) -> None:
        self._api = api
        self._details = {"details_url": job.run_url} if job.run_url else {}
        self._path = f"/repos/{job.repository}"
        self._opened: dict[ForgeQuestion, CheckRun] = {}
        self._ended: set[ForgeQuestion] = set()

    def open(self, question: ForgeQuestion, *, anew: bool) -> CheckRun:
        """Show on the commit that it is being judged. Raises ApiError.

        Without `anew` a check that was ended before keeps its end until there is another.
        """
        check = self._find(question)
        in_progress: dict[str, JsonValue] = {"status": "in_progress"}
        if anew or not check.id:
            check = self._write(check, in_progress)
        self._opened[question] = check
        return check

    def end(self, check: CheckRun, conclusion: Conclusion) -> None:
        """End a check. Raises ApiError."""
        passed = conclusion.conclusion == SUCCESS
        self._write(
            check,
            {
                "status": "completed",
                "conclusion": SUCCESS if passed else FAILURE,
                "output": {
                    "title": conclusion.title[:MAX_TITLE],
                    "summary": conclusion.summary[:MAX_SUMMARY],
                },
            },
        )
        self._ended.add(check.question)

    def abandon(self, question: ForgeQuestion, conclusion: Conclusion) -> None:
        """End a question's check if that was not done. Raises ApiError.

        GitHub may have opened it without our having heard so.
        """
        if question not in self._ended:
            self.end(self._opened.get(question) or self._find(question), conclusion)

    def _find(self, question: ForgeQuestion) -> CheckRun:
        """Return the newest check that an earlier job wrote for the same question."""
        runs = self._api.pages(
            f"{self._path}/commits/{question.head}/check-runs",
            "check_runs",
            check_name=question.check,
            filter="latest",
        )
        ours = [
            number_at(run, "id")
            for run in runs
            if text_at(run, "external_id") == _external_id(question)
            and text_at(run, "name") == question.check
        ]
        return CheckRun(question, max(ours, default=0))

    def _write(self, check: CheckRun, body: dict[str, JsonValue]) -> CheckRun:
        if check.id:
            try:
                self._api.send("PATCH", f"{self._path}/check-runs/{check.id}", body)
            except ApiError as error:
                if error.status not in _NOT_OURS:
                    raise
                # Another app's, or gone: ours stands beside it.
            else:
                return check
        question = check.question
        answer = self._api.send(
            "POST",
            f"{self._path}/check-runs",
            {
                "name": question.check,
                "head_sha": question.head,
                "external_id": _external_id(question),
                **self._details,
                **body,
            },
        )
        return CheckRun(question, number_at(answer, "id"))


def _external_id(question: ForgeQuestion) -> str:
    return f"localci:{question.target}"
