from __future__ import annotations

import re
from pathlib import Path

import pytest

from localci.formats.measures import MEASURES, UNITS
from localci.formats.result import decode_result, encode_result
from support.documents import check, document

FORMATS = Path(__file__).parents[2] / "docs" / "formats.md"


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_stands_in_a_result_document(name: str) -> None:
    of = document({"tests": check(measures={name: 3})})
    assert decode_result(encode_result(of)).checks["tests"].measures == {name: 3}


def test_every_measure_has_a_unit_that_its_name_tells() -> None:
    assert set(MEASURES.values()) <= set(UNITS)
    assert all((unit == "ms") == name.endswith("_ms") for name, unit in MEASURES.items())
    assert all((unit == "bytes") == name.endswith("bytes") for name, unit in MEASURES.items())


def test_the_measures_are_listed_in_order() -> None:
    assert list(MEASURES) == sorted(MEASURES)


def test_the_documentation_names_them_all() -> None:
    rows = re.findall(
        r"^\| (`[^|]+`) \| (\w+) \|", FORMATS.read_text(encoding="utf-8"), re.MULTILINE
    )
    documented = {name: unit for names, unit in rows for name in re.findall(r"`([^`]+)`", names)}
    assert documented == dict(MEASURES)
