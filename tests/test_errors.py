from __future__ import annotations

from itertools import permutations

import pytest

from localci.errors import FAILED, INTERRUPTED, MISSING, NO_VERDICT, PASSED, USAGE, worst


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], PASSED),
        ([PASSED, PASSED], PASSED),
        ([PASSED, NO_VERDICT], NO_VERDICT),
        ([PASSED, NO_VERDICT, FAILED], FAILED),
        ([PASSED, NO_VERDICT, USAGE], USAGE),
        ([USAGE, FAILED], FAILED),
        ([MISSING, PASSED], MISSING),
        ([MISSING, NO_VERDICT], NO_VERDICT),
        ([INTERRUPTED, FAILED], INTERRUPTED),
    ],
)
def test_the_worst_speaks_for_all_in_whatever_order(codes: list[int], code: int) -> None:
    assert {worst(order) for order in permutations(codes)} == {code}
