from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.small_disk import SmallDisk


def test_a_full_disk_takes_nothing_more(disk: SmallDisk) -> None:
    disk.fill()
    with pytest.raises(OSError) as refused, (disk.path / "b").open("wb", buffering=0) as file:
        file.write(b"x" * 4096)
    assert refused.value.errno == errno.ENOSPC


def test_a_read_only_disk_refuses_root_too(disk: SmallDisk) -> None:
    disk.make_read_only()
    with pytest.raises(OSError) as refused:
        (disk.path / "b").touch()
    assert refused.value.errno == errno.EROFS
