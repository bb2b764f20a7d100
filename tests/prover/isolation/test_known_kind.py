from __future__ import annotations

import os
from pathlib import Path

import pytest

from localci.directories import cache_directory
from localci.prover.isolation.isolation import NAMESPACES, NONE
from localci.prover.isolation.known_kind import remember_kind, remembered_kind


def test_what_worked_is_remembered() -> None:
    assert remembered_kind("auto") == ""
    remember_kind(NAMESPACES)
    assert remembered_kind("auto") == NAMESPACES
    assert remembered_kind("require") == NAMESPACES
    assert remembered_kind("none") == ""


def test_that_it_did_not_work_is_found_out_each_time() -> None:
    remember_kind(NONE)
    assert remembered_kind("auto") == ""


@pytest.mark.parametrize("content", ["", "another-boot 0 user:[1]", "\udcff"])
def test_what_was_so_elsewhere_says_nothing(content: str) -> None:
    remember_kind(NAMESPACES)
    (file,) = Path(cache_directory()).iterdir()
    file.write_bytes(os.fsencode(content))
    assert remembered_kind("auto") == ""
