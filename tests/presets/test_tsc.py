from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import NODE_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "tsc"'
PROJECT = {
    **NODE_PROJECT,
    "tsconfig.json": """\
{"compilerOptions": {"strict": true, "types": [], "lib": ["ES5"]}, "include": ["app"]}
""",
    "app/good.ts": "export const one: number = 1;\n",
}
BAD = f'export const a: number = "{SECRET}";\nexport function f(x) {{ return x }}\n'
TOLD = {
    ("TS2322", "app/(group)/page.ts", 1),
    ("TS7006", "app/(group)/page.ts", 2),
}


def test_code_without_errors_passes(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", PROJECT)

    run = run_check(repository, USES)

    files = run_tool(repository, "tsc", "--noEmit", "--listFilesOnly").stdout.splitlines()
    assert run.answer == "passed", run.log
    assert run.result.measures == {"issues.total": 0, "files.checked": len(files)}


@pytest.mark.parametrize("pretty", ["false", "true"])
def test_errors_are_those_that_it_counts_itself(tmp_path: Path, pretty: str) -> None:
    repository = make_repository(tmp_path / "r", {**PROJECT, "app/(group)/page.ts": BAD})
    command = f"tsc --noEmit --diagnostics --pretty {pretty}"

    run = run_check(repository, f'{USES}\nrun = "{command}"' if pretty == "true" else USES)

    told = run_tool(repository, "tsc", "--noEmit", "--pretty").stdout
    assert run.answer == "failed"
    assert f"Found {len(TOLD)} errors" in told
    assert run.issues == TOLD
    assert_not_told(run)


def test_what_cannot_be_parsed_fails(tmp_path: Path) -> None:
    files = {**PROJECT, "app/broken.ts": "export let x = ;\n"}

    run = run_check(make_repository(tmp_path / "r", files), USES)

    assert (run.answer, run.issues) == ("failed", {("TS1109", "app/broken.ts", 1)})


def test_the_list_is_capped(tmp_path: Path) -> None:
    many = "".join(f'export const a{number}: number = "";\n' for number in range(60))

    run = run_check(make_repository(tmp_path / "r", {**PROJECT, "app/many.ts": many}), USES)

    assert_capped(run, 60)


@pytest.mark.parametrize(
    "files", [{"a.ts": "export {};\n"}, {"tsconfig.json": '{"include": ["nowhere"]}\n'}]
)
def test_with_nothing_to_check_it_is_no_verdict(tmp_path: Path, files: dict[str, str]) -> None:
    assert_no_verdict(run_check(make_repository(tmp_path / "r", files), USES))


def test_missing_it_says_how_to_get_it_and_killed_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", PROJECT)
    missing = run_check(repository, USES, path=path_without(tmp_path / "a", "tsc"))
    killed = run_check(repository, USES, path=path_with_killed(tmp_path / "b", "tsc"))

    assert_no_verdict(missing, "a tool is missing", "npm install --save-dev typescript")
    assert_no_verdict(killed, "SIGKILL")


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("\n", 0, "no line `Files"),
        ("a.ts(1,2): error TS1109: x\n", 2, "no line `Files"),
        ("Files:   0\n", 0, "no file was checked"),
        ("Found 2 errors in a.ts\nFiles:   1\n", 2, "more errors than it tells of"),
        ("Files:   1\n", 3, "gave up with exit code 3"),
    ],
)
def test_an_output_that_is_no_evidence(tmp_path: Path, text: str, code: int, reason: str) -> None:
    path = path_with_writer(tmp_path / "bin", "tsc", text, code=code)

    run = run_check(make_repository(tmp_path / "r", PROJECT), USES, path=path)

    assert_no_verdict(run, reason)
