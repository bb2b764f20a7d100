from __future__ import annotations

import os
from pathlib import Path

import pytest

from localci.errors import GpgError
from localci.gpg.command import run_gpg
from support.fake_programs import write_program


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_status_output_and_errors_come_apart(tmp_path: Path) -> None:
    program = write_program(
        tmp_path / "gpg",
        'test "$1" = --status-fd || exit 9; echo status >/dev/fd/$2\n'
        'echo "$3" "$GNUPGHOME" $LC_ALL; cat; echo errors >&2; exit 3',
    )
    said = run_gpg(str(program), ["--x"], home="/nowhere", timeout=10, data=b"in")
    assert (said.code, said.status, said.errors) == (3, b"status\n", b"errors\n")
    assert said.output == b"--x /nowhere C\nin"


def test_without_a_home_it_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = write_program(tmp_path / "gpg", 'printf %s "$GNUPGHOME"')
    monkeypatch.setenv("GNUPGHOME", "/mine")
    assert run_gpg(str(program), [], home="", timeout=10).output == b"/mine"


@pytest.mark.parametrize("kind", ["missing", "no permission", "no program"])
def test_a_program_that_does_not_start_is_named(tmp_path: Path, kind: str) -> None:
    program = tmp_path / "gpgv"
    if kind == "no permission":
        program.write_text("#!/bin/sh\n", encoding="ascii")
    if kind == "no program":
        program.mkdir()
    before = open_files()
    with pytest.raises(GpgError, match=r"gpgv cannot be started: .*; install GnuPG 2\.2"):
        run_gpg(str(program), [], home="", timeout=10)
    assert open_files() == before


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    program = write_program(tmp_path / "gpgv", "exec tail -f /dev/null")
    with pytest.raises(GpgError, match=r"gave no answer in 0\.2 s"):
        run_gpg(str(program), [], home="", timeout=0.2)


@pytest.mark.parametrize("output", ["", ">/dev/null 2>&1"], ids=["all pipes", "status only"])
def test_a_child_that_holds_the_pipes_open_holds_nobody_up(tmp_path: Path, output: str) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = write_program(tmp_path / "gpgv", f'cat "{fifo}" {output} & echo x >/dev/fd/$2')
    held_open = os.open(fifo, os.O_RDWR)
    try:
        if output:
            assert run_gpg(str(program), [], home="", timeout=10).status == b"x\n"
        else:
            with pytest.raises(GpgError, match="gave no answer"):
                run_gpg(str(program), [], home="", timeout=0.2)
    finally:
        os.close(held_open)  # which ends the child


def test_nothing_is_left_open(tmp_path: Path) -> None:
    program = write_program(tmp_path / "gpg", "exit 0")
    before = open_files()
    run_gpg(str(program), [], home="", timeout=10)
    assert open_files() == before
