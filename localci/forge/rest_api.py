"""The REST API of a forge as far as localci asks it: patient with networks, silent about the token.

What fails at the network or the server is tried again by `localci.patience`, after the time that
the forge names, if it names one. What makes something new is looked for before it is sent again: an
answer that got lost is no reason to make it twice. requests is imported with the first connection.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from localci.errors import UsageError
from localci.forge.api_answer import (
    ApiError,
    asked_patience,
    decode_json,
    is_not_found,
    may_pass,
    read_answer,
)
from localci.forge.json_path import list_at, text_at
from localci.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import Response

    from localci.forge.api_answer import Answer
    from localci.forge.dialect import Dialect
    from localci.forge.json_path import JsonValue
    from localci.forge.token import Token

    Query = Mapping[str, str | int]
    Body = Mapping[str, JsonValue]

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
"""Seconds."""
MOST_PAGES: Final = 30
MAX_ANSWER: Final = 32 * 1024 * 1024
"""Bytes of an answer."""
MOST_MOVES: Final = 5
"""Redirects that one request follows."""
_SEE_OTHER: Final = 303
_CERTIFICATES: Final = "REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
Result = TypeVar("Result")


class RestApi:
    """A connection to the API at `address`, without a slash at the end; `sleep` waits, in seconds.

    `sent` counts the requests so far, tries that failed too; `most_tries` is how often that one of
    them was tried that took most. Raises UsageError where no header can carry the token.
    """

    def __init__(
        self,
        dialect: Dialect,
        address: str,
        token: Token,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        from requests import Session  # noqa: PLC0415 - 80 ms, for those who go to a forge only

        shown = f"{token.user}{token.secret}"
        if not (shown.isascii() and shown.isprintable()):
            raise UsageError(f"the token for {dialect.forge} has characters that no token has")
        self.dialect = dialect
        self.sent = 0
        self.most_tries = 0
        self._address = address
        self._token = token
        self._sleep = sleep
        self._trying = False
        self._session = Session()
        # A .netrc of the machine would take the place of the token.
        self._session.trust_env = False
        self._settings = Session().merge_environment_settings(address, {}, None, None, None)

    def get(self, path: str, **query: str | int) -> JsonValue:
        """Return what stands at a path below the address. Raises ApiError."""
        return self._insist(lambda: self._json("GET", path, query=query))

    def send(self, method: str, path: str, body: Body) -> JsonValue:
        """Send a body to a path and return the answer. Raises ApiError.

        It may be sent twice; for what must not be done twice there is `send_once`.
        """
        return self._insist(lambda: self._json(method, path, body=body))

    def create(self, path: str, body: Body, find: Callable[[], JsonValue]) -> JsonValue:
        """Make something once, as `send_once` does."""
        return self.send_once("POST", path, body, find)

    def send_once(
        self, method: str, path: str, body: Body, find: Callable[[], JsonValue]
    ) -> JsonValue:
        """Send what must not be done twice, and return the answer. Raises ApiError.

        Before each further try `find` returns what the one before did, None where it did nothing.
        What `find` asks for is a part of the try.
        """
        tried = False

        def attempt() -> JsonValue:
            nonlocal tried
            found = find() if tried else None
            tried = True
            return self._json(method, path, body=body) if found is None else found

        return self._insist(attempt)

    def delete(self, path: str) -> None:
        """Remove what stands at a path; that it is gone already is fine. Raises ApiError."""
        try:
            self._insist(lambda: self._ask("DELETE", path))
        except ApiError as error:
            if not is_not_found(error):
                raise

    def pages(self, path: str, key: str = "", **query: str | int) -> Iterator[JsonValue]:
        """Yield the items of a list, page by page; `key` is what it stands under, if anything.

        It goes on while the forge says so, or a page is as full as it was asked to be.
        """
        for page in range(1, MOST_PAGES + 1):
            answer, value = self._page(path, {**query, "page": page})
            items = list_at(value, key) if key else list_at({"": value}, "")
            yield from items
            goes_on = answer.has_next or text_at(value, "next")
            if not items or not (goes_on or len(items) >= self.dialect.paging.most):
                return

    def download(self, path: str, most: int) -> bytes:
        """Return the bytes that a path leads to, `most` of them at most. Raises ApiError."""
        return self._insist(lambda: self._ask("GET", path, most=most)).content

    def _insist(self, attempt: Callable[[], Result]) -> Result:
        if self._trying:
            # A part of a try is tried again with the whole.
            return attempt()
        self._trying = True
        tries = 0

        def counted() -> Result:
            nonlocal tries
            tries += 1
            self.most_tries = max(self.most_tries, tries)
            return attempt()

        try:
            return patiently(counted, may_pass, asked=asked_patience, sleep=self._sleep)
        finally:
            self._trying = False

    def _json(
        self, method: str, path: str, query: Query | None = None, body: Body | None = None
    ) -> JsonValue:
        answer = self._ask(method, path, query, body)
        return decode_json(self.dialect, f"{method} {path}", answer.content)

    def _page(self, path: str, query: Query) -> tuple[Answer, JsonValue]:
        paging = self.dialect.paging
        query = {**query, paging.size: paging.most}

        def attempt() -> tuple[Answer, JsonValue]:
            answer = self._ask("GET", path, query)
            return answer, decode_json(self.dialect, f"GET {path}", answer.content)

        return self._insist(attempt)

    def _ask(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Body | None = None,
        most: int = MAX_ANSWER,
    ) -> Answer:
        from requests import RequestException  # noqa: PLC0415 - beside requests

        asked = f"{method} {path}"
        try:
            with self._follow(method, f"{self._address}{path}", query, body) as response:
                return read_answer(self.dialect, asked, response, most, self._token)
        except (RequestException, ValueError) as error:
            # The next try is over a fresh connection.
            self._session.close()
            # What is said of the error can hold addresses with secrets in them.
            raise ApiError(
                f"{self.dialect.forge} did not answer {asked}: {type(error).__name__}"
            ) from None
        except OSError:
            # What a network does is one of requests' own errors.
            raise UsageError(
                f"the certificates by which {self.dialect.forge} is known cannot be read",
                then=f"look at {_CERTIFICATES} in the environment",
            ) from None

    def _follow(self, method: str, url: str, query: Query | None, body: Body | None) -> Response:
        """Return the answer at the end of all redirects. Raises ApiError, RequestException.

        The token stays with the forge's own host, and nothing leaves https. What changes something
        goes to no other host at all, and keeps its method, as GitHub asks for repositories that
        were renamed.
        """
        from urllib.parse import urljoin  # noqa: PLC0415 - beside requests

        home = _origin(url)
        response = self._once(method, url, query, body)
        for _ in range(MOST_MOVES):
            if not response.is_redirect:
                return response
            response.close()
            url = urljoin(url, response.headers["Location"])
            at_home = _origin(url) == home
            if response.status_code == _SEE_OTHER or (method != "GET" and not at_home):
                break
            if home[0] == "https" != _origin(url)[0]:
                # Anybody on the way could answer.
                break
            response = self._once(method, url, None, body, with_token=at_home)
        if response.is_redirect:
            response.close()
            raise ApiError(
                f"{self.dialect.forge} sends {method} elsewhere",
                status=response.status_code,
                then="the repository may have moved: look at the remote's URL",
            )
        return response

    def _once(
        self,
        method: str,
        url: str,
        query: Query | None,
        body: Body | None,
        *,
        with_token: bool = True,
    ) -> Response:
        self.sent += 1
        shows = with_token and bool(self._token.secret)
        return self._session.request(
            method,
            url,
            params=dict(query or {}),
            json=body,
            headers={
                "User-Agent": "localci",
                **self.dialect.headers,
                **(self.dialect.authorize(self._token) if shows else {}),
            },
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            stream=True,
            allow_redirects=False,
            proxies=self._settings["proxies"],
            verify=self._settings["verify"],
        )


def _origin(url: str) -> tuple[str, str]:
    from urllib.parse import urlsplit  # noqa: PLC0415 - beside requests

    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()
