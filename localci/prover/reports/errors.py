"""The one error of the report readers."""

from __future__ import annotations

from localci.errors import LocalciError


class ReportError(LocalciError):
    """A report that is no evidence: missing, broken, hostile, or contradicting itself.

    The check that should have written it has no verdict (exit code 4).
    """
