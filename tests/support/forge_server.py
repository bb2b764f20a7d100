"""A server on loopback that answers as forges do for the keys of an account."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOBODY: Final = b"""\
-----BEGIN PGP PUBLIC KEY BLOCK-----
Note: This user hasn't uploaded any GPG keys.


=twTO
-----END PGP PUBLIC KEY BLOCK-----
"""


class Answer(NamedTuple):
    """What the server says once; the last answer of a path is said for ever."""

    status: int
    body: bytes = b""
    location: str = ""


class Forge:
    """A server that answers by path, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, list[Answer]]) -> None:
        self.answers = {path: list(listed) for path, listed in answers.items()}
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""

    def answer(self, path: str, authorization: str | None) -> Answer:
        self.asked.append((path, authorization))
        listed = self.answers.get(path, [Answer(404, b"Not Found")])
        return listed.pop(0) if len(listed) > 1 else listed[0]


@contextlib.contextmanager
def forge(answers: Mapping[str, list[Answer]]) -> Iterator[Forge]:
    served = Forge(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = served.answer(self.path, self.headers["Authorization"])
            self.send_response(answer.status)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
