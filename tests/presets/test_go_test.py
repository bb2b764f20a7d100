from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import GO_MOD, go_environ

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "go-test"'
GOOD = {
    **GO_MOD,
    "a/a.go": "package a\n\nfunc Add(x, y int) int { return x + y }\n",
    "a/a_test.go": """\
package a

import "testing"

func TestAdd(t *testing.T) {
	t.Run("small", func(t *testing.T) { _ = Add(1, 2) })
}

func TestLong(t *testing.T) { t.Skip("takes long") }
""",
    "b/b.go": "package b\n",
}
BAD = {
    "bad/bad_test.go": f"""\
package bad

import "testing"

func TestBad(t *testing.T) {{
	t.Run("inner", func(t *testing.T) {{ t.Fatal("{SECRET} <\\"quoted\\">") }})
}}

func TestGood(t *testing.T) {{}}
"""
}
PANICS = {
    "panics/panics_test.go": """\
package panics

import "testing"

func TestPanics(t *testing.T) { panic("oh") }

func TestNext(t *testing.T) {}
"""
}
BROKEN = {
    "broken/broken.go": 'package broken\n\nfunc F() int { return "x" }\n',
    "broken/broken_test.go": """\
package broken

import "testing"

func TestF(t *testing.T) { F() }
""",
}


def told_by_go(repository: Path, shared: Path) -> TestFigures:
    """Count the lines `--- PASS` and the like that go writes for people."""
    told = run_tool(repository, "go", "test", "-v", "./...", environ=go_environ(shared)).stdout
    passed, failed, skipped = (told.count(f"--- {end}: ") for end in ("PASS", "FAIL", "SKIP"))
    return TestFigures(passed + failed + skipped, failed, skipped)


def test_figures_are_those_of_its_own_lines(tmp_path: Path, shared: Path) -> None:
    repository = make_repository(tmp_path / "r", GOOD)

    run = run_check(repository, USES, environ=go_environ(shared))

    assert run.answer == "passed", f"{run.reason}\n{run.log}"
    assert run.result.figures == told_by_go(repository, shared) == TestFigures(3, 0, 1)
    assert "--- PASS: TestAdd/small" in run.log


def test_tests_that_fail(tmp_path: Path, shared: Path) -> None:
    repository = make_repository(tmp_path / "r", {**GOOD, **BAD})

    run = run_check(repository, USES, environ=go_environ(shared))

    assert run.answer == "failed"
    assert run.result.figures == told_by_go(repository, shared) == TestFigures(6, 2, 1)
    assert f'{SECRET} <"quoted">' in run.log
    assert_not_told(run)


@pytest.mark.parametrize(("files", "failed"), [(PANICS, 1), (BROKEN, 1)])
def test_a_panic_and_what_cannot_be_built_fail(
    tmp_path: Path, shared: Path, files: dict[str, str], failed: int
) -> None:
    repository = make_repository(tmp_path / "r", {**GOOD, **files})

    run = run_check(repository, USES, environ=go_environ(shared))

    assert run.answer == "failed"
    assert run.result.figures == TestFigures(3 + failed, failed, 1)


def test_tests_that_print_half_a_line(tmp_path: Path, shared: Path) -> None:
    text = """\
package half

import (
	"fmt"
	"testing"
)

func TestA(t *testing.T) { fmt.Print("half") }

func TestB(t *testing.T) { t.Run("inner", func(t *testing.T) { fmt.Print("half"); t.Skip() }) }
"""
    repository = make_repository(tmp_path / "r", {**GO_MOD, "half_test.go": text})

    run = run_check(repository, USES, environ=go_environ(shared))

    assert run.answer == "passed", f"{run.reason}\n{run.log}"
    assert run.result.figures == TestFigures(3, 0, 1)


def test_without_any_test_it_fails(tmp_path: Path, shared: Path) -> None:
    repository = make_repository(tmp_path / "r", {**GO_MOD, "b/b.go": "package b\n"})

    run = run_check(repository, USES, environ=go_environ(shared))

    assert (run.answer, run.reason) == ("failed", "no test ran")


def test_what_cannot_be_loaded_or_fetched_is_no_verdict(tmp_path: Path, shared: Path) -> None:
    files = {**GOOD, "c/c_test.go": 'package c\n\nimport _ "example.org/nowhere"\n'}

    run = run_check(make_repository(tmp_path / "r", files), USES, environ=go_environ(shared))

    assert_no_verdict(run)


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", GOOD)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "go"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "go"))

    assert_no_verdict(missing, "a tool is missing", "https://go.dev")
    assert_no_verdict(killed, "SIGKILL")


def events(*rows: tuple[str, str]) -> str:
    """Return the events of package `p`: (action, test), the test empty for the package itself."""
    lines = [
        {"Action": action, "Package": "p", **({"Test": test} if test else {})}
        for action, test in rows
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("", 0, "is empty"),
        (events(("run", "A"), ("pass", "A")), 0, "a package has no end"),
        (events(("run", "A"), ("pass", "A"), ("pass", ""))[:-5], 0, "last line is not whole"),
        (events(("run", "A"), ("pass", "")), 0, "never ended"),
        (events(("run", "A"), ("fail", "A"), ("pass", "")), 0, "a package passed, with tests"),
        (events(("pass", "A"), ("pass", "")), 0, "never began"),
        (events(("pass", ""), ("run", "A")), 0, "of a package that has ended"),
        ("FAIL\tp [setup failed]\n", 1, "neither an event"),
        ('{"Action":"build-fail","ImportPath":"p"}\n', 1, "no package was tested"),
        (events(("run", "A"), ("pass", "A"), ("pass", "")), 3, "gave up with exit code 3"),
    ],
)
def test_events_that_are_no_evidence(tmp_path: Path, text: str, code: int, reason: str) -> None:
    path = path_with_writer(tmp_path / "bin", "go", text, code=code)

    run = run_check(make_repository(tmp_path / "r", GOOD), USES, path=path)

    assert_no_verdict(run, reason)


def test_a_build_that_failed_as_newer_ones_tell_it(tmp_path: Path) -> None:
    # By the documentation of test2json since Go 1.24: the package has events, the build its own.
    build = '{"ImportPath":"p","Action":"build-output","Output":"# p\\n"}\n'
    ended = '{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p"}\n'
    text = f'{build}{{"ImportPath":"p","Action":"build-fail"}}\n{events(("start", ""))}{ended}'
    path = path_with_writer(tmp_path / "bin", "go", text, code=1)

    run = run_check(make_repository(tmp_path / "r", GOOD), USES, path=path)

    assert (run.answer, run.result.figures) == ("failed", TestFigures(1, 1, 0))
