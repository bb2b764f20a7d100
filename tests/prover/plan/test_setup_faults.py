from __future__ import annotations

import pytest

from localci.config.configuration import RunSettings
from localci.git.listing import TreeFile
from localci.prover.plan.setup_faults import setup_fault

FILES = tuple(TreeFile(0o100644, "0" * 40, path) for path in ("uv.lock", "src/a.py", "vendored"))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (RunSettings(), ""),
        (RunSettings(setup="x", keep=(".venv", "sr"), setup_inputs=("*.lock",)), ""),
        (RunSettings(keep=("src",)), "`keep` in [run] names src, which is tracked"),
        (RunSettings(keep=("vendored",)), "`keep` in [run] names vendored, which is tracked"),
        (RunSettings(setup_inputs=("poetry.lock",)), "`setup_inputs` in [run] match no file"),
    ],
)
def test_what_cannot_work_is_said(settings: RunSettings, fault: str) -> None:
    found = setup_fault(settings, FILES)
    assert found.startswith(fault)
    assert bool(found) is bool(fault)
