"""A server of a REST API on loopback: real HTTP, JSON in and out, faults on demand.

What it knows and answers is a `Service` of one of the modules beside it.
"""

from __future__ import annotations

import contextlib
import json
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message


@dataclass(frozen=True)
class Fault:
    """What comes in place of an answer: a status, what is said of it, `Retry-After`.

    With status 0 the request is obeyed, and the connection closed without an answer.
    """

    status: int
    message: str = "not now"
    retry_after: str = "0"


@dataclass(frozen=True)
class Request:
    """What was asked, without the token."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Service(ABC):
    """What a forge knows. `header` is the pair by which the token has to be shown."""

    header: tuple[str, str]
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    _faults: list[tuple[str, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @abstractmethod
    def answer(self, request: Request) -> tuple[int, Any]:
        """Return the status and the body of the answer."""

    def fail(self, what: str, *faults: Fault) -> None:
        """Answer the next requests whose line begins so with these faults, in turn."""
        self._faults.extend((what, fault) for fault in faults)

    def asked(self, method: str) -> list[str]:
        """Return the paths that a method was used on."""
        return [request.path for request in self.requests if request.method == method]

    def serve(self, request: Request, headers: Message) -> tuple[int, Any, str]:
        """Return status, body and `Retry-After` of the answer; 0 for none."""
        with self._lock:
            self.requests.append(request)
            name, value = self.header
            if headers.get(name) != value:
                return 401, {"message": "401 Unauthorized"}, ""
            for number, (what, fault) in enumerate(self._faults):
                if request.line.startswith(what):
                    del self._faults[number]
                    if not fault.status:
                        self.answer(request)
                    return fault.status, {"message": fault.message}, fault.retry_after
            return (*self.answer(request), "")


def page(items: list[Any], query: Mapping[str, str], size: str) -> list[Any]:
    """Return the part of a list that is asked for; `size` is how the API calls its length."""
    length, number = int(query.get(size, "20")), int(query.get("page", "1"))
    return items[length * (number - 1) : length * number]


@contextlib.contextmanager
def serving(service: Service) -> Iterator[None]:
    """Serve it on a free port; its `url` is the address."""

    class Handler(_Handler):
        served = service

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        request = Request(self.command, address.path, query, body)
        status, answer, retry_after = self.served.serve(request, self.headers)
        if not status:
            self.close_connection = True
            return
        content = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
