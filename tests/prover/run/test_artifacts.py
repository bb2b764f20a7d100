from __future__ import annotations

import hashlib
import inspect
import os
import sys
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import MAX_ARTIFACTS, Artifact
from localci.prover.reports.errors import ReportError
from localci.prover.run import artifacts
from localci.prover.run.artifacts import MOST_READ, Made, keep_artifacts
from localci.prover.run.run_outcome import Ran
from support.preset_runs import run_check
from support.repositories import make_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO


def artifact(name: str, content: bytes) -> Artifact:
    return Artifact(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    place = tmp_path / "work tree"
    (place / "dist" / "sub").mkdir(parents=True)
    (place / "dist" / "b.whl").write_bytes(b"b")
    (place / "dist" / "a.tar").write_bytes(b"aa")
    (place / "dist" / "sub" / "c").write_bytes(b"")
    (place / "other").write_bytes(b"x")
    return place


def test_what_matches_is_told_and_kept(made: Path, tmp_path: Path) -> None:
    found = keep_artifacts(made, ["dist/*.whl", "dist/**"], tmp_path / "kept")

    assert found == Made(
        (
            artifact("dist/a.tar", b"aa"),
            artifact("dist/b.whl", b"b"),
            artifact("dist/sub/c", b""),
        )
    )
    assert (tmp_path / "kept" / "dist" / "a.tar").read_bytes() == b"aa"
    assert not (tmp_path / "kept" / "other").exists()


def test_each_pattern_has_to_match(made: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no file matches the artifacts dist/\*\.deb"):
        keep_artifacts(made, ["dist/*.whl", "dist/*.deb"], tmp_path / "kept")


def test_no_link_is_followed_and_no_directory_behind_one(made: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("key")
    (made / "out").symlink_to(secret)
    with pytest.raises(ReportError, match="no file matches the artifacts out/key"):
        keep_artifacts(made, ["out/key"], tmp_path / "kept")

    (made / "dist" / "link").symlink_to(secret / "key")
    with pytest.raises(ReportError, match="the artifact dist/link cannot be opened"):
        keep_artifacts(made, ["dist/link"], tmp_path / "kept")


def test_a_link_that_leads_nowhere_hides_no_other_file(made: Path, tmp_path: Path) -> None:
    (made / "dist" / "link").symlink_to("x" * 300)
    with pytest.raises(ReportError, match="the artifact dist/link cannot be opened"):
        keep_artifacts(made, ["dist/*"], tmp_path / "kept")


def test_what_is_no_file_is_refused_at_once(made: Path, tmp_path: Path) -> None:
    os.mkfifo(made / "dist" / "pipe")
    with pytest.raises(ReportError, match="the artifact dist/pipe is not a regular file"):
        keep_artifacts(made, ["dist/pipe"], tmp_path / "kept")


def test_gits_own_directory_holds_none(made: Path, tmp_path: Path) -> None:
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("x")
    with pytest.raises(ReportError, match="no file matches"):
        keep_artifacts(made, [".git/config"], tmp_path / "kept")


def test_there_are_not_too_many(made: Path, tmp_path: Path) -> None:
    for number in range(MAX_ARTIFACTS + 1):
        (made / "dist" / f"{number}.o").write_bytes(b"")
    with pytest.raises(ReportError, match=f"more than {MAX_ARTIFACTS} files"):
        keep_artifacts(made, ["dist/*.o"], tmp_path / "kept")


def test_a_name_that_would_move_a_terminal_is_refused(made: Path, tmp_path: Path) -> None:
    (made / "dist" / "\x1b[2J").write_bytes(b"")
    with pytest.raises(ReportError, match="a name that cannot be told"):
        keep_artifacts(made, ["dist/*"], tmp_path / "kept")


def test_what_is_too_large_is_hashed_only(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "MOST_KEPT", 2)
    found = keep_artifacts(made, ["dist/**"], tmp_path / "kept")

    assert found.unkept == 1
    assert artifact("dist/b.whl", b"b") in found.artifacts
    assert (tmp_path / "kept" / "dist" / "a.tar").is_file()
    assert not (tmp_path / "kept" / "dist" / "b.whl").exists()


def test_a_sparse_file_of_any_size_is_refused_at_once(made: Path, tmp_path: Path) -> None:
    with (made / "dist" / "huge").open("wb") as file:
        file.truncate(MOST_READ + 1)
    with pytest.raises(ReportError, match="the artifacts are larger than 32 GiB"):
        keep_artifacts(made, ["dist/huge"], tmp_path / "kept")


@pytest.mark.parametrize("change", [lambda file: file.write(b"more"), lambda file: file.truncate()])
def test_what_changes_meanwhile_is_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[IO[bytes]], None]
) -> None:
    def writes_yet() -> object:
        with (made / "dist" / "a.tar").open("r+b") as file:
            change(file)
        return hashlib.new("sha256")

    monkeypatch.setattr(artifacts, "sha256", writes_yet)
    with pytest.raises(ReportError, match=r"the artifact dist/a\.tar changed while it was kept"):
        keep_artifacts(made, ["dist/a.tar"], tmp_path / "kept")


def test_a_directory_that_becomes_a_link_is_not_followed(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.tar").write_text("key")

    def found(*_: object) -> tuple[str, ...]:
        (made / "dist").rename(tmp_path / "away")
        (made / "dist").symlink_to(secret)
        return ("dist/a.tar",)

    monkeypatch.setattr(artifacts, "_found", found)
    with pytest.raises(ReportError, match=r"the artifact dist/a\.tar cannot be opened"):
        keep_artifacts(made, ["dist/*"], tmp_path / "kept")


def test_a_deep_tree_is_walked(made: Path, tmp_path: Path) -> None:
    deep = made / "d"
    for _ in range(200):
        deep /= "d"
    deep.mkdir(parents=True)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150 + len(inspect.stack(0)))
    try:
        found = keep_artifacts(made, ["**/a.tar"], tmp_path / "kept")
    finally:
        sys.setrecursionlimit(limit)
    assert len(found.artifacts) == 1


def test_what_cannot_be_kept_is_no_evidence(made: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ReportError, match=r"the artifacts cannot be kept \(Not a directory\)"):
        keep_artifacts(made, ["dist/*"], tmp_path / "file" / "kept")


class TestOfARun:
    """A check's artifacts in its result."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        failing = "<testsuite><testcase name='a'><failure/></testcase></testsuite>"
        return make_repository(tmp_path / "repository", {"a": "1", "tests.xml": failing})

    def test_they_enter_the_result_and_are_kept(self, repository: Path) -> None:
        run = run_check(
            repository, 'run = "mkdir dist && echo hello > dist/a"\nartifacts = ["dist/*"]'
        )
        assert run.answer == "passed"
        assert run.result.artifacts == (artifact("dist/a", b"hello\n"),)
        assert run.result.measures == {"artifacts.bytes": 6}
        assert (run.artifacts / "dist" / "a").read_text() == "hello\n"

    def test_of_a_matrix_those_of_all_cells(self, repository: Path) -> None:
        run = run_check(
            repository,
            'run = "mkdir -p out/{matrix.arch} && echo {matrix.arch} > out/{matrix.arch}/a"\n'
            'matrix.arch = ["amd64", "arm64"]\nartifacts = ["out/{matrix.arch}/a"]',
        )
        assert run.result.artifacts == (
            artifact("out/amd64/a", b"amd64\n"),
            artifact("out/arm64/a", b"arm64\n"),
        )
        assert (run.artifacts / "arch=arm64" / "out" / "arm64" / "a").read_text() == "arm64\n"

    def test_an_attempt_before_leaves_none(self, repository: Path) -> None:
        run = run_check(
            repository,
            """run = "mkdir -p dist; if [ -e tried ]; then rm dist/*; echo > dist/b;\
 else echo > dist/a; fi; touch tried; cat tests.xml > {reports}/r.xml; rm tests.xml;\
 echo '<testsuite><testcase name=\\"a\\"/></testsuite>' > tests.xml"
report = "junit:r.xml"
own_workspace = true
retries = 1
artifacts = ["dist/*"]""",
        )
        assert run.answer == "passed", run.reason
        assert [one.name for one in run.result.artifacts] == ["dist/b"]
        assert [path.name for path in (run.artifacts / "dist").iterdir()] == ["b"]

    def test_without_them_a_pass_is_none(self, repository: Path) -> None:
        run = run_check(repository, 'run = "true"\nartifacts = ["dist/*"]')
        assert (run.answer, run.reason) == ("no verdict", "no file matches the artifacts dist/*")

    def test_a_failure_stays_one_without_them(self, repository: Path) -> None:
        run = run_check(repository, 'run = "exit 3"\nartifacts = ["dist/*"]')
        assert isinstance(run.outcome, Ran)
        assert run.reason == "exit code 3"


class TestOutputAsReport:
    """`report = "FORMAT:-"`."""

    def test_the_output_is_read(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path / "repository", {"a": "1"})
        xml = "<testsuite><testcase/><testcase><skipped/></testcase></testsuite>"
        run = run_check(repository, f'run = "echo \'{xml}\'"\nreport = "junit:-"')
        assert run.answer == "passed"
        assert run.result.measures["tests.total"] == 2
