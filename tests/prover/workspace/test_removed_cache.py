"""The cache goes while checks run: no verdict in one line, and the next run is right."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import Check, RunSettings
from localci.errors import NO_VERDICT, LocalciError
from support.repositories import make_repository
from support.runs import run, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_ISOLATION = RunSettings(isolation="none")


@pytest.mark.parametrize("beside", [(), (Check("other", run="true"), Check("third", run="cat a"))])
def test_a_run_whose_cache_goes_has_no_verdict(tmp_path: Path, beside: Sequence[Check]) -> None:
    repository = make_repository(tmp_path / "app", {"a": "1\n"})
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "localci"
    check = Check("x", run=f"rm -rf '{cache}'")
    with pytest.raises(LocalciError) as caught:
        run(repository, check, *beside, settings=NO_ISOLATION)
    assert caught.value.exit_code == NO_VERDICT
    assert "was removed while checks ran there; run them again" in str(caught.value)
    healed = run(repository, replace(check, run="test $(cat a) = 1"), settings=NO_ISOLATION)
    assert summary(healed) == {"x": "passed"}
