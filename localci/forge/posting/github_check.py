"""The check run of a posting on GitHub: there once, and with each annotation once.

GitHub adds annotations to a check run and takes none away, 50 a request. So a check run is named
after what is said (`external_id`); one that says the same gets the annotations that it lacks, and
one that has others is followed by a new one, which GitHub shows in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import clip, harmless
from localci.forge.api_answer import FORBIDDEN, ApiError, is_not_found
from localci.forge.json_path import number_at, text_at
from localci.forge.posting.comment import comment_body
from localci.forge.posting.digest import posting_digest
from localci.forge.posting.posting import FAILURE, PENDING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.posting.posting import Annotation, Posting
    from localci.forge.rest_api import RestApi

BATCH: Final = 50
"""Annotations that GitHub takes in one request."""
MAX_TITLE: Final = 200
MAX_SUMMARY: Final = 65_000
"""Characters; GitHub takes 65,535."""
_MAX_MESSAGE: Final = 1000
_QUEUED: Final = "queued"


class _CheckRun(NamedTuple):
    """A check run that is there: what it says by its digest, how many annotations it has.

    `ended`: it has a conclusion, which stays: such a one never waits again.
    """

    id: int
    says: str
    annotations: int
    ended: bool


def post_check(api: RestApi, repository: str, posting: Posting) -> str:
    """Let there be a check run that says it, and return what was done. Raises ApiError."""
    return _Check(api, repository, posting).post()


class _Check:
    """One posting, on its way to be a check run.

    What could not be evaluated is no success; what waits for a verdict has no conclusion at all,
    and is queued.
    """

    def __init__(self, api: RestApi, repository: str, posting: Posting) -> None:
        self._api = api
        self._path = f"{repository}/check-runs"
        self._commit = f"{repository}/commits/{posting.commit}/check-runs"
        self._posting = posting
        self._digest = posting_digest(posting)
        self._annotations = [_encode(annotation) for annotation in posting.annotations]
        self._is_pending = posting.state == PENDING
        self._conclusion = SUCCESS if posting.state == SUCCESS else FAILURE

    def post(self) -> str:
        there = self._there()
        same = next((run for run in there if run.says == self._digest), None)
        if same is not None and same.annotations >= len(self._annotations):
            return "there already"
        run = same or self._brought_up_to_date(there) or self._made()
        self._add_annotations(run)
        return _QUEUED if self._is_pending else self._conclusion

    def _there(self) -> list[_CheckRun]:
        """Return the check runs of that name, the newest first."""
        query = {"check_name": self._posting.name, "filter": "latest"}
        runs = map(_read, self._api.pages(self._commit, "check_runs", **query))
        return sorted(runs, reverse=True)

    def _brought_up_to_date(self, there: list[_CheckRun]) -> _CheckRun | None:
        """Let one that has no annotations say it; None where there is none, or another app's."""
        for run in there:
            if run.annotations or (self._is_pending and run.ended):
                continue
            path = f"{self._path}/{run.id}"

            def find(path: str = path) -> JsonValue:
                found = self._api.get(path)
                return found if _read(found).says == self._digest else None

            try:
                return _read(self._api.send_once("PATCH", path, self._body(), find))
            except ApiError as error:
                if not (is_not_found(error) or (error.status == FORBIDDEN and error.patience < 0)):
                    raise
        return None

    def _made(self) -> _CheckRun:
        def find() -> JsonValue:
            runs = self._api.pages(self._commit, "check_runs", check_name=self._posting.name)
            return next((run for run in runs if _read(run).says == self._digest), None)

        body: dict[str, JsonValue] = {
            "name": self._posting.name,
            "head_sha": self._posting.commit,
            **self._body(),
        }
        return _read(self._api.create(self._path, body, find))

    def _add_annotations(self, run: _CheckRun) -> None:
        path = f"{self._path}/{run.id}"
        for start in range(run.annotations, len(self._annotations), BATCH):
            batch = self._annotations[start : start + BATCH]

            def find(end: int = start + len(batch)) -> JsonValue:
                found = self._api.get(path)
                return found if _read(found).annotations >= end else None

            self._api.send_once("PATCH", path, {"output": self._output(batch)}, find)

    def _body(self) -> Mapping[str, JsonValue]:
        said: dict[str, JsonValue] = {
            "external_id": self._digest,
            "output": self._output(self._annotations[:BATCH]),
        }
        if self._is_pending:
            return {**said, "status": _QUEUED}
        return {**said, "status": "completed", "conclusion": self._conclusion}

    def _output(self, annotations: list[JsonValue]) -> dict[str, JsonValue]:
        output: dict[str, JsonValue] = {
            "title": clip(harmless(self._posting.title), MAX_TITLE),
            "summary": comment_body(self._posting)[:MAX_SUMMARY],
        }
        if annotations:
            output["annotations"] = annotations
        return output


def _encode(annotation: Annotation) -> JsonValue:
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "message": clip(harmless(annotation.message), _MAX_MESSAGE) or "a finding",
    }


def _read(run: JsonValue) -> _CheckRun:
    return _CheckRun(
        number_at(run, "id"),
        text_at(run, "external_id"),
        number_at(run, "output", "annotations_count"),
        text_at(run, "status") == "completed",
    )
