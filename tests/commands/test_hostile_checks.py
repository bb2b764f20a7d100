"""`localci run` with checks that mean harm, or do not care: what the run says of them."""

from __future__ import annotations

import os
import shlex
import signal
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED
from localci.prover.process.log_file import MAX_LOG
from support.checks import configuration, outcomes_of, project_with, run_marked

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key

CRASHES = ("ABRT", "BUS", "FPE", "ILL", "SEGV", "SYS", "TRAP")
FROM_OUTSIDE = ("HUP", "INT", "KILL", "QUIT", "TERM", "XCPU", "XFSZ")


def test_checks_that_end_by_each_signal(tmp_path: Path, ada: Key) -> None:
    """All in one run: crashes are failures of the code, what comes from outside is no verdict."""
    by_kill = {f"kill-{name.lower()}": f"kill -{name} $$" for name in CRASHES + FROM_OUTSIDE}
    by_code = {
        f"code-{name.lower()}": f"exit $((128 + {signal.Signals[f'SIG{name}'].value}))"
        for name in CRASHES + FROM_OUTSIDE
    }
    project = project_with(tmp_path, ada, **by_kill, **by_code)

    done = run_marked(project, tmp_path, "--json")

    assert done.code == FAILED, done.errors
    expected = {
        f"{way}-{name.lower()}": "failed" if name in CRASHES else "no-verdict"
        for way in ("kill", "code")
        for name in CRASHES + FROM_OUTSIDE
    }
    # 129 is also what git ends with where its words are wrong: that is the check's own fault.
    assert outcomes_of(done) == {**expected, "code-hup": "failed"}


def test_a_check_that_writes_more_than_anybody_reads(
    tmp_path: Path, ada: Key, homes: Homes
) -> None:
    size = MAX_LOG + 10_000_000
    project = project_with(tmp_path, ada, loud=f"head -c {size} /dev/zero | tr '\\0' x; echo end")

    done = run_marked(project, tmp_path)

    assert done.code == PASSED, done
    logs = [path.stat().st_size for path in homes.home.rglob("loud.log")]
    assert len(logs) == 1
    assert 0 < logs[0] < MAX_LOG + 1000


@pytest.mark.parametrize(
    "daemon",
    [
        "(setsid sleep 60 &)",
        "setsid sh -c 'setsid sh -c \"exec sleep 60 <&- >&- 2>&-\" &' &",
        "nohup sh -c 'cd / && exec sleep 60' > /dev/null 2>&1 &",
    ],
)
def test_daemons_that_a_check_leaves(tmp_path: Path, ada: Key, daemon: str) -> None:
    project = project_with(tmp_path, ada, daemons=daemon + "\necho done")

    assert run_marked(project, tmp_path).code == PASSED


def test_a_check_that_ignores_every_wish_to_end(tmp_path: Path, ada: Key) -> None:
    stubborn = "trap '' TERM INT HUP; while :; do sleep 1; done"
    project = project_with(tmp_path, ada, timeout="1s", stubborn=stubborn)

    done = run_marked(project, tmp_path)

    assert done.code == NO_VERDICT, done
    assert "1 s" in done.errors


def test_a_check_that_closes_its_terminal_is_awaited(tmp_path: Path, ada: Key) -> None:
    mark = tmp_path / "was-here"
    quiet = f"exec <&- >&- 2>&-; sleep 0.3; : > {shlex.quote(str(mark))}; exit 9"
    project = project_with(tmp_path, ada, quiet=quiet)

    done = run_marked(project, tmp_path)

    assert done.code == FAILED, done
    assert mark.exists()


def test_a_check_that_changes_tracked_files_takes_its_own_verdict(tmp_path: Path, ada: Key) -> None:
    project = project_with(tmp_path, ada, formatter="echo nicer > code")
    project.commit({"code": "ugly\n"})

    done = run_marked(project, tmp_path)

    assert done.code == NO_VERDICT, done
    assert "changed tracked files: code" in done.errors
    # The user's own file is as it was, and so is the next run's.
    assert (project.path / "code").read_text(encoding="ascii") == "ugly\n"
    project.commit({"localci.toml": configuration(formatter="grep -qx ugly code")})
    assert run_marked(project, tmp_path).code == PASSED


def test_a_check_that_changes_tracked_files_takes_the_verdict_of_who_runs_beside_it(
    tmp_path: Path, ada: Key
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    quoted = shlex.quote(str(fifo))
    project = project_with(
        tmp_path, ada, formatter=f"echo nicer > code; echo > {quoted}", beside=f"cat {quoted}"
    )
    project.commit({"code": "ugly\n"})

    done = run_marked(project, tmp_path, "--json", "--jobs", "2")

    assert done.code == NO_VERDICT, done
    assert outcomes_of(done) == {"formatter": "no-verdict", "beside": "no-verdict"}


@pytest.mark.parametrize("removal", ['rm -rf "$PWD"', 'cd .. && rm -rf "$OLDPWD"; true'])
def test_a_check_that_removes_its_own_directory(tmp_path: Path, ada: Key, removal: str) -> None:
    project = project_with(tmp_path, ada, removal=removal)

    done = run_marked(project, tmp_path)

    assert done.code == NO_VERDICT, done
    project.commit({"localci.toml": configuration(removal="test -f run-tests")})
    assert run_marked(project, tmp_path).code == PASSED
