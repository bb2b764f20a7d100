"""What a forge's API answers: read up to a cap, and where it is a refusal, as one line.

A refusal says whether it may pass by itself, and how long the forge wants to be left alone:
`Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or the reset of a limit that is used up.
"""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import clip, harmless
from localci.errors import LocalciError
from localci.forge.json_path import text_at
from localci.patience import MOST_PATIENCE

if TYPE_CHECKING:
    from requests import Response

    from localci.forge.dialect import Dialect
    from localci.forge.json_path import JsonValue
    from localci.forge.token import Token

FORBIDDEN: Final = 403
_SECONDARY_LIMIT: Final = 60.0
"""Seconds that GitHub asks for where it names none (its "best practices", rate limits)."""
_OK: Final = 200
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_FAULT: Final = 500
_MAX_REASON: Final = 200
_CHUNK: Final = 65_536
_LIMITED: Final = frozenset({FORBIDDEN, _TOO_MANY})
_LIMITS: Final = ("X-RateLimit", "RateLimit")


class ApiError(LocalciError):
    """A forge did not do what was asked; `status` is that of HTTP, 0 where there was no answer."""

    def __init__(self, what: str, *, status: int = 0, then: str = "", patience: float = -1) -> None:
        """Say how long the forge wants to be waited for, in seconds; below 0 it says nothing."""
        super().__init__(what, then=then)
        self.status = status
        self.patience = patience


class Answer(NamedTuple):
    """What came back; `has_next` tells whether a list goes on."""

    content: bytes
    has_next: bool = False


def read_answer(
    dialect: Dialect, asked: str, response: Response, most: int, token: Token
) -> Answer:
    """Return what was asked for. Raises ApiError, RequestException.

    A refusal that repeats the token is told without it.
    """
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > most:
            # Of another try no smaller answer can be expected.
            raise ApiError(
                f"{dialect.forge}'s answer has more than {most} bytes",
                status=response.status_code or _OK,
            )
    if response.ok:
        return Answer(bytes(content), "next" in response.links)
    reason = _without_token(_reason(bytes(content)), dialect, token)
    raise _refusal(dialect, asked, response, reason)


def decode_json(dialect: Dialect, asked: str, content: bytes) -> JsonValue:
    """Return the value that an answer is. Raises ApiError."""
    try:
        value: JsonValue = json.loads(content)
    except (ValueError, RecursionError):
        raise ApiError(f"{dialect.forge}'s answer to {asked} is not JSON") from None
    return value


def is_not_found(error: ApiError) -> bool:
    """Tell whether the forge says that there is no such thing, or none that this token may see."""
    return error.status == _NOT_FOUND


def is_too_large(error: ApiError) -> bool:
    """Tell whether the forge gave what was asked, and it was more than was to be read."""
    return error.status == _OK


def may_pass(error: BaseException) -> bool:
    """Tell whether what went wrong may go away by itself, within minutes."""
    if not isinstance(error, ApiError) or error.patience > MOST_PATIENCE:
        return False
    if error.status == FORBIDDEN:
        return error.patience >= 0
    return error.status in {0, _TOO_MANY} or error.status >= _SERVER_FAULT


def asked_patience(error: BaseException) -> float:
    """Return the seconds for which the forge wants to be left alone; below 0 it says nothing."""
    return error.patience if isinstance(error, ApiError) else -1


def _refusal(dialect: Dialect, asked: str, response: Response, reason: str) -> ApiError:
    status = response.status_code
    said = f": {harmless(clip(reason, _MAX_REASON))}" if reason else ""
    patience = _patience(response, reason)
    then = dialect.hints.get(status, "")
    if patience > MOST_PATIENCE:
        then = f"it takes nothing more for {patience / 60:.0f} minutes"
    elif patience >= 0:
        then = "it wants to be asked again later"
    return ApiError(
        f"{dialect.forge} answered {status} to {asked}{said}",
        status=status,
        then=then,
        patience=patience,
    )


def _reason(content: bytes) -> str:
    """Return what a forge says of its refusal, wherever it says it."""
    try:
        value: JsonValue = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    ways = (("message",), ("error", "message"), ("error",), ("error_description",))
    return next(filter(None, (text_at(value, *way) for way in ways)), "")


def _without_token(text: str, dialect: Dialect, token: Token) -> str:
    """Return a text without the token, as it is and as a header shows it (RFC 7617: in base64)."""
    headers = dialect.authorize(token) if token.secret else {}
    for shown in (token.secret, *(value.rpartition(" ")[2] for value in headers.values())):
        text = text.replace(shown, "…") if shown else text
    return text


def _patience(response: Response, reason: str) -> float:
    named = _after(response.headers.get("Retry-After", "").strip())
    if named >= 0:
        return named
    if response.status_code not in _LIMITED:
        return -1
    for limit in _LIMITS:
        reset = response.headers.get(f"{limit}-Reset", "").strip()
        if response.headers.get(f"{limit}-Remaining", "").strip() == "0" and _is_number(reset):
            return max(0.0, float(reset) - time.time())
    lower = reason.lower()
    limited = "secondary rate limit" in lower or "abuse detection" in lower
    return _SECONDARY_LIMIT if limited else -1


def _after(text: str) -> float:
    if _is_number(text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return -1


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("1000000000000")
