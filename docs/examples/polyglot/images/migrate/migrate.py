"""Make the tables where there are none."""

from __future__ import annotations

import os

import psycopg
import redis

from depot.stock import Stock


def main() -> None:
    """Do it once."""
    sums = redis.Redis.from_url(os.environ["REDIS_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        Stock(database, sums).prepare()


if __name__ == "__main__":
    main()
