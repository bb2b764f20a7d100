from __future__ import annotations

from localci.config.configuration import REPORT_KINDS
from localci.prover.reports.registry import REPORT_FORMATS, kind_of


def test_a_configuration_knows_the_formats_that_there_are_readers_for() -> None:
    assert {name: kind_of(name) for name in REPORT_FORMATS} == REPORT_KINDS
