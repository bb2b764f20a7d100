"""What every preset has to stand: its tool missing, crashing, killed, or leaving half a report."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_ISSUES, IssueFigures, encode_check
from support.fake_programs import write_program
from support.preset_runs import run_check
from support.tools import tools_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.preset_runs import PresetRun

SECRET: Final = "zq8-planted-secret-41d7"
"""A text to plant into sources; no rule of any scanner knows it."""

# Finds FILE in `--output FILE`, `--output=FILE` and `-oFILE`, for any of the given options.
_FIND_FILE: Final = """\
file= next=
for word; do
  if [ "$next" ]; then file=$word; next=; continue; fi
  for option in {options}; do
    case $word in
      "$option") next=yes ;;
      "$option="*) file=${{word#"$option="}} ;;
      "$option"?*) case $option in --*) ;; *) file=${{word#"$option"}} ;; esac ;;
    esac
  done
done
"""


def path_with(directory: Path, name: str, script: str) -> str:
    """Return a PATH on which `name` is a script for /bin/sh, and all else as it is."""
    write_program(directory / name, script)
    return tools_path(str(directory))


def path_with_writer(
    directory: Path, name: str, text: str | bytes, *options: str, code: int = 0
) -> str:
    """Return a PATH on which `name` writes `text` and ends with `code`.

    It writes to the file that follows one of `options` on its command line, else to its output.
    """
    directory.mkdir(parents=True, exist_ok=True)
    held = directory / f"{name}.text"
    held.write_bytes(text.encode() if isinstance(text, str) else text)
    find = _FIND_FILE.format(options=" ".join(f"'{option}'" for option in options) or "''")
    write = f'if [ "$file" ]; then cat "{held}" > "$file"; else cat "{held}"; fi'
    return path_with(directory, name, f"{find if options else 'file='}\n{write}\nexit {code}")


def path_with_killed(directory: Path, name: str, signal: str = "KILL") -> str:
    """Return a PATH on which `name` is ended by a signal, as one that ran out of memory is."""
    return path_with(directory, name, f"kill -s {signal} $$")


def path_without(directory: Path, *missing: str) -> str:
    """Return a PATH with all tools but those that are missing."""
    return os.pathsep.join(
        _without(directory / str(number), Path(place), missing)
        for number, place in enumerate(tools_path().split(os.pathsep))
    )


def run_tool(
    directory: Path, *command: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool as a person would, to compare with what localci says. Its output has no colours.

    `environ` is added to a small environment; `stdout` and `stderr` are apart.
    """
    variables = {"HOME": os.environ["HOME"], "PATH": tools_path(), "NO_COLOR": "1", "LC_ALL": "C"}
    return subprocess.run(
        ["sh", "-c", '"$@"', "sh", *command],  # the shell looks it up on this PATH, not on ours
        cwd=directory,
        env={**variables, **(environ or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def assert_no_verdict(run: PresetRun, *said: str) -> None:
    """Assert that a check came to no answer, and that its reason holds all that is `said`."""
    assert run.answer == "no verdict", f"{run.answer}: {run.reason}\n{run.log}"
    for text in said:
        assert text in run.reason


def assert_no_verdict_in_trouble(
    repository: Path, table: str, tool: str, install: str, directory: Path
) -> None:
    """Assert that a check that passes has no verdict where its tool does not do its work.

    The tool is missing, is killed, says nothing at all, and gives up after all of its work.
    """
    missing = run_check(repository, table, path=path_without(directory / "missing", tool))
    assert_no_verdict(missing, "a tool is missing", f"install it: {install}")
    killed = run_check(repository, table, path=path_with_killed(directory / "killed", tool))
    assert_no_verdict(killed, "ended from outside by SIGKILL")
    silent = run_check(repository, table, path=path_with(directory / "silent", tool, "exit 0"))
    assert_no_verdict(silent)
    gives_up = f'PATH="{tools_path()}"; export PATH; {tool} "$@"; exit 70'
    gave_up = run_check(repository, table, path=path_with(directory / "gave_up", tool, gives_up))
    assert_no_verdict(gave_up, "its tool gave up with exit code 70")


def assert_not_told(run: PresetRun, secret: str = SECRET) -> None:
    """Assert that a secret is nowhere in what is signed."""
    assert secret not in json.dumps(encode_check(run.result), ensure_ascii=False)


def assert_capped(run: PresetRun, total: int) -> None:
    """Assert that a check failed with `total` findings, of which the first 50 are listed."""
    assert run.answer == "failed", f"{run.answer}: {run.reason}\n{run.log}"
    figures = run.result.figures
    assert isinstance(figures, IssueFigures)
    assert total > MAX_ISSUES
    assert (len(figures.issues), figures.issues_total) == (MAX_ISSUES, total)


def _without(directory: Path, place: Path, missing: tuple[str, ...]) -> str:
    if not any((place / name).exists() for name in missing):
        return str(place)
    directory.mkdir(parents=True)
    for entry in os.scandir(place):
        if entry.name not in missing:
            (directory / entry.name).symlink_to(entry.path)
    return str(directory)
