from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import MAX_COUNT, TestFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from conftest import Tool, Writer

# What these tools really wrote, shortened where it quotes output: cargo-nextest 0.9.148,
# vitest 3.2.7, jest-junit 16.0.0 (jest 29.7.0), gotestsum 1.8.2 (go 1.19), ctest 3.25.1, GoogleTest
# 1.12.1, PHPUnit 9.6.7, Surefire 2.22.3. Above the figures stands the tool's own summary.
RECORDED: Final = Path(__file__).with_name("recorded")
DIALECTS: Final = {
    # 3 tests run: 2 passed (1 flaky), 1 failed, 1 skipped; the last is not in the report
    "nextest": ((3, 1, 0), 441),
    # 1 failed | 2 passed | 1 skipped | 1 todo (5), and a file that cannot be loaded
    "vitest": ((6, 2, 2), 16),
    # 1 failed, 1 skipped, 1 todo, 1 passed; a file that cannot be loaded counts twice
    "jest-junit": ((6, 3, 1), 2),
    # 4 tests, 1 skipped, 2 failures, 1 error: a package that does not compile
    "gotestsum": ((4, 3, 1), 0),
    # 3 failed, of which one was not found and is "notrun"; the exit code says that
    "ctest": ((6, 2, 3), 1022),
    # 1 passed, 1 skipped, 1 failed, 1 disabled
    "googletest": ((4, 1, 2), 0),
    # Tests: 9, Errors: 1, Failures: 2, Warnings: 1, Skipped: 1, Incomplete: 1, Risky: 1
    "phpunit": ((9, 4, 2), 3),
    # Tests run: 5, Failures: 1, Errors: 1, Skipped: 1, Flakes: 1
    "surefire": ((5, 2, 1), 26),
}

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


@pytest.mark.parametrize("name", DIALECTS)
def test_what_tools_write(name: str) -> None:
    (total, failed, skipped), milliseconds = DIALECTS[name]
    reading = read_report("junit", RECORDED / f"{name}.xml")
    assert reading.figures == TestFigures(total, failed, skipped)
    assert reading.measures == {
        "tests.total": total,
        "tests.failed": failed,
        "tests.skipped": skipped,
        "tests.duration_ms": milliseconds,
    }


def test_every_recording_is_read() -> None:
    assert {path.stem for path in RECORDED.glob("*.xml")} == set(DIALECTS)


@pytest.mark.parametrize(
    ("times", "milliseconds"),
    [
        pytest.param([None, None], None, id="absent"),
        pytest.param(["0.0005", "1", None], 1000, id="absent-from-one"),
        pytest.param(["0.0005"] * 4, 2, id="less-than-a-millisecond"),
        pytest.param(["5e-7"] * 4000, 2, id="javascript"),
        pytest.param(["1.5", "1,234.5"], None, id="grouped-digits"),
        pytest.param(["1", ""], None, id="empty"),
        pytest.param(["1", "-0.001"], None, id="negative"),
        pytest.param(["1", "NaN"], None, id="nan"),
        pytest.param(["999999999"] * 10_000, None, id="more-than-a-count"),
    ],
)
def test_how_long_the_cases_took(
    written: Writer, times: list[str | None], milliseconds: int | None
) -> None:
    cases = "".join("<testcase/>" if one is None else f'<testcase time="{one}"/>' for one in times)
    measures = read_report("junit", written(f"<testsuite>{cases}</testsuite>")).measures
    assert measures.get("tests.duration_ms") == milliseconds


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
            '<testsuite failures="1"><testcase><flakyFailure/></testcase></testsuite>',
            (1, 0, 0),
            id="surefire-counts-each-attempt",
        ),
        pytest.param(
            '<testsuite failures="3"><testsuite failures="3"><testcase><failure/><rerunFailure/>'
            "</testcase></testsuite></testsuite>",
            (2, 2, 0),
            id="a-failure-beside-what-was-tried-again",
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
