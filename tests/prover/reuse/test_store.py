from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localci.config.configuration import Check
from localci.directories import repository_state
from localci.errors import LocalciError
from localci.formats.result import Reuse
from localci.prover.plan.plan import PlannedCheck
from localci.prover.reuse import files
from localci.prover.reuse.history import remembered
from localci.prover.reuse.key import CheckKey
from localci.prover.reuse.store import (
    Stored,
    find_result,
    keep_run,
    look_for_result,
    origin_of,
    read_origin,
)
from localci.prover.reuse.terms import ANY_TERMS, Terms
from support.documents import COMMIT, DEFINITION, NOW, TREE, check, document

INPUTS = "b" * 64
PLANNED = PlannedCheck(Check("tests", run="pytest"), DEFINITION, INPUTS)
KEY = CheckKey("tests", "a" * 64, {"inputs": INPUTS}, {})
OTHER_COMMIT = "9" * 40
REUSE = Reuse("3" * 40, "4" * 40, "", "e" * 64)


@pytest.fixture
def common_dir(tmp_path: Path) -> str:
    return str(tmp_path / "app" / ".git")


def keep(common_dir: str, *, whole: bool = True, **changes: Any) -> None:
    kept = document({"tests": check(inputs=INPUTS, **changes)})
    keep_run(common_dir, kept, {"tests": KEY}, {"tests": "/log"}, whole=whole)


def find(
    common_dir: str,
    terms: Terms = ANY_TERMS,
    planned: PlannedCheck = PLANNED,
    key: CheckKey = KEY,
    now: float = NOW,
    commit: str = OTHER_COMMIT,
) -> Stored | None:
    return find_result(common_dir, planned, key, terms, commit, now)


def place(common_dir: str, kind: str) -> Path:
    return Path(repository_state(common_dir), "reuse", kind)


def test_what_passed_is_found_as_it_was(common_dir: str) -> None:
    assert find(common_dir) is None
    keep(common_dir)
    found = find(common_dir)
    assert found is not None
    assert found.check._replace(reused_from=None) == check(inputs=INPUTS)
    assert found.log == "/log"
    reuse = found.check.reused_from
    assert reuse is not None
    assert (reuse.commit, reuse.tree, reuse.signer) == (COMMIT, TREE, "")
    origin = read_origin(common_dir, reuse.statement)
    assert origin == document({"tests": check(inputs=INPUTS)})


def test_with_another_key_nothing_is_found(common_dir: str) -> None:
    keep(common_dir)
    assert find(common_dir, key=replace(KEY, digest="c" * 64)) is None
    assert find(common_dir, planned=replace(PLANNED, inputs="c" * 64)) is None
    assert find(common_dir, planned=replace(PLANNED, definition="1:" + "c" * 64)) is None


@pytest.mark.parametrize(
    "changes",
    [{"passed": False}, {"passed": False, "advisory": True}, {"reused_from": REUSE}],
    ids=["failed", "warned", "reused"],
)
def test_nothing_but_what_passed_and_ran_is_kept(common_dir: str, changes: dict[str, Any]) -> None:
    keep(common_dir, **changes)
    assert find(common_dir) is None
    assert not place(common_dir, files.RESULTS).exists()


@pytest.mark.parametrize("changes", [{}, {"advisory": True}], ids=["failed", "warned"])
def test_a_failure_drops_what_passed_before(common_dir: str, changes: dict[str, Any]) -> None:
    keep(common_dir)
    other = replace(KEY, digest="c" * 64)
    made = document({"tests": check(inputs=INPUTS)})
    keep_run(common_dir, made, {"tests": other}, {}, whole=True)
    keep(common_dir, passed=False, **changes)
    assert find(common_dir) is None
    assert find(common_dir, key=other) is not None
    keep(common_dir)
    assert find(common_dir) is not None


def test_one_that_passed_at_another_attempt_says_so_wherever_it_counts(common_dir: str) -> None:
    keep(common_dir, attempts=2)
    found = find(common_dir)
    assert found is not None
    assert found.check.attempts == 2


def test_a_failed_run_leaves_what_passed_in_it(common_dir: str) -> None:
    made = document({"tests": check(inputs=INPUTS), "lint": check(passed=False)})
    keep_run(common_dir, made, {"tests": KEY}, {}, whole=True)
    found = find(common_dir)
    assert found is not None
    assert found.check.reused_from is not None
    origin = read_origin(common_dir, found.check.reused_from.statement)
    assert origin is not None
    assert origin.partial
    assert list(origin.checks) == ["tests"]
    assert not origin.failed


def test_what_is_not_whole_says_so(common_dir: str) -> None:
    keep(common_dir, whole=False)
    found = find(common_dir)
    assert found is not None
    assert found.check.reused_from is not None
    origin = read_origin(common_dir, found.check.reused_from.statement)
    assert origin is not None
    assert origin.partial


def test_a_whole_run_without_reuse_is_its_own_origin() -> None:
    made = document({"tests": check()})
    assert origin_of(made) == made
    assert origin_of(document({"tests": check(reused_from=REUSE)})) is None


