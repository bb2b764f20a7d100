from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.run.events import CheckFinished, RunFinished
from localci.prover.telling.made_files import MadeFilesAtEnd

if TYPE_CHECKING:
    import pytest


def test_at_the_end_it_says_where_the_files_are(capsys: pytest.CaptureFixture[str]) -> None:
    view = MadeFilesAtEnd()
    for name, outcome, directory in (
        ("build", "passed", "/logs/artifacts/build"),
        ("other", "failed", "/logs/artifacts/other"),
        ("tests", "passed", ""),
    ):
        view.tell(CheckFinished(name, "", outcome, "", 1.0, "", "/log", artifacts=directory))
    assert not capsys.readouterr().err
    view.tell(RunFinished(0, 1.0))
    assert capsys.readouterr().err == "made by build: /logs/artifacts/build\n"
