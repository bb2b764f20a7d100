"""With the PostgreSQL and the Redis that PG* and REDIS_URL name."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
import redis

from depot.codes import Shelf
from depot.stock import Stock

SHELF = Shelf("A", 7, 3)


@pytest.fixture
def stock() -> Iterator[Stock]:
    with psycopg.connect(autocommit=True) as database:
        database.execute("drop table if exists movement")
        sums = redis.Redis.from_url(os.environ["REDIS_URL"])
        sums.flushdb()
        stock = Stock(database, sums)
        stock.prepare()
        yield stock
        sums.close()


def test_what_comes_and_goes_is_added_up(stock: Stock) -> None:
    stock.move("nut", SHELF, 12)
    stock.move("nut", SHELF, -5)

    assert stock.count("nut") == 7
    assert stock.count("bolt") == 0


def test_a_sum_is_remembered(stock: Stock) -> None:
    stock.move("nut", SHELF, 12)
    stock.count("nut")
    stock.database.execute("delete from movement")

    assert stock.count("nut") == 12


def test_a_movement_makes_a_sum_be_forgotten(stock: Stock) -> None:
    stock.move("nut", SHELF, 12)
    stock.count("nut")
    stock.move("nut", SHELF, 1)

    assert stock.count("nut") == 13


def test_nothing_cannot_be_moved(stock: Stock) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        stock.move("nut", SHELF, 0)
