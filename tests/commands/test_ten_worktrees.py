"""Ten worktrees of one repository push at once, each through the hook, to a real remote."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from localci.prover.run.slots import core_count
from support.project import Project, make_project, policy_for
from support.repositories import commit, git, ref

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

WORKTREES = 10
# Each check says when its work begins and ends; a line of this length is appended whole.
FILES = {
    "localci.toml": """\
version = 1
[run]
pass_env = ["PATH", "HOME", "LANG", "MARKS"]
[checks.tests]
run = "sh work {reports}/junit.xml"
report = "junit:junit.xml"
matrix.half = ["first", "second"]
[checks.heavy]
run = "sh work {reports}/junit.xml 2"
report = "junit:junit.xml"
weight = 2
""",
    "work": """\
weight=${2-1}
echo "+$weight" >> "$MARKS"
n=0; echo '<testsuite>' > "$1"
while [ $n -lt $(cat number) ]; do echo "<testcase name='t$n'/>"; n=$((n+1)); done >> "$1"
echo '</testsuite>' >> "$1"
sleep 0.05
echo "-$weight" >> "$MARKS"
""",
    "number": "1",
}


def test_each_gets_its_own_result_and_the_machine_is_not_overloaded(
    tmp_path: Path, ada: Key
) -> None:
    policy = policy_for(ada, requirements="[require.tests]\n[require.heavy]\n")
    project = make_project(tmp_path, ada, files={**FILES, ".localci/policy.toml": policy})
    project.install_hook()
    worktrees = [make_worktree(project, tmp_path / f"work-{n}", n) for n in range(1, 11)]
    marks = tmp_path / "marks"
    environment = {**os.environ, "MARKS": str(marks)}

    pushes = [
        subprocess.Popen(
            ["git", "push", "--quiet", "origin", f"HEAD:{worktree.name}"],
            cwd=worktree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for worktree in worktrees
    ]
    said = [push.communicate()[0] for push in pushes]

    assert [push.returncode for push in pushes] == [0] * WORKTREES, said
    for number, worktree in enumerate(worktrees, start=1):
        head = git(worktree, "rev-parse", "HEAD")
        assert ref(project.remote, f"refs/heads/{worktree.name}") == head
        verdict = Project(worktree, project.remote).localci(
            "verify", "--json", "--remote", "origin", "--trust-ref", "origin/main", head
        )
        assert verdict.code == 0, verdict
        checks = json.loads(verdict.output)["checks"]
        assert {name: found["total"] for name, found in checks.items()} == {
            "tests": 2 * number, "heavy": number,
        }, verdict.output  # fmt: skip
    assert_load(marks.read_text(encoding="ascii").split(), WORKTREES)


def make_worktree(project: Project, path: Path, number: int) -> Path:
    """Add a worktree on a branch of its own, whose checks count to a number of its own."""
    git(project.path, "worktree", "add", "--quiet", "-b", path.name, str(path))
    commit(path, {"number": f"{number}"})
    return path


def assert_load(marks: list[str], runs: int) -> None:
    """Never was more done at once than there are cores, and two of them were busy if there are."""
    cores = core_count()
    busy, most = 0, 0
    for mark in marks:
        busy += (1 if mark.startswith("+") else -1) * min(int(mark[1:]), cores)
        most = max(most, busy)
    assert len(marks) == runs * 3 * 2
    assert busy == 0
    assert most == min(cores, most)
    assert most >= min(cores, 2)
