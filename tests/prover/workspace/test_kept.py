from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from localci.prover.workspace.kept import record_kept, restore_kept
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

KEEP = [".venv", "web/node_modules"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "clone"
    write_files(
        made,
        {".venv/lib/a.py": "a", "web/node_modules/b": "b", "web/source.ts": "", "src/x.py": ""},
    )
    (made / ".venv/link").symlink_to("lib")
    return made


@pytest.fixture
def record(tmp_path: Path, root: Path) -> Path:
    made = tmp_path / "setup.json"
    record_kept(root, KEEP, "key", made)
    return made


def listing(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_what_was_not_touched_is_kept(root: Path, record: Path) -> None:
    before = listing(root)
    assert restore_kept(root, KEEP, "key", record)
    assert listing(root) == before


def test_what_was_added_is_removed(root: Path, record: Path) -> None:
    before = listing(root)
    write_files(
        root,
        {".venv/lib/sitecustomize.py": "", ".venv/lib/__pycache__/a.pyc": "",
         "web/node_modules/.cache/x": ""},
    )  # fmt: skip
    (root / ".venv/other").symlink_to("/etc")
    assert restore_kept(root, KEEP, "key", record)
    assert listing(root) == before


def overwrite(root: Path) -> None:
    file = root / ".venv/lib/a.py"
    before = file.stat()
    file.write_text("b")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_link(root: Path) -> None:
    (root / ".venv/lib").rename(root / ".venv/library")
    (root / ".venv/lib").symlink_to("library")


def remove_one(root: Path) -> None:
    (root / "web/node_modules/b").unlink()


def link_elsewhere(root: Path) -> None:
    (root / ".venv/link").unlink()
    (root / ".venv/link").symlink_to("/etc")


@pytest.mark.parametrize("change", [overwrite, replace_by_link, remove_one, link_elsewhere])
def test_what_was_changed_is_removed_so_that_setup_is_done_again(
    root: Path, record: Path, change: object
) -> None:
    assert callable(change)
    change(root)
    assert not restore_kept(root, KEEP, "key", record)
    assert listing(root) == ["src", "src/x.py", "web", "web/source.ts"]
    assert not record.exists()


def test_another_setup_is_done_from_nothing(root: Path, record: Path) -> None:
    assert not restore_kept(root, KEEP, "other key", record)
    assert not (root / ".venv").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": "key"}', '{"key": "key", "kept": 1}'])
def test_a_record_that_is_broken_keeps_nothing(root: Path, record: Path, content: str) -> None:
    record.write_text(content)
    assert not restore_kept(root, KEEP, "key", record)
    assert not (root / ".venv").exists()


def test_paths_that_lead_out_are_not_touched(root: Path, tmp_path: Path) -> None:
    write_files(tmp_path, {"mine/x": "", "clone/out/y": ""})
    (root / "linked").symlink_to(tmp_path / "mine")
    keep = ["../mine", str(tmp_path / "mine"), "linked/x", ".", ""]
    assert not restore_kept(root, keep, "key", tmp_path / "none.json")
    assert (tmp_path / "mine/x").exists()
    assert (root / "src/x.py").exists()
