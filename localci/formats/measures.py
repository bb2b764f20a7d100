"""The measures: what a reader counts beside the figures, so that it can be plotted over time.

A name, once published, keeps its meaning and its unit. Every measure is a whole number that adds
up over the cells of a matrix. docs/formats.md says what each one is.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNT: Final = "count"
MILLISECONDS: Final = "ms"
BYTES: Final = "bytes"
UNITS: Final = (COUNT, MILLISECONDS, BYTES)

MEASURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "artifacts.bytes": BYTES,
        "coverage.branches_covered": COUNT,
        "coverage.branches_total": COUNT,
        "coverage.functions_covered": COUNT,
        "coverage.functions_total": COUNT,
        "coverage.lines_covered": COUNT,
        "coverage.lines_total": COUNT,
        "files.checked": COUNT,
        "images.built": COUNT,
        "issues.critical": COUNT,
        "issues.high": COUNT,
        "issues.low": COUNT,
        "issues.medium": COUNT,
        "issues.total": COUNT,
        "issues.unknown": COUNT,
        "packages.checked": COUNT,
        "tests.duration_ms": MILLISECONDS,
        "tests.failed": COUNT,
        "tests.skipped": COUNT,
        "tests.total": COUNT,
    }
)
"""Every measure, by name, with its unit."""
