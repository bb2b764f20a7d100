"""Serve on port 8000: `python -m quotes`."""

from __future__ import annotations

from wsgiref.simple_server import make_server

from quotes.service import application

if __name__ == "__main__":
    with make_server("127.0.0.1", 8000, application) as server:
        server.serve_forever()
