"""What a report says: figures that policies look at, and what is kept beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localci.formats.result import MAX_ROWS, NO_MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import Figures, Row


@dataclass(frozen=True)
class Reading:
    """One report, read. `measures` are whole numbers by the names of docs/formats.md.

    `rows` are all parts that the report tells of; the first MAX_ROWS are kept.
    """

    figures: Figures
    measures: Mapping[str, int] = field(default_factory=lambda: NO_MEASURES)
    rows: tuple[Row, ...] = ()

    @property
    def kept_rows(self) -> tuple[Row, ...]:
        """The rows that enter the result."""
        return self.rows[:MAX_ROWS]
