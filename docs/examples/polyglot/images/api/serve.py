"""Answer what a code of a shelf means: /shelf/A-07-3."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from depot.codes import read_code


class Shelves(BaseHTTPRequestHandler):
    """One answer a request."""

    def do_GET(self) -> None:
        """Answer with the shelf, or 404."""
        try:
            shelf = read_code(self.path.removeprefix("/shelf/"))
        except ValueError:
            self.send_error(404)
            return
        body = f"aisle {shelf.aisle}, bay {shelf.bay}, level {shelf.level}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(str(read_code("a-07-3")) != "A-07-3")
    HTTPServer(("", 8000), Shelves).serve_forever()
