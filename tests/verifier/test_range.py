"""`verify --range`: what it says of each commit is what `verify` says of that commit alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import UsageError
from localci.verifier.range import Ends, read_range
from support.attested import attach, document, make_trusted, signed_line, tree_of
from support.note_trees import fanned, write_notes
from support.project import policy_for
from support.repositories import git
from support.verdicts import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project

RANGE = ("--range", "origin/main..feature")


@pytest.fixture(params=["sha1", "sha256"])
def project(tmp_path: Path, ada: Key, request: pytest.FixtureRequest) -> Project:
    made = make_trusted(tmp_path, ada, object_format=request.param)
    git(made.path, "switch", "-q", "-c", "feature")
    return made


@pytest.fixture
def without_sequoia(tmp_path: Path) -> str:
    """A directory that hides Sequoia's bindings from a Python that looks there first."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pysequoia.py").write_text("raise ImportError\n", encoding="ascii")
    return str(hidden)


def verdicts(
    project: Project, *arguments: str, **environment: str
) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code, and the verdict of each line."""
    done = project.localci("verify", "--json", *arguments, environment=environment)
    return done.code, [json.loads(line) for line in done.output.splitlines()]


def commits(project: Project, count: int) -> list[str]:
    """Make commits, and return their ids, the newest first."""
    start = git(project.path, "rev-parse", "feature")
    rows = [b"reset refs/heads/feature\nfrom %s\n" % start.encode()]
    for number in range(count):
        rows.append(
            b"commit refs/heads/feature\ncommitter A <a@b.c> %d +0000\ndata 1\nx\n" % number
        )
        rows.append(b"M 100644 inline part\ndata %d\n%d\n" % (len(str(number)), number))
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=project.path, input=b"".join(rows), check=True
    )
    git(project.path, "reset", "-q", "--hard")
    return git(project.path, "rev-list", "origin/main..feature").splitlines()


def line_for(project: Project, commit: str, key: Key, homes: Homes, **changes: Any) -> bytes:
    return signed_line(document(project.path, commit, **changes), key, homes.gnupg)


@pytest.fixture
def history(project: Project, ada: Key, keys: Keys, homes: Homes) -> list[str]:
    """A hundred commits, the newest first, of which some have notes of many kinds."""
    keys["mallory"].add_to(homes.gnupg)
    made = commits(project, 100)
    good = {commit: line_for(project, commit, ada, homes) for commit in made[:4]}
    forged = line_for(project, made[5], keys["mallory"], homes)
    future = line_for(project, made[6], ada, homes, started_at=2**33, finished_at=2**33)
    notes = {
        made[0]: good[made[0]],
        fanned(made[1], 1): b"rubbish\n" + good[made[1]],
        fanned(tree_of(project.path, made[2]), 2): good[made[2]],
        made[3]: forged,
        fanned(made[3], 3): good[made[3]],
        made[4]: good[made[0]],
        made[5]: forged,
        made[6]: future,
        made[7]: b"rubbish",
        made[8]: b"",
        made[9]: b"x" * 70_000,
        made[60]: b"{}\n" * 500_000,
        made[99]: b"\xff",
    }
    write_notes(project.path, notes)
    waiting = line_for(project, made[10], ada, homes)
    attach(project.path, {made[10]: (waiting,)}, "refs/localci/outbox")
    return made


def alone(project: Project, history: list[str]) -> list[dict[str, Any]]:
    return [verdict(project, commit)[1] for commit in history]


def test_each_commit_is_judged_as_alone(project: Project, history: list[str]) -> None:
    code, found = verdicts(project, *RANGE)
    assert [each["commit"] for each in found] == history
    some = [*range(12), 47, 48, 60, 99]
    assert [found[n] for n in some] == alone(project, [history[n] for n in some])
    assert code == 1
    assert [n for n, each in enumerate(found) if each["verdict"] == "accepted"] == [0, 1, 2, 3, 10]
    assert [n for n, each in enumerate(found) if each["verdict"] == "refused"] == [
        *(4, 5, 6, 7, 9, 60, 99)
    ]
    assert {each["verdict"] for each in found[11:60]} == {"missing"}


def test_without_sequoia_it_is_the_same(
    project: Project, history: list[str], without_sequoia: str
) -> None:
    assert verdicts(project, *RANGE, PYTHONPATH=without_sequoia) == verdicts(project, *RANGE)


def test_a_person_reads_a_line_a_commit(project: Project, history: list[str]) -> None:
    done = project.localci("verify", *RANGE)
    lines = done.output.splitlines()
    assert done.code == 1
    assert lines[0] == f"{history[0][:12]}  accepted  ada@example.org"
    assert lines[11].startswith(f"{history[11][:12]}  missing   no-attestation: ")
    assert lines[5].startswith(f"{history[5][:12]}  refused   signer-unknown: ")
    assert len(lines) == 100
    assert "100 commits, 5 accepted, 7 refused, 88 missing" in done.errors


def test_the_notes_may_be_a_remotes(project: Project, history: list[str]) -> None:
    here = verdicts(project, *RANGE)
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    git(project.path, "update-ref", "-d", "refs/notes/ci")
    _, found = verdicts(project, *RANGE, "--remote", "origin")
    assert found[:10] == here[1][:10]
    # What waits here for its delivery is not there.
    assert found[10]["verdict"] == "missing"


def test_a_remote_without_notes_has_none(project: Project) -> None:
    commits(project, 2)
    code, found = verdicts(project, *RANGE, "--remote", "origin")
    assert (code, [each["verdict"] for each in found]) == (3, ["missing"] * 2)


def test_a_remote_that_is_not_there_is_no_verdict(project: Project) -> None:
    commits(project, 1)
    shutil.rmtree(project.remote)
    done = project.localci("verify", *RANGE, "--remote", "origin")
    assert (done.code, done.output) == (4, "")
    assert done.errors.startswith("localci: git ls-remote: ")


def test_accepted_ones_alone_are_a_success(project: Project, ada: Key, homes: Homes) -> None:
    made = commits(project, 3)
    attach(project.path, {c: (line_for(project, c, ada, homes),) for c in made})
    assert verdicts(project, *RANGE)[0] == 0


def test_a_range_without_commits_is_a_success(project: Project) -> None:
    done = project.localci("verify", "--range", "feature..feature")
    assert (done.code, done.output) == (0, "")
    assert "0 commits" in done.errors


@pytest.mark.parametrize("text", ["feature", "", "a...b", "a..b..c", "main...feature", "x..y"])
def test_what_is_no_range_is_a_usage_error(project: Project, text: str) -> None:
    commits(project, 1)
    done = project.localci("verify", f"--range={text}", *([] if text else ["no-commit"]))
    assert (done.code, done.output) == (2, "")
    assert done.errors.startswith("localci: ")


def test_the_ends_of_a_range_are_heads_where_they_are_left_out() -> None:
    assert read_range("a..b") == Ends("a", "b")
    assert read_range("..b") == Ends("HEAD", "b")
    assert read_range("a..") == Ends("a", "HEAD")
    with pytest.raises(UsageError, match=r"write it as A\.\.B"):
        read_range("a...b")


def test_without_a_policy_nothing_is_judged(project: Project, history: list[str]) -> None:
    git(project.path, "switch", "-q", "--orphan", "bare")
    git(project.path, "commit", "-q", "--allow-empty", "--no-verify", "-m", "nothing")
    done = project.localci("verify", *RANGE, "--trust-ref", "bare")
    assert (done.code, done.output) == (2, "")
    assert "policy" in done.errors


def test_notes_that_cannot_be_read_are_no_verdict(project: Project, ada: Key, homes: Homes) -> None:
    made = commits(project, 2)
    notes = write_notes(project.path, {fanned(made[0], 1): line_for(project, made[0], ada, homes)})
    blob = git(project.path, "rev-parse", f"{notes}:{fanned(made[0], 1)}")
    for pack in (project.path / ".git/objects/pack").glob("*"):
        pack.rename(pack.with_name(f"{pack.name}.away"))
    for pack in (project.path / ".git/objects/pack").glob("*.pack.away"):
        with pack.open("rb") as packed:
            subprocess.run(
                ["git", "unpack-objects", "-q"], cwd=project.path, stdin=packed, check=True
            )
    (project.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    code, found = verdicts(project, *RANGE)
    assert code == 4
    assert [each["verdict"] for each in found] == ["error", "missing"]
    assert found == alone(project, made)


def test_protected_paths_count_in_a_range(project: Project, ada: Key, homes: Homes) -> None:
    guarded = policy_for(ada) + '[paths."part"]\nroles = ["maintainer"]\n'
    git(project.path, "switch", "-q", "main")
    project.commit({".localci/policy.toml": guarded})
    git(project.path, "push", "-q", "--no-verify", "origin", "main")
    git(project.path, "switch", "-q", "-C", "feature")
    made = [project.commit({"elsewhere": "1"}), *commits(project, 1)[:1]]
    attach(project.path, {c: (line_for(project, c, ada, homes),) for c in made})
    code, found = verdicts(project, *RANGE)
    assert code == 1
    assert [each["verdict"] for each in found] == ["refused", "accepted"]
    assert found == alone(project, list(reversed(made)))


def test_history_that_is_not_here_is_no_verdict(project: Project, tmp_path: Path) -> None:
    commits(project, 5)
    git(project.path, "push", "-q", "--no-verify", "origin", "feature")
    git(
        tmp_path,
        "clone",
        "-q",
        "--depth=2",
        "--no-single-branch",
        f"file://{project.remote}",
        "few",
    )
    shallow = type(project)(tmp_path / "few", project.remote)
    done = shallow.localci("verify", "--range", "origin/main..origin/feature")
    assert (done.code, done.output) == (4, "")
    assert done.errors.startswith("localci: git rev-list: ")
    assert "`git fetch --unshallow` brings the rest" in done.errors
