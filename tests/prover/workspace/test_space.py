from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from localci.directories import repository_cache
from localci.prover.workspace import space
from localci.prover.workspace.space import (
    MOST_BYTES,
    MOST_SECONDS,
    Kept,
    evict,
    kept_workspaces,
    measure,
    remove_workspace,
    size_text,
    superfluous,
)
from support.repositories import make_repository, write_files
from support.workspaces import held

NOW = 1_800_000_000.0


def kept(name: str, *, size: int = 0, days: float = 0) -> Kept:
    return Kept(Path(name), size, NOW - days * 86_400, "")


def names(found: tuple[Kept, ...]) -> list[str]:
    return [str(one.place) for one in found]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"a.txt": "one\n"})


def test_what_nobody_used_for_long_goes() -> None:
    days = MOST_SECONDS / 86_400
    found = superfluous(
        [kept("new"), kept("aging", days=days - 1), kept("old", days=days + 1)], NOW
    )
    assert names(found) == ["old"]


def test_what_is_too_much_goes_and_the_last_used_stays() -> None:
    huge = [kept("a", size=MOST_BYTES * 2), kept("b", size=1), kept("c", size=1)]
    assert names(superfluous(huge, NOW)) == ["b", "c"]
    mixed = [kept("a", size=MOST_BYTES // 2), kept("b", size=MOST_BYTES), kept("c", size=1)]
    assert names(superfluous(mixed, NOW)) == ["b"]


def test_workspaces_are_known_by_size_and_use(repository: Path) -> None:
    with held(repository) as one, held(repository) as two:
        write_files(two.path, {"large": "x" * 1_000_000})
    os.utime(one.place / "used.json", (1, 1))
    found = kept_workspaces()
    assert [kept.place for kept in found] == [two.place, one.place]
    assert found[0].size > 1_000_000 > found[1].size > 0
    assert found[0].source == str(repository / ".git")
    assert found[1].used == 1


def test_after_a_run_the_old_ones_of_any_repository_go(repository: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other", {"b": ""})
    with held(other) as old:
        (old.path / "closed").mkdir(mode=0o555)
    long_ago = time.time() - MOST_SECONDS - 1
    os.utime(old.place / "used.json", (long_ago, long_ago))
    with held(repository) as new:
        pass
    evict(str(repository / ".git"))
    assert not old.place.exists()
    assert list(old.place.parent.iterdir()) == []
    assert new.place.exists()


def test_those_of_a_repository_that_is_gone_go(repository: Path) -> None:
    with held(repository) as place:
        pass
    shutil.rmtree(repository)
    evict("/elsewhere/.git")
    assert not place.place.exists()


def test_one_that_is_held_stays(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "MOST_SECONDS", -1)
    with held(repository) as place:
        evict(place.source.common_dir)
        assert not remove_workspace(place.place)
        assert place.changed_files() == ()
    evict(place.source.common_dir)
    assert not place.place.exists()


def test_a_removal_that_was_cut_short_is_finished(repository: Path) -> None:
    with held(repository) as place:
        pass
    place.place.rename(place.place.with_name(".removed-1-1"))
    evict(place.source.common_dir)
    assert list(place.place.parent.iterdir()) == []


def test_what_older_versions_kept_goes(repository: Path) -> None:
    old = Path(repository_cache(str(repository / ".git")))
    write_files(old, {"clone/a.txt": "", "setup.json": "{}", "lock": "", "lock.owner": ""})
    with held(repository) as place:
        evict(place.source.common_dir)
    assert [path.name for path in old.iterdir()] == ["clones"]


def test_a_repository_without_a_workspace_has_nothing_to_remove() -> None:
    evict("/nowhere/.git")
    assert kept_workspaces() == ()


def test_sizes_are_those_on_the_disk(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": "x" * 100_000, "b/c": "x" * 100_000})
    (tmp_path / "b/link").symlink_to("/")
    du = subprocess.run(["du", "-s", "-B1", "."], cwd=tmp_path, capture_output=True, check=True)
    own = tmp_path.lstat().st_blocks * 512
    assert measure(tmp_path) + own == int(du.stdout.split()[0])
    assert measure(tmp_path, most=1) < measure(tmp_path)
    assert measure(tmp_path / "missing") == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 KB"), (2048, "2 KB"), (1536 * 1024, "1.5 MB"), (20 * 1024**3, "20.0 GB")],
)
def test_sizes_are_said_as_people_say_them(size: int, text: str) -> None:
    assert size_text(size) == text
