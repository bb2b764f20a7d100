"""Take movements off a queue in Redis and book them: `ARTICLE SHELF PIECES`."""

from __future__ import annotations

import os

import psycopg
import redis

from depot.codes import read_code
from depot.stock import Stock


def main() -> None:
    """Work until somebody ends it."""
    queue = redis.Redis.from_url(os.environ["REDIS_URL"])
    stock = Stock(psycopg.connect(os.environ["DATABASE_URL"]), queue)
    while True:
        _, line = queue.blpop(["movements"])
        article, shelf, pieces = line.decode().split()
        stock.move(article, read_code(shelf), int(pieces))


if __name__ == "__main__":
    main()