@pytest.mark.parametrize(
    ("fresh_for", "is_found"), [(None, True), (0.0, False), (59.0, False), (61.0, True)]
)
def test_fresh_for_is_kept(common_dir: str, fresh_for: float | None, *, is_found: bool) -> None:
    keep(common_dir)
    planned = replace(PLANNED, check=replace(PLANNED.check, fresh_for=fresh_for))
    assert (find(common_dir, planned=planned) is not None) == is_found


DAY = 86_400


@pytest.mark.parametrize(
    ("terms", "commit", "is_found"),
    [
        (Terms(reuse="never"), COMMIT, False),
        (Terms(reuse="team"), OTHER_COMMIT, True),
        (Terms(max_ages={"tests": DAY}), OTHER_COMMIT, False),
        (Terms(max_ages={"tests": DAY + 61}), OTHER_COMMIT, True),
        (Terms(max_ages={"lint": DAY}), OTHER_COMMIT, True),
        (Terms(all_bound=True), OTHER_COMMIT, False),
        (Terms(all_bound=True), COMMIT, True),
        (Terms(bound=frozenset({"tests"})), OTHER_COMMIT, False),
        (Terms(bound=frozenset({"tests"})), COMMIT, True),
        (Terms(bound=frozenset({"lint"})), OTHER_COMMIT, True),
    ],
)
def test_the_policy_has_its_say(
    common_dir: str, terms: Terms, commit: str, *, is_found: bool
) -> None:
    keep(common_dir)
    assert (find(common_dir, terms, commit=commit) is not None) == is_found
    said = look_for_result(common_dir, PLANNED, KEY, terms, commit, NOW)
    assert isinstance(said, str) != is_found


def test_a_result_of_tomorrow_is_not_believed(common_dir: str) -> None:
    keep(common_dir)
    assert find(common_dir, now=NOW - 300) is not None
    assert find(common_dir, now=NOW - DAY) is None


@pytest.mark.parametrize("kind", [files.RESULTS, files.ORIGINS])
def test_what_is_not_whole_is_not_believed(common_dir: str, kind: str) -> None:
    keep(common_dir)
    (file,) = place(common_dir, kind).iterdir()
    data = file.read_bytes()
    for length in range(len(data)):
        file.write_bytes(data[:length])
        assert find(common_dir) is None
    file.write_bytes(data)
    assert find(common_dir) is not None


def test_a_byte_that_changed_in_an_origin_is_seen(common_dir: str) -> None:
    keep(common_dir)
    (file,) = place(common_dir, files.ORIGINS).iterdir()
    data = file.read_bytes()
    for position in range(len(data)):
        file.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert find(common_dir) is None


def test_an_origin_is_never_looked_for_outside(common_dir: str) -> None:
    assert read_origin(common_dir, "../../../etc/passwd") is None


def test_the_oldest_give_way(common_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 10)
    for number in range(15):
        files.keep_file(common_dir, files.RESULTS, f"{number:064x}", b"x")
        os.utime(place(common_dir, files.RESULTS) / f"{number:064x}", ns=(number, number))
        files.mark_used(common_dir, files.RESULTS, "0" * 64)
    left = {path.name for path in place(common_dir, files.RESULTS).iterdir()}
    assert len(left) <= 10
    assert {f"{0:064x}", f"{14:064x}"} <= left


def test_two_at_once_lose_nothing(common_dir: str) -> None:
    made = document({"tests": check(inputs=INPUTS)})

    def work(number: int) -> None:
        keys = {"tests": replace(KEY, digest=f"{number:064x}")}
        keep_run(common_dir, made, keys, {}, whole=True)

    pids = []
    for number in range(4):
        pid = os.fork()
        if not pid:
            try:
                for turn in range(10):
                    work(number * 10 + turn)
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    for number in range(40):
        assert find(common_dir, key=replace(KEY, digest=f"{number:064x}")) is not None
    assert not [path for path in place(common_dir, files.RESULTS).iterdir() if "." in path.name]


def test_where_nothing_can_be_written_it_is_said(common_dir: str) -> None:
    place(common_dir, files.ORIGINS).parent.mkdir(parents=True)
    place(common_dir, files.ORIGINS).write_text("in the way")
    with pytest.raises(LocalciError, match="cannot write"):
        keep(common_dir)
    assert find(common_dir) is None


def test_the_history_has_every_verdict(common_dir: str) -> None:
    for passed in (True, False):
        keep(common_dir, passed=passed)
    keep(common_dir, reused_from=REUSE)
    assert [row.outcome for row in remembered(common_dir, "tests")] == [
        "reused",
        "failed",
        "passed",
    ]
    assert remembered(common_dir, "tests")[0].origin == REUSE.commit
    keep(common_dir, reused_from=REUSE)
    assert len(remembered(common_dir, "tests")) == 3
    assert remembered(common_dir, "lint") == ()
    for _ in range(20):
        keep(common_dir)
    assert len(remembered(common_dir, "tests")) == 8
    place(common_dir, files.HISTORY).joinpath("tests").write_text('{"runs": [3, {}]}')
    assert remembered(common_dir, "tests") == ()
