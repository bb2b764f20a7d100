from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import MAX_COUNT, TestFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tool, Writer

PASS = '<testcase name="p"/>'
FAIL = '<testcase name="f"><failure/></testcase>'
ERROR = '<testcase name="e"><error/></testcase>'
SKIP = '<testcase name="s"><skipped/></testcase>'

TESTS = """
import pytest
def test_passes(): pass
def test_fails(): assert 0
@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError
def test_fails_twice(broken_teardown): assert 0
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected_to_fail(): assert 0
@pytest.mark.xfail(strict=True)
def test_passes_unexpectedly(): pass
@pytest.fixture
def broken_setup(): raise RuntimeError
def test_without_its_fixture(broken_setup): pass
"""
SUBTESTS = """
def test_many(subtests):
    for number in range(5):
        with subtests.test(number=number):
            assert number == 1
"""


def test_pytest_writes_a_double_failure_as_two_cases(
    tool: Tool, project: Path, tmp_path: Path
) -> None:
    (project / "test_all.py").write_text(TESTS)
    assert tool("pytest", f"--junitxml={tmp_path}/junit.xml") == 1
    assert read_report("junit", tmp_path / "junit.xml").figures == TestFigures(8, 5, 2)


def test_no_failed_subtest_of_pytest_is_lost(tool: Tool, project: Path, tmp_path: Path) -> None:
    (project / "test_all.py").write_text(SUBTESTS)
    assert tool("pytest", f"--junitxml={tmp_path}/junit.xml") == 1
    figures = read_report("junit", tmp_path / "junit.xml").figures
    assert isinstance(figures, TestFigures)
    assert figures.failed >= 4
    assert figures.total >= figures.failed


def test_a_run_of_pytest_that_collects_nothing_counts_nothing(tool: Tool, tmp_path: Path) -> None:
    assert tool("pytest", f"--junitxml={tmp_path}/junit.xml") == 5
    assert read_report("junit", tmp_path / "junit.xml").figures == TestFigures(0, 0, 0)


