"""The preset `buildah`, by the real one: two images, for amd64 and for arm64 under QEMU."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from localci.formats.result import TestFigures
from support.emulation import need_emulation, need_mounts
from support.parts import need
from support.preset_cases import (
    assert_no_verdict,
    path_with,
    path_with_killed,
    path_without,
)
from support.preset_runs import run_check
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

BUILDAH = 'uses = "buildah"'
HERE = f'{BUILDAH}\nenv = {{ PLATFORMS = "linux/amd64" }}'
MATRIX = """\
uses = "buildah"
matrix.image = ["one", "two"]
env = { IMAGE = "{matrix.image}", CONTEXT = "images", CONTAINERFILE = "images/{matrix.image}" }
"""
COPIED = "FROM scratch\nARG TARGETARCH\nCOPY text /text-${TARGETARCH}\n"


def indexes(archive: Path) -> dict[str, Any]:
    """Return what an OCI archive says of its platforms."""
    with tarfile.open(archive) as tar:

        def load(name: str) -> dict[str, Any]:
            member = tar.extractfile(name)
            assert member is not None
            loaded: dict[str, Any] = json.load(member)
            return loaded

        (image,) = load("index.json")["manifests"]
        inner = load(f"blobs/sha256/{image['digest'].removeprefix('sha256:')}")
    return {"image": image["digest"], **inner}


def test_two_images_for_two_platforms_are_kept_with_their_digests(tmp_path: Path) -> None:
    need("buildah")
    need_mounts()
    files = {"images/one": COPIED, "images/two": COPIED, "images/text": "hello\n"}

    run = run_check(make_repository(tmp_path / "r", files), MATRIX)

    assert run.answer == "passed", (run.reason, run.log)
    assert run.result.figures == TestFigures(4, 0, 0)
    assert run.result.measures["images.built"] == 4
    assert {one.name for one in run.result.artifacts} == {"dist/one.oci.tar", "dist/two.oci.tar"}
    rows = {row.name for row in run.result.rows}
    for name in ("one", "two"):
        said = indexes(run.artifacts / f"image={name}" / f"dist/{name}.oci.tar")
        assert f"image={name} image {said['image']}" in rows
        for manifest in said["manifests"]:
            platform = manifest["platform"]["architecture"]
            assert f"image={name} linux/{platform} {manifest['digest']}" in rows
    assert len(rows) == 6


@functools.cache
def arm64_program() -> bytes:
    """A program for arm64 that ends at once: svc #0 with x8 = 93 (exit) and x0 = 0.

    An ELF header and one program header (System V ABI, chapters 4 and 5), then three instructions.
    """
    header = bytes.fromhex(
        "7f454c46020101000000000000000000" "0200b70001000000" "7800400000000000"
        "4000000000000000" "0000000000000000" "00000000" "4000" "3800" "0100" "0000" "0000" "0000"
    )  # fmt: skip
    segment = bytes.fromhex(
        "01000000" "05000000" "0000000000000000" "0000400000000000" "0000400000000000"
        "8400000000000000" "8400000000000000" "0000010000000000"
    )  # fmt: skip
    return header + segment + bytes.fromhex("a80b8052" "000080d2" "010000d4")  # fmt: skip


def test_a_step_runs_under_emulation(tmp_path: Path) -> None:
    need("buildah")
    need_mounts()
    need_emulation()
    repository = make_repository(tmp_path / "r")
    (repository / "end").write_bytes(arm64_program())
    (repository / "end").chmod(0o755)
    (repository / "Containerfile").write_text('FROM scratch\nCOPY end /end\nRUN ["/end"]\n')
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    subprocess.run(["git", "commit", "-qm", "x"], cwd=repository, check=True)

    run = run_check(repository, f'{BUILDAH}\nenv = {{ PLATFORMS = "linux/arm64" }}')

    assert run.answer == "passed", (run.reason, run.log)


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        # One error for each platform, which buildah tells in other words than a single one.
        (BUILDAH, "COPY no-such-file /"),
        (HERE, "COPY no-such-file /"),
        (HERE, "NOSUCH instruction"),
        (HERE, 'COPY script /script\nRUN ["/script"]'),
    ],
)
def test_a_step_that_fails_is_a_failure(tmp_path: Path, table: str, steps: str) -> None:
    need("buildah")
    need_mounts()
    # What is not executable cannot be started, on whatever processor.
    files = {"Containerfile": f"FROM scratch\n{steps}\n", "script": "text\n"}

    run = run_check(make_repository(tmp_path / "r", files), table)

    assert (run.answer, run.result.exit_code) == ("failed", 1), (run.reason, run.log)
    assert run.result.figures == TestFigures(1, 1, 0)
    assert "building at STEP" in run.log


def test_a_base_that_cannot_be_fetched_is_no_verdict(tmp_path: Path) -> None:
    need("buildah")
    need_mounts()
    # `.invalid` is never found (RFC 2606, 2).
    files = {"Containerfile": "FROM registry.invalid/base:1\n"}

    assert_no_verdict(run_check(make_repository(tmp_path / "r", files), HERE), "registry.invalid")


def test_a_processor_that_is_not_known_here_is_no_verdict(tmp_path: Path) -> None:
    need("buildah")
    need_mounts()
    repository = make_repository(tmp_path / "r")
    program = bytearray(arm64_program())
    program[18:20] = b"\xff\x7f"  # e_machine: no processor has this number
    (repository / "end").write_bytes(program)
    (repository / "end").chmod(0o755)
    (repository / "Containerfile").write_text('FROM scratch\nCOPY end /end\nRUN ["/end"]\n')
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    subprocess.run(["git", "commit", "-qm", "x"], cwd=repository, check=True)

    assert_no_verdict(run_check(repository, HERE), "cannot run programs of that platform")


def test_a_missing_one_is_no_verdict_and_told_how_to_be_had(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"Containerfile": "FROM scratch\n"})

    run = run_check(repository, BUILDAH, path=path_without(tmp_path / "p", "buildah"))

    assert_no_verdict(run, "sudo apt-get install buildah")


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",  # it wrote no archive
        "exit 125",
        'for w; do case $w in oci-archive:*) echo half > "${w#oci-archive:}";; esac; done',
    ],
)
def test_a_crash_or_half_an_image_is_no_verdict(tmp_path: Path, script: str) -> None:
    repository = make_repository(tmp_path / "r", {"Containerfile": "FROM scratch\n"})

    path = path_with(tmp_path / "p", "buildah", script)

    assert_no_verdict(run_check(repository, BUILDAH, path=path))
    assert shutil.which("tar")


def test_killed_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"Containerfile": "FROM scratch\n"})

    run = run_check(repository, BUILDAH, path=path_with_killed(tmp_path / "p", "buildah"))

    assert_no_verdict(run)
