"""The preset `black`, by the real black."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with_writer,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

BLACK = 'uses = "black"'
GOOD = {"pyproject.toml": "[tool.black]\nverbose = true\n", "app/good.py": "NUMBER = 1\n"}
BAD = GOOD | {
    "app/ugly.py": f"TOKEN   = '{SECRET}'\n",
    "app/broken.py": f"# a comment\ndef {SECRET}(:\n",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("black")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", BAD)


def test_good_code_passes(good: Path) -> None:
    run = run_check(good, BLACK)
    assert run.answer == "passed", run.log
    assert run.issues == set()
    assert run.result.measures == {"issues.total": 0, "files.checked": 1}


def test_files_are_those_of_black_itself(bad: Path) -> None:
    run = run_check(bad, BLACK)
    said = run_tool(bad, "black", "--check", ".").stderr.splitlines()[-1]
    assert said == ", ".join(
        f"1 file would {what}"
        for what in ("be reformatted", "be left unchanged", "fail to reformat.")
    )
    assert "1 file would fail to reformat" in run.log
    assert run.answer == "failed"
    assert run.result.exit_code == 123
    assert run.reason == "2 issues, 0 are allowed"
    assert {row[:2] for row in run.issues} == {
        ("unformatted", "app/ugly.py"),
        ("unreadable", "app/broken.py"),
    }
    assert run.result.measures["files.checked"] == 3
    assert SECRET in run.log
    assert_not_told(run)


def test_the_list_is_capped(tmp_path: Path) -> None:
    files = {f"m{number}.py": "X=1\n" for number in range(60)}
    assert_capped(run_check(make_repository(tmp_path / "app", files), BLACK), 60)


@pytest.mark.parametrize(
    "files",
    [{"README": "No Python.\n"}, GOOD | {"pyproject.toml": '[tool.black]\nrequired-version = "1"'}],
)
def test_where_black_looks_at_nothing_there_is_no_verdict(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert_no_verdict(run_check(make_repository(tmp_path / "app", files), BLACK), "no summary")


def test_the_users_own_settings_have_no_say(tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "black"
    settings.parent.mkdir()
    settings.write_text("[tool.black]\nskip-string-normalization = true\n")
    repository = make_repository(tmp_path / "app", {"a.py": "X = 'a'\n"})
    assert run_check(repository, BLACK, environ={"HOME": str(tmp_path)}).answer == "failed"


def test_black_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, BLACK, "black", "pip install black", tmp_path)


# Up to 25.x (recorded from 25.1.0) the place of what is no Python stands in the message.
OLDER = """\
would reformat /src/app/ugly.py
error: cannot format /src/app/broken.py: Cannot parse: 1:6: def f(:

Oh no! \N{COLLISION SYMBOL}
1 file would be reformatted, 1 file would fail to reformat.
"""


def test_an_older_black_is_understood(good: Path, tmp_path: Path) -> None:
    run = run_check(good, BLACK, path=path_with_writer(tmp_path, "black", OLDER, code=123))
    assert run.answer == "failed"
    assert run.issues == {("unformatted", "ugly.py", None), ("unreadable", "broken.py", None)}


# The words of black 26.10 for a mistake of its own (black/__init__.py, assert_equivalent).
OWN_MISTAKE = """\
error: cannot format a.py: INTERNAL ERROR: Black 26.10.1 produced code that is not equivalent to \
the source.  Please report a bug on https://github.com/psf/black/issues.
1 file would fail to reformat.
"""


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (OWN_MISTAKE, 123, "mistake of its own"),
        ("would reformat a.py\n", 1, "no summary"),
        ("2 files would be reformatted.\n", 1, "counts other files"),
        ("would reformat a.py\n1 file would be left unchanged.\n", 0, "counts other files"),
        ("1 file left unchanged.\n", 0, "no summary"),
    ],
)
def test_half_an_output_is_no_verdict(
    good: Path, tmp_path: Path, text: str, code: int, said: str
) -> None:
    run = run_check(good, BLACK, path=path_with_writer(tmp_path, "black", text, code=code))
    assert_no_verdict(run, said)
