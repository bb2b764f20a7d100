from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report
from localci.prover.reports.report_file import MAX_BYTES, open_report

if TYPE_CHECKING:
    from conftest import Writer

GOOD = "<testsuite/>"


def refusal(path: Path, root: Path | None = None) -> ReportError:
    with pytest.raises(ReportError) as caught:
        read_report("junit", path, root=root)
    error = caught.value
    assert str(path) in str(error)
    assert "\n" not in str(error)
    assert error.exit_code == NO_VERDICT
    return error


def test_a_report_that_was_not_written(tmp_path: Path) -> None:
    error = refusal(tmp_path / "junit.xml")
    assert "was not written" in error.what
    assert error.then


def test_a_folder_that_was_not_made(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "sub" / "junit.xml"
    assert "was not written" in refusal(path, tmp_path / "gone").what


def test_an_empty_report(written: Writer) -> None:
    assert "empty" in str(refusal(written("")))


def test_a_report_beyond_the_size_limit(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    assert "larger than 256 MiB" in str(refusal(path))


def test_a_report_that_grows_while_it_is_read(
    written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(GOOD)
    with open_report(path) as report:
        # Stands in for 256 MiB, which would be written here for nothing.
        monkeypatch.setattr("localci.prover.reports.report_file.MAX_BYTES", 20)
        with path.open("a") as stream:
            stream.write("<!-- more -->")
        with pytest.raises(ReportError, match="larger than"):
            list(report.chunks())


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    assert "not a regular file" in str(refusal(tmp_path))


def test_a_fifo_in_its_place_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "junit.xml")
    assert "not a regular file" in str(refusal(tmp_path / "junit.xml"))


def test_a_socket_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may be 107 bytes long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("junit.xml")
        refusal(tmp_path / "junit.xml")


@pytest.mark.parametrize("target", ["/dev/zero", "elsewhere", "nowhere"])
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, written: Writer, target: str) -> None:
    written(GOOD, "elsewhere")
    (tmp_path / "junit.xml").symlink_to(target)
    assert "cannot be opened" in str(refusal(tmp_path / "junit.xml"))


def test_a_linked_folder_below_the_root_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "reports", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "junit.xml").write_text(GOOD)
    (root / "sub").symlink_to(outside)
    assert "cannot be opened" in str(refusal(root / "sub" / "junit.xml", root))


def test_a_report_in_a_real_folder_below_the_root_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "junit.xml"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD)
    read_report("junit", path, root=tmp_path)


@pytest.mark.parametrize("name", ["../junit.xml", "sub/../../junit.xml", ".", "a\0b"])
def test_a_path_that_leads_elsewhere(tmp_path: Path, written: Writer, name: str) -> None:
    written(GOOD, "junit.xml")
    (tmp_path / "root" / "sub").mkdir(parents=True)
    root = tmp_path / "root"
    with pytest.raises(ReportError, match="cannot be opened"):
        read_report("junit", root / name, root=root)


def test_a_path_outside_of_the_root(tmp_path: Path, written: Writer) -> None:
    path = written(GOOD, "junit.xml")
    assert "cannot be opened" in str(refusal(path, tmp_path / "root"))


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(tmp_path: Path, written: Writer) -> None:
    (tmp_path / "link").symlink_to(written(GOOD))
    before = open_descriptors()
    read_report("junit", written(GOOD))
    for name in ("link", "nowhere", "."):
        refusal(tmp_path / name)
    assert open_descriptors() == before
