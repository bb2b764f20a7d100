"""Runs that are ended at random moments, and what has to hold afterwards.

Each interruption is of a commit of its own, whose figures are its own too, so that nothing left
over can be taken for what it should find. Half of the commits have a check that fails.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from localci.errors import FAILED, PASSED
from localci.git.refs import NOTES_REF
from support.checks import document_of, events_of
from support.marked import MARK, marked, still_alive
from support.project import make_project
from support.repositories import git, ref
from support.started import started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from support.keys import Key
    from support.localci_command import Done
    from support.project import Project
    from support.started import Started

INTERRUPTED: Final = 130
_ENDED_BY_SIGNAL: Final = frozenset({-signal.SIGINT, -signal.SIGKILL})

# The checks write what they are about outside of everything that localci knows, when they are done.
_FILES: Final = {
    "localci.toml": f"""\
version = 1
[run]
pass_env = ["PATH", "HOME", "LANG", "{MARK}", "DONE"]
setup = "sh do setup"
setup_inputs = ["setup"]
[services.beside]
run = "exec sleep 62"
ready = "true"
[checks.tests]
run = "sh do tests {{reports}}/junit.xml"
report = "junit:junit.xml"
inputs = ["tests", "do"]
[checks.served]
run = "sh do served {{reports}}/junit.xml"
report = "junit:junit.xml"
inputs = ["served", "do"]
services = ["beside"]
[checks.late]
run = "sh do late {{reports}}/junit.xml"
report = "junit:junit.xml"
inputs = ["late", "do"]
needs = ["tests"]
""",
    # A daemon that left its session, a child that ignores what can be ignored, and a report that
    # stands there half for a while.
    "do": """\
read -r total failed < "$1"
setsid sh -c 'sleep 60 & sleep 60' > /dev/null 2>&1 &
(trap '' TERM INT HUP; exec sleep 61) &
[ -z "$2" ] || {
    echo "<testsuite>" > "$2"
    n=0; while [ $n -lt $total ]; do echo "<testcase name='t$n'/>"; n=$((n+1)); done >> "$2"
    [ $failed = 0 ] || echo "<testcase name='bad'><failure/></testcase>" >> "$2"
}
sleep 0.1
[ -z "$2" ] || echo "</testsuite>" >> "$2"
echo "$1 $total $failed" >> "$DONE"
exit $failed
""",
}
_CHECKS: Final = ("tests", "served", "late")


@dataclass(frozen=True)
class Expected:
    """What a run of a commit has to say: exit code, and (passed, failed) tests by check."""

    commit: str
    code: int
    figures: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Ground:
    """A project whose runs are interrupted; `done` is where checks say that they are done."""

    project: Project
    mark: str
    done: Path
    cache: Path
    random: Random

    def next_commit(self) -> Expected:
        """Commit new figures and return what a run of them has to say."""
        fails = self.random.random() < 0.5
        figures = {
            name: (self.random.randint(1, 300), int(fails and name == "served")) for name in _CHECKS
        }
        files = {name: f"{total} {failed}\n" for name, (total, failed) in figures.items()}
        if self.random.random() < 0.3:
            files["setup"] = f"{self.random.random()} 0\n"
        commit = self.project.commit(files)
        return Expected(commit, FAILED if fails else PASSED, figures)

    @property
    def environment(self) -> dict[str, str]:
        return {MARK: self.mark, "DONE": str(self.done)}

    def run(self, *arguments: str) -> Done:
        """Run localci to its end."""
        with started(self.project.path, *arguments, environment=self.environment) as localci:
            return localci.ended()


def make_ground(directory: Path, home: Path, key: Key, seed: int) -> Ground:
    """Make a project with a setup, a service and three checks; a seed gives always the same."""
    files = {**_FILES, "setup": "0 0\n", **dict.fromkeys(_CHECKS, "1 0\n")}
    project = make_project(directory, key, files=files)
    mark = f"{seed}-{time.time_ns()}"
    done = directory / "done"
    return Ground(project, mark, done, home / ".cache", Random(seed))  # noqa: S311 - no secret


def whole_length(ground: Ground, arguments: tuple[str, ...]) -> float:
    """Return the seconds that a whole run takes here and now; warms what there is to warm."""
    seconds = 0.0
    for _ in range(2):
        expected = ground.next_commit()
        start = time.monotonic()
        done = ground.run(*arguments)
        seconds = time.monotonic() - start
        assert done.code == expected.code, done
    return seconds


def killed(localci: Started) -> Done:
    """End it with SIGKILL, which nobody can prepare for."""
    localci.kill()
    return localci.ended()


def ctrl_c(localci: Started) -> Done:
    """End it as a person does."""
    localci.ctrl_c()
    return localci.ended()


def interrupt_at_random_moments(
    ground: Ground,
    end: Callable[[Started], Done],
    times: int,
    arguments: tuple[str, ...] = ("run", "--sign"),
) -> list[int]:
    """Interrupt so many runs; each leaves nothing, and the next run of the same commit is right.

    Return, for each moment at which the run was still under way, how many processes it had then.
    """
    length = whole_length(ground, arguments)
    processes = []
    for moment in moments(ground.random, length, times):
        expected = ground.next_commit()
        with started(ground.project.path, *arguments, environment=ground.environment) as localci:
            if not localci.ends_within(moment):
                processes.append(len(marked(ground.mark)))
                done = end(localci)
                assert done.code in _ENDED_BY_SIGNAL | {INTERRUPTED, expected.code}, (moment, done)
            left = still_alive(ground.mark, ground.cache)
            assert not left, f"at {moment:.3f} s: {left}"
        _assert_the_note_came_first(ground.project, expected.commit)
        _assert_the_next_run_is_right(ground, expected, moment)
    return processes


def moments(random: Random, length: float, times: int) -> Iterator[float]:
    """Yield moments that are spread over the whole length, in no order."""
    slices = list(range(times))
    random.shuffle(slices)
    return (length * (part + random.random()) / times for part in slices)


def _assert_the_note_came_first(project: Project, commit: str) -> None:
    """A branch that was pushed before the end has its note on the remote."""
    if ref(project.remote, "refs/heads/feature") == commit:
        assert git(project.remote, "notes", f"--ref={NOTES_REF}", "show", commit)


def _assert_the_next_run_is_right(ground: Ground, expected: Expected, moment: float) -> None:
    done = ground.run("run", "--json")
    where = f"after an interruption at {moment:.3f} s: {done}"
    assert done.code == expected.code, where
    assert not any(event["event"] == "waiting" for event in events_of(done)), where
    document = document_of(done)
    assert document["commit_sha"] == expected.commit, where
    ended = set(ground.done.read_text(encoding="ascii").splitlines())
    for name, (passed, failed) in expected.figures.items():
        found = document["checks"][name]
        assert found["passed"] is (failed == 0), where
        assert (found["total"], found["failed"]) == (passed + failed, failed), where
        assert f"{name} {passed} {failed}" in ended, where
    assert not still_alive(ground.mark, ground.cache), where
