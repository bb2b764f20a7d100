from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("end\n", {"issues.total": 0}),
        ("end 3\n", {"issues.total": 0, "files.checked": 3}),
        ("a b.go\nend 3\n", {"issues.total": 1, "issues.unknown": 1, "files.checked": 3}),
    ],
)
def test_a_list_that_has_ended(tmp_path: Path, text: str, measures: Mapping[str, int]) -> None:
    (tmp_path / "files").write_text(text)
    assert read_report("file-list", tmp_path / "files").measures == measures


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.go\n", "no line `end`"),
        ("end -1\n", "no line `end`"),
        ("end 0\n", "no file was looked at"),
        ("end\nend\n", "after the end"),
        ("a.go\n\nend\n", "an empty line"),
        ("a.go\nend", "its last line is not whole"),
    ],
)
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "files").write_text(text)
    with pytest.raises(ReportError, match=message):
        read_report("file-list", tmp_path / "files")
