from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from localci.config.configuration import Check
from localci.config.reached import comes_after
from localci.prover.plan.order import in_order


def ordered(**needs: str) -> str:
    checks = [Check(name, run="x", needs=tuple(others)) for name, others in needs.items()]
    return "".join(check.name for check in in_order(checks))


def test_checks_stay_as_they_are_written_where_they_can() -> None:
    assert ordered(c="", a="", b="") == "cab"
    assert ordered(a="c", b="", c="", d="") == "bcad"
    assert ordered(a="b", b="c", c="") == "cba"
    assert ordered(a="bb", b="") == "ba"
    assert ordered() == ""


@settings(deadline=None)
@given(st.permutations(range(8)), st.data())
def test_each_check_stands_behind_all_that_it_comes_after(
    places: list[int], data: st.DataObject
) -> None:
    checks = [
        Check(
            str(row), run="x", needs=tuple(map(str, data.draw(st.sets(st.sampled_from(earlier)))))
        )
        if (earlier := range(row))
        else Check(str(row), run="x")
        for row in range(8)
    ]
    seen: set[str] = set()
    for check in in_order([checks[place] for place in places]):
        assert seen.issuperset(comes_after(check))
        seen.add(check.name)
    assert len(seen) == len(checks)
