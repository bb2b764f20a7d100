from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.prover.reports.errors import ReportError
from localci.prover.reports.json_report import load_object
from localci.prover.reports.json_stream import EACH, load_streamed
from localci.prover.reports.report_file import open_report

if TYPE_CHECKING:
    from conftest import Writer
    from localci.prover.reports.json_report import ReportObject, ReportValue

PATH: Final = ("runs", EACH, "results", EACH)


def streamed(written: Writer, content: str) -> tuple[ReportObject, list[ReportValue]]:
    taken: list[ReportValue] = []
    with open_report(written(content)) as report:
        return load_streamed(report, PATH, taken.append), taken


@pytest.mark.parametrize(
    ("content", "document", "taken"),
    [
        ("{}", {}, []),
        (' \n{ "runs" :\t[ ] }\r\n', {"runs": []}, []),
        ('{"runs": [{}]}', {"runs": [{}]}, []),
        ('{"runs": [{"results": []}]}', {"runs": [{"results": []}]}, []),
        (
            '{"runs" : [ { "results" : [ {"a": [1]} , 2.5 ] , "b": 1 } , {"results":[null]} ]}',
            {"runs": [{"results": [None, None], "b": 1}, {"results": [None]}]},
            [{"a": [1]}, Decimal("2.5"), None],
        ),
        ('{"results": [1], "runs": 5}', {"results": [1], "runs": 5}, []),
        ('{"runs": {"results": [1]}}', {"runs": {"results": [1]}}, []),
        ('{"runs": [[{"results": [1]}]]}', {"runs": [[{"results": [1]}]]}, []),
        ('{"runs": [{"results": {"results": [1]}}]}',
         {"runs": [{"results": {"results": [1]}}]}, []),
        ('{"runs": [{"results": null}]}', {"runs": [{"results": None}]}, []),
    ],
)  # fmt: skip
def test_items_are_handed_over_and_not_kept(
    written: Writer, content: str, document: ReportObject, taken: list[ReportValue]
) -> None:
    assert streamed(written, content) == (document, taken)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[]", "not a JSON object", id="list"),
        pytest.param('{"runs": []} x', "Extra data", id="more-behind-it"),
        pytest.param('{"runs": [], "runs": []}', "stands twice", id="duplicate-on-the-way"),
        pytest.param('{"runs": [{"a": 1, "a": 1}]}', "stands twice", id="duplicate-in-a-run"),
        pytest.param('{"runs": [{"results": [{"a": 1, "a": 1}]}]}', "stands twice", id="in-item"),
        pytest.param('{"runs": [{"results": [NaN]}]}', "NaN", id="nan"),
        pytest.param('{"runs": [{"results": [1 2]}]}', "delimiter", id="no-comma"),
        pytest.param('{"runs": [{"results": [1,]}]}', "not JSON", id="comma-at-the-end"),
        pytest.param('{"runs": [{"results": [1}]}', "delimiter", id="other-bracket"),
        pytest.param('{"runs": [}', "not JSON", id="opened-and-closed-otherwise"),
        pytest.param('{"runs" []}', "a name and ':'", id="no-colon"),
        pytest.param("{1: []}", "a name and ':'", id="number-for-a-name"),
        pytest.param('{"runs": [{"results": [1', "delimiter", id="cut-behind-an-item"),
        pytest.param('{"runs": [{"results": [', "not JSON", id="cut-before-an-item"),
        pytest.param('{"runs": [{"results": ' + "[" * 200_000, "too deep", id="deep"),
        pytest.param('{"runs": [{"results": [' + "[" * 200_000, "too deep", id="deep-item"),
    ],
)  # fmt: skip
def test_the_rules_are_strict(written: Writer, content: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        streamed(written, content)


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["runs", "results", "a"]), inner, max_size=3)
    ),
)


@given(
    document=st.dictionaries(st.sampled_from(["runs", "results", "a"]), VALUES),
    indent=st.sampled_from([None, 1]),
)
def test_nothing_else_is_read_otherwise(
    tmp_path_factory: pytest.TempPathFactory, document: ReportObject, indent: int | None
) -> None:
    path = tmp_path_factory.mktemp("stream") / "report"
    path.write_text(json.dumps(document, indent=indent))
    taken: list[ReportValue] = []
    with open_report(path) as report:
        whole = load_object(report)
        skeleton = load_streamed(report, PATH, taken.append)
    left = iter(taken)
    for run in skeleton["runs"] if isinstance(skeleton.get("runs"), list) else []:
        if isinstance(run, dict) and isinstance(run.get("results"), list):
            run["results"] = [next(left) for _ in run["results"]]
    assert skeleton == whole
