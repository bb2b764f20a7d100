"""How many of an article are there: movements in PostgreSQL, sums in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    import redis

    from depot.codes import Shelf

_TABLE = """
create table if not exists movement (
    id bigint generated always as identity primary key,
    article text not null,
    shelf text not null,
    pieces int not null check (pieces <> 0)
)
"""


@dataclass(frozen=True)
class Stock:
    """The movements of all articles, and the sums of those that somebody asked for."""

    database: psycopg.Connection
    sums: redis.Redis

    def prepare(self) -> None:
        """Make the table where there is none."""
        with self.database.transaction():
            self.database.execute(_TABLE)

    def move(self, article: str, shelf: Shelf, pieces: int) -> None:
        """Put pieces on a shelf, or take them, where `pieces` is negative."""
        with self.database.transaction():
            self.database.execute(
                "insert into movement (article, shelf, pieces) values (%s, %s, %s)",
                (article, str(shelf), pieces),
            )
        self.sums.delete(_key(article))

    def count(self, article: str) -> int:
        """Return how many there are in all."""
        known = self.sums.get(_key(article))
        if known is not None:
            return int(known)
        row = self.database.execute(
            "select coalesce(sum(pieces), 0) from movement where article = %s", (article,)
        ).fetchone()
        count = int(row[0]) if row else 0
        self.sums.set(_key(article), count, ex=3600)
        return count


def _key(article: str) -> str:
    return f"stock:{article}"
