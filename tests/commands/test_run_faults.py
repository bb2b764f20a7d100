"""`localci run` where something is wrong with the machine, and several runs at once."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED
from support.checks import configuration, document_of, events_of, project_with
from support.marked import MARK, still_alive
from support.parts import need
from support.repositories import git, wait_for_file
from support.small_disk import small_disk
from support.started import started

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.localci_command import Done
    from support.project import Project


def test_a_disk_that_gets_full_while_a_check_runs(tmp_path: Path, ada: Key) -> None:
    project = project_with(tmp_path, ada, fill="cat /dev/zero > zeros", other="true")
    with small_disk(tmp_path / "disk", kibibytes=8192) as disk:
        elsewhere = {"XDG_CACHE_HOME": str(disk.path)}

        done = project.localci("run", environment=elsewhere)

        assert done.code == NO_VERDICT, done
        assert "disk is full" in done.errors
    # With room again it is right.
    assert project.localci("run", "--check", "other").code == PASSED


def test_a_cache_that_is_removed_while_a_check_runs(tmp_path: Path, ada: Key, homes: Homes) -> None:
    here, answer = tmp_path / "here", tmp_path / "answer"
    slow = f"touch {shlex.quote(str(here))}; {wait_for_file(answer)}"
    project = project_with(tmp_path, ada, slow=slow)
    mark = str(tmp_path)

    with started(project.path, "run", environment={MARK: mark}) as localci:
        localci.has_made(here)
        shutil.rmtree(homes.home / ".cache", ignore_errors=True)
        answer.touch()
        done = localci.ended()

    assert done.code == NO_VERDICT, done
    assert "localci" in done.errors
    assert not still_alive(mark)
    project.commit({"localci.toml": configuration(slow="true")})
    assert project.localci("run").code == PASSED


@pytest.mark.parametrize("shift", ["-400d", "+400d"])
def test_a_clock_that_is_wrong(tmp_path: Path, ada: Key, shift: str) -> None:
    faketime = need("faketime")
    project = project_with(tmp_path, ada, tests="grep -q 1 number")
    project.commit({"number": "1"})
    assert project.localci("run").code == PASSED
    project.commit({"number": "2"})

    # The clock is set for localci, for git and for the checks alike.
    done = _run_by(faketime, shift, project)

    assert done.code == FAILED, done
    project.commit({"number": "1 again"})
    assert _run_by(faketime, shift, project).code == PASSED
    assert project.localci("run").code == PASSED
    document = document_of(project.localci("run", "--json", "--no-cache"))
    assert document["started_at"] <= document["finished_at"]


def _run_by(faketime: str, shift: str, project: Project) -> Done:
    preloaded = _preload(faketime)
    environment = {"LD_PRELOAD": preloaded, "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return project.localci("run", environment=environment)


def _preload(faketime: str) -> str:
    done = subprocess.run(
        [faketime, "-f", "+0d", "sh", "-c", 'echo "$LD_PRELOAD"'],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_two_runs_of_one_commit_at_once(tmp_path: Path, ada: Key) -> None:
    project = project_with(
        tmp_path, ada, tests='test "$(cat number)" = 7 && sleep 0.3 && test "$(ls | wc -l)" = 3'
    )
    project.commit({"number": "7"})

    with ThreadPoolExecutor() as pool:
        runs = list(
            pool.map(
                lambda mark: project.localci(
                    "run", "--no-cache", "--json", environment={MARK: mark}
                ),
                "abcd",
            )
        )

    assert [run.code for run in runs] == [PASSED] * 4, runs
    documents = [document_of(run) for run in runs]
    assert {document["commit_sha"] for document in documents} == {project.head}
    assert all(document["checks"]["tests"]["passed"] for document in documents)
    assert not still_alive("a")


def test_an_interpreter_that_is_found_but_does_not_start(tmp_path: Path, ada: Key) -> None:
    # As a version manager's stand-in does for a version that nobody installed.
    shims = tmp_path / "shims"
    shims.mkdir()
    shim = shims / "python3.99"
    shim.write_text("#!/bin/sh\necho 'python3.99: command not found' >&2\nexit 127\n", "ascii")
    shim.chmod(0o755)
    project = project_with(tmp_path, ada, tests="python3.99 -m pytest", other="true")

    done = project.localci("run", environment={"PATH": f"{shims}:{os.environ['PATH']}"})

    assert done.code == NO_VERDICT, done
    assert "a tool is missing" in done.errors
    assert "python3.99" in done.errors


def test_a_shebang_whose_interpreter_is_gone(tmp_path: Path, ada: Key) -> None:
    project = project_with(tmp_path, ada, tests="./check")
    project.commit({"check": "#!/nowhere/python3\n"})
    (project.path / "check").chmod(0o755)
    project.commit({})

    assert project.localci("run").code == NO_VERDICT


def test_two_paths_that_differ_only_in_case(tmp_path: Path, ada: Key) -> None:
    project = project_with(tmp_path, ada, tests="grep -qx upper README && grep -qx lower readme")
    git(project.path, "config", "core.ignorecase", "true")
    blobs = {
        name: git(project.path, "hash-object", "-w", "--stdin", data=f"{content}\n")
        for name, content in (("README", "upper"), ("readme", "lower"))
    }
    for name, blob in blobs.items():
        git(project.path, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    git(project.path, "commit", "--quiet", "-m", "Two of a kind")

    done = project.localci("run")

    # The file system here tells them apart, whatever git was told; both are there.
    assert done.code == PASSED, done


def test_a_repository_that_lacks_its_commit_is_damaged(tmp_path: Path, ada: Key) -> None:
    project = project_with(tmp_path, ada, tests="true")
    head = git(project.path, "rev-parse", "HEAD")
    (project.path / ".git/objects" / head[:2] / head[2:]).unlink()

    for command in ("run", "verify", "wait"):
        done = project.localci(command)

        assert done.code == NO_VERDICT, done
        assert f"HEAD is {head[:12]}, and that object is not in this repository" in done.errors


def test_a_check_that_changes_the_git_directory_speaks_for_nobody(tmp_path: Path, ada: Key) -> None:
    project = project_with(
        tmp_path,
        ada,
        hides="git update-index --assume-unchanged localci.toml",
        reads="git status && git describe --always",
        fine="git diff --exit-code",
    )
    run = project.localci("run", "--jobs", "1", "--json")

    assert run.code == NO_VERDICT
    ends = {
        event["name"]: (event["outcome"], event["reason"])
        for event in events_of(run)
        if event["event"] == "check-finished"
    }
    assert ends == {
        "hides": ("no-verdict", "changed tracked files: .git/index"),
        "reads": ("passed", ""),
        "fine": ("passed", ""),
    }
