"""The service: `GET /price?grams=800&zone=near` answers with JSON (WSGI, PEP 3333)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from quotes.prices import NoPriceError, Parcel, price

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    status, answer = _answer(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


def _answer(path: str, query: str) -> tuple[str, dict[str, int | str]]:
    if path == "/health":
        return "200 OK", {"status": "well"}
    if path != "/price":
        return "404 Not Found", {"error": f"nothing at {path}"}
    try:
        return "200 OK", {"cents": price(_parcel(query))}
    except (KeyError, ValueError) as error:
        return "400 Bad Request", {"error": str(error)}


def _parcel(query: str) -> Parcel:
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    if not asked.get("grams", "").isdecimal():
        raise NoPriceError("grams is a whole number")
    return Parcel(int(asked["grams"]), asked["zone"], express="express" in asked)
