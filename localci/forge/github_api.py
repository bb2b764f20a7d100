"""GitHub's REST API as far as localci asks it: patient with networks, silent about the token.

A request is tried four times, with 2, 4 and 8 s between, where the network or the server fails or
GitHub asks for patience (`Retry-After`). requests and tenacity are imported when the first request
is made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from localci.console import harmless
from localci.errors import LocalciError
from localci.forge.json_path import list_at, text_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import Response
    from tenacity import RetryCallState

    from localci.forge.github_job import Token
    from localci.forge.json_path import JsonValue

ATTEMPTS: Final = 4
CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
MOST_PATIENCE: Final = 60.0
"""Seconds that are waited at most where GitHub names a time."""
PAGE: Final = 100
MOST_PAGES: Final = 30
MAX_ANSWER: Final = 32 * 1024 * 1024
"""Bytes of an answer."""

_OK: Final = 200
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_FAULT: Final = 500
_MAX_REASON: Final = 200
_CHUNK: Final = 65_536


class ApiError(LocalciError):
    """GitHub did not do what was asked; `status` is that of HTTP, 0 where there was no answer."""

    def __init__(self, what: str, *, status: int = 0, then: str = "", patience: float = -1) -> None:
        """Say how long GitHub wants to be waited for, in seconds; below 0 it says nothing."""
        super().__init__(what, then=then)
        self.status = status
        self.patience = patience


class GitHubApi:
    """A connection to the API at `address`. `sleep` waits, in seconds."""

    def __init__(
        self, address: str, token: Token, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        from requests import Session  # noqa: PLC0415 - 80 ms, for jobs on a forge only

        self._address = address
        self._token = token
        self._sleep = sleep
        self._session = Session()
        # A .netrc of the machine would take the place of the token.
        self._session.trust_env = False
        self._settings = Session().merge_environment_settings(address, {}, None, None, None)

    def get(self, path: str, **query: str | int) -> JsonValue:
        """Return what stands at a path below the address. Raises ApiError."""
        return self._insist("GET", path, query=query)

    def send(self, method: str, path: str, body: Mapping[str, JsonValue]) -> JsonValue:
        """Send a body to a path and return the answer. Raises ApiError."""
        return self._insist(method, path, body=body)

    def pages(self, path: str, key: str = "", **query: str | int) -> Iterator[JsonValue]:
        """Yield the items of a list, page by page; `key` is what it stands under, if anything."""
        for page in range(1, MOST_PAGES + 1):
            answer = self._insist("GET", path, query={**query, "per_page": PAGE, "page": page})
            items = list_at(answer, key) if key else list_at({"": answer}, "")
            yield from items
            if len(items) < PAGE:
                return

    def download(self, path: str, most: int) -> bytes:
        """Return the bytes that a path leads to, `most` of them at most. Raises ApiError."""
        return self._retry(lambda: self._bytes("GET", path, most))

    def _insist(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, JsonValue] | None = None,
    ) -> JsonValue:
        from json import loads  # noqa: PLC0415 - beside requests

        answer = self._retry(lambda: self._bytes(method, path, MAX_ANSWER, query, body))
        try:
            value: JsonValue = loads(answer)
        except (ValueError, RecursionError):
            raise ApiError(f"GitHub's answer to {method} {path} is not JSON") from None
        return value

    def _retry(self, attempt: Callable[[], bytes]) -> bytes:
        from tenacity import (  # noqa: PLC0415 - beside requests
            Retrying,
            retry_if_exception,
            stop_after_attempt,
            wait_exponential,
        )

        steps = wait_exponential(multiplier=2)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, ApiError) and error.patience >= 0:
                return min(error.patience, MOST_PATIENCE)
            return steps(state)

        return Retrying(
            retry=retry_if_exception(_passes),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait,
            sleep=self._sleep,
            reraise=True,
        )(attempt)

    def _bytes(
        self,
        method: str,
        path: str,
        most: int,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, JsonValue] | None = None,
    ) -> bytes:
        from requests import RequestException  # noqa: PLC0415 - beside requests

        try:
            with self._session.request(
                method,
                f"{self._address}{path}",
                params=dict(query or {}),
                json=body,
                headers=self._headers(),
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                stream=True,
                proxies=self._settings["proxies"],
                verify=self._settings["verify"],
            ) as answer:
                content = _read(answer, most)
                if answer.ok:
                    return content
                raise _refused(method, path, answer, content)
        except RequestException as error:
            # What requests says of it can hold addresses with secrets in them.
            raise ApiError(
                f"GitHub did not answer {method} {path}: {type(error).__name__}"
            ) from None

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "localci",
            **({"Authorization": f"Bearer {self._token.secret}"} if self._token.secret else {}),
        }


def _read(answer: Response, most: int) -> bytes:
    content = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        content += chunk
        if len(content) > most:
            # Of another try no smaller answer can be expected.
            raise ApiError(f"GitHub's answer has more than {most} bytes", status=answer.status_code)
    return bytes(content)


def _refused(method: str, path: str, answer: Response, content: bytes) -> ApiError:
    from json import loads  # noqa: PLC0415 - beside requests

    try:
        reason = text_at(loads(content), "message")
    except (ValueError, RecursionError):
        reason = ""
    said = f": {harmless(reason[:_MAX_REASON])}" if reason else ""
    hint = {
        _FORBIDDEN: "the job needs `checks: write` and to read pull requests and actions",
        401: "the job needs its GITHUB_TOKEN",
    }.get(answer.status_code, "")
    return ApiError(
        f"GitHub answered {answer.status_code} to {method} {path}{said}",
        status=answer.status_code,
        then=hint,
        patience=_patience(answer),
    )


def _patience(answer: Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else -1


def _passes(error: BaseException) -> bool:
    """Tell whether what went wrong may go away by itself."""
    if not isinstance(error, ApiError):
        return False
    asked_to_wait = error.status == _FORBIDDEN and error.patience >= 0
    return error.status in {0, _TOO_MANY} or error.status >= _SERVER_FAULT or asked_to_wait


def is_not_found(error: ApiError) -> bool:
    """Tell whether GitHub says that there is no such thing, or none that this token may see."""
    return error.status == _NOT_FOUND


def is_too_large(error: ApiError) -> bool:
    """Tell whether GitHub gave what was asked, and it was more than was to be read."""
    return error.status == _OK
