"""A vulnerability database that answers as OSV does (https://google.github.io/osv.dev/post-v1-query/).

It knows of the advisories that a test gives it, and listens on a free port of the loopback.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Advisories = Mapping[str, Sequence[Mapping[str, object]]]


def advisory(identity: str, package: str, details: str | None) -> dict[str, object]:
    """Return an advisory in the OSV schema (https://ossf.github.io/osv-schema/), fixed in 99."""
    events = [{"introduced": "0"}, {"fixed": "99"}]
    affected = {
        "package": {"name": package, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    told = {} if details is None else {"details": details}
    return {
        "schema_version": "1.7.0",
        "id": identity,
        "aliases": [],
        "affected": [affected],
        **told,
    }


@contextlib.contextmanager
def osv_server(advisories: Advisories) -> Iterator[str]:
    """Serve advisories by the names of packages, and yield the URL for queries."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = advisories.get(query["package"]["name"], ())
            body = json.dumps({"vulns": list(found)} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Keep the tests' output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()