@pytest.mark.parametrize(
    ("content", "figures"),
    [
        pytest.param(f"<testsuite>{PASS}{SKIP}</testsuite>", (2, 0, 1), id="bare-suite"),
        pytest.param("<testsuites/>", (0, 0, 0), id="nothing"),
        pytest.param(
            f"<testsuites><testsuite>{PASS}</testsuite><testsuite>{FAIL}</testsuite></testsuites>",
            (2, 1, 0),
            id="two-suites",
        ),
        pytest.param(
            '<testsuites><testsuite tests="3" failures="1"><testsuite tests="2" failures="1">'
            f"{FAIL}{PASS}</testsuite><testsuite tests='1'>{PASS}</testsuite></testsuite>"
            "</testsuites>",
            (3, 1, 0),
            id="phpunit-outer-suites-sum-up",
        ),
        pytest.param(
            f'<testsuite failures="1">{FAIL}<testsuite failures="1">{FAIL}</testsuite></testsuite>',
            (2, 2, 0),
            id="outer-suites-that-do-not-sum-up",
        ),
        pytest.param(
            '<testsuite tests="1" failures="1" errors="1"><testcase><failure/><error/></testcase>'
            "</testsuite>",
            (2, 2, 0),
            id="failure-and-error-in-one-case",
        ),
        pytest.param(
            f'<testsuites failures="3"><testsuite failures="1">{FAIL}{PASS}{PASS}{PASS}</testsuite>'
            "</testsuites>",
            (4, 3, 0),
            id="root-claims-more-failures-than-stand-there",
        ),
        pytest.param(
            f'<testsuite tests="2" failures="0" errors="0">{FAIL}{ERROR}</testsuite>',
            (2, 2, 0),
            id="suite-claims-fewer-failures-than-stand-there",
        ),
        pytest.param(
            '<testsuite tests="9" failures="1"/>', (1, 1, 0), id="failures-without-their-cases"
        ),
        pytest.param(
            '<testsuite tests="150" failures="0"/>', (0, 0, 0), id="claimed-cases-do-not-count"
        ),
        pytest.param(
            "<testsuite><testcase><flakyFailure/><flakyError/></testcase></testsuite>",
            (1, 0, 0),
            id="surefire-passed-at-the-second-attempt",
        ),
        pytest.param(
            "<testsuite><testcase><failure/><rerunFailure/></testcase></testsuite>",
            (1, 1, 0),
            id="surefire-failed-twice",
        ),
        pytest.param(
            f'<testsuite skipped="2">{PASS}{PASS}{PASS}</testsuite>', (3, 0, 2), id="skipped-claim"
        ),
        pytest.param(f'<testsuite skip="1">{PASS}</testsuite>', (1, 0, 1), id="nose-skip"),
        pytest.param(
            '<testsuite disabled="1"><testcase status="notrun" result="suppressed"/></testsuite>',
            (1, 0, 1),
            id="googletest-disabled",
        ),
        pytest.param(
            '<testsuite><testcase status="run" result="completed"/></testsuite>',
            (1, 0, 0),
            id="googletest-passed",
        ),
        pytest.param(
            '<testsuite><testcase status="fail"/></testsuite>', (1, 1, 0), id="ctest-status"
        ),
        pytest.param(
            "<testsuite><testcase><skipped/><failure/></testcase></testsuite>",
            (1, 1, 0),
            id="failed-goes-before-skipped",
        ),
        pytest.param(
            f"<testsuite><error/>{PASS}</testsuite>", (2, 1, 0), id="error-of-a-whole-suite"
        ),
        pytest.param(
            "<testsuite><testcase><system-out>&lt;failure/&gt;</system-out></testcase></testsuite>",
            (1, 0, 0),
            id="output-that-looks-like-a-failure",
        ),
        pytest.param(
            "<testsuite><properties><error/></properties></testsuite>", (0, 0, 0), id="properties"
        ),
        pytest.param(
            '<t:testsuite xmlns:t="urn:x"><t:testcase><t:failure/></t:testcase></t:testsuite>',
            (1, 1, 0),
            id="namespace",
        ),
    ],
)
def test_dialects(written: Writer, content: str, figures: tuple[int, int, int]) -> None:
    assert read_report("junit", written(content)).figures == TestFigures(*figures)


@pytest.mark.parametrize("name", ["tests", "failures", "errors", "skipped", "skips"])
@pytest.mark.parametrize("value", ["-1", "", "1.0", "NaN", "true", "1e3", "\u0661", str(2**53 + 1)])
def test_a_claim_that_is_no_count_is_refused(written: Writer, name: str, value: str) -> None:
    with pytest.raises(ReportError, match=f"attribute {name} is not a count"):
        read_report("junit", written(f'<testsuite {name}="{value}"/>'))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("<html/>", "not JUnit XML", id="other-root"),
        pytest.param("<testcase/>", "not JUnit XML", id="case-as-root"),
        pytest.param("<assemblies/>", "not JUnit XML", id="xunit-net"),
        pytest.param(
            "<testsuite><testcase><testcase/></testcase></testsuite>", "inside", id="case-in-case"
        ),
        pytest.param(
            "<testsuite><testcase><testsuite/></testcase></testsuite>", "inside", id="suite-in-case"
        ),
        pytest.param(
            f'<testsuite failures="1"><testsuite failures="{MAX_COUNT}"/>{FAIL}</testsuite>',
            "counts more than",
            id="sum-too-large",
        ),
    ],
)
def test_other_shapes_are_refused(written: Writer, content: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report("junit", written(content))


def test_a_hundred_thousand_cases_take_little_time_and_memory(written: Writer) -> None:
    case = '<testcase classname="c" name="n"><failure message="m">text\n</failure></testcase>\n'
    path = written("<testsuite>" + case * 100_000 + "</testsuite>")
    tracemalloc.start()
    try:
        read_report("junit", written(f"<testsuite>{case}</testsuite>", "warm"))
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        started = time.process_time()
        figures = read_report("junit", path).figures
        seconds = time.process_time() - started
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert figures == TestFigures(100_000, 100_000, 0)
    assert peak < 8 * 2**20
    assert seconds < 20  # 1 s, and several under tracemalloc; quadratic work would take minutes
