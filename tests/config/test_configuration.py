from __future__ import annotations

from importlib import import_module

import pytest

from localci.config.configuration import REPORT_KINDS


@pytest.mark.parametrize("name", REPORT_KINDS)
def test_for_every_format_that_a_configuration_knows_there_is_a_reader(name: str) -> None:
    module = import_module(f"localci.prover.reports.readers.{name.replace('-', '_')}")

    assert callable(module.read)
