from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import GO_MOD, go_environ

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "go-vet"'
GOOD = {**GO_MOD, "a/a.go": "package a\n", "b/b.go": "package b\n"}
BAD = f"""\
package bad

import "fmt"

func F() {{
	fmt.Printf("%d", "{SECRET}")
	fmt.Printf("%d")
}}
"""


def test_clean_code_passes(tmp_path: Path, shared: Path) -> None:
    repository = make_repository(tmp_path / "r", GOOD)

    run = run_check(repository, USES, environ=go_environ(shared))

    assert run.answer == "passed", f"{run.reason}\n{run.log}"
    assert run.result.measures == {"issues.total": 0, "packages.checked": 2}


def test_mistakes_and_what_cannot_be_compiled_are_told_by_line(
    tmp_path: Path, shared: Path
) -> None:
    wrong = 'package wrong\n\nfunc F() int { return "x" }\n'
    repository = make_repository(tmp_path / "r", {**GOOD, "bad/bad.go": BAD, "w/w.go": wrong})

    run = run_check(repository, USES, environ=go_environ(shared))

    told = run_tool(repository, "go", "vet", "./...", environ=go_environ(shared)).stderr
    assert run.answer == "failed"
    assert run.issues == {
        ("vet", "bad/bad.go", 6),
        ("vet", "bad/bad.go", 7),
        ("vet", "w/w.go", 3),
    }
    assert len(run.issues) == sum(".go:" in line for line in told.splitlines())
    assert_not_told(run)


def test_what_is_wrong_with_assembly_is_told_by_line(tmp_path: Path, shared: Path) -> None:
    assembly = "TEXT ·F(SB), 4, $0\n\tMOVQ x+8(FP), AX\n\tRET\n"
    files = {**GO_MOD, "a.go": "package a\n\nfunc F(x int) int\n", "a_amd64.s": assembly}
    repository = make_repository(tmp_path / "r", files)

    run = run_check(repository, USES, environ={**go_environ(shared), "GOARCH": "amd64"})

    assert run.issues == {("vet", "a_amd64.s", line) for line in (1, 2, 3)}


def test_the_list_is_capped(tmp_path: Path, shared: Path) -> None:
    calls = '\tfmt.Printf("%d")\n' * 60
    many = f'package many\n\nimport "fmt"\n\nfunc F() {{\n{calls}}}\n'
    repository = make_repository(tmp_path / "r", {**GO_MOD, "many/many.go": many})

    assert_capped(run_check(repository, USES, environ=go_environ(shared)), 60)


@pytest.mark.parametrize(
    "files", [{"a.go": "package a\n"}, {**GO_MOD, "a.go": 'package a\n\nimport _ "a.example/x"\n'}]
)
def test_without_a_module_or_one_that_it_needs_it_is_no_verdict(
    tmp_path: Path, shared: Path, files: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", files)

    assert_no_verdict(run_check(repository, USES, environ=go_environ(shared)))


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", GOOD)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "go"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "go"))

    assert_no_verdict(missing, "a tool is missing", "https://go.dev")
    assert_no_verdict(killed, "SIGKILL")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "gave up with exit code 3"),
        ("exit 0", "there is no package"),
        ("[ $1 = list ] && echo p; exit 1", "contradict each other"),
        ("[ $1 = list ] && echo p; echo a.go:1:2: x", "contradict each other"),
    ],
)
def test_an_output_that_is_no_evidence(tmp_path: Path, script: str, reason: str) -> None:
    path = path_with(tmp_path / "bin", "go", script)

    run = run_check(make_repository(tmp_path / "r", GOOD), USES, path=path)

    assert_no_verdict(run, reason)
