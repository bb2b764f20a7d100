"""A line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, what it is compared with, and what was promised. Times are in milliseconds."""

    name: str
    figure: float
    floor: str = ""
    floor_figure: float = 0.0
    most_ratio: float = 0.0
    most_ms: float = 0.0

    def __str__(self) -> str:
        """Return the line."""
        floor = f"{self.floor} {self.floor_figure:.1f}" if self.floor else ""
        ratio = f"{self._ratio:.2f}" if self.floor else ""
        return f"{self.name:<46}{self.figure:>7.1f}   {floor:<38}{ratio:>6}  {self._target}"

    @property
    def _ratio(self) -> float:
        return self.figure / self.floor_figure

    @property
    def _target(self) -> str:
        if self.most_ratio:
            kept, target = self._ratio <= self.most_ratio, f"ratio <= {self.most_ratio:.2f}"
        elif self.most_ms:
            kept, target = self.figure <= self.most_ms, f"<= {self.most_ms:.0f} ms"
        else:
            return ""
        return f"{target:<14} {'met' if kept else 'MISSED'}"
