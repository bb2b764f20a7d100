"""`make soak`: all eight images of the polyglot example, for amd64 and arm64.

`make test` builds two of them. Made from nothing, their roots are some 300 MB of Debian packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from support.emulation import need_emulation, need_mounts, need_network
from support.examples import copy_example
from support.isolation import isolated
from support.parts import need
from support.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes

IMAGES = ("api", "backup", "cache", "labels", "migrate", "probe", "proxy", "worker")


def platforms(archive: Path) -> set[str]:
    """Return the platforms that an OCI archive has an image for."""
    with tarfile.open(archive) as tar:
        index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
        (image,) = index["manifests"]
        blob = f"blobs/sha256/{image['digest'].removeprefix('sha256:')}"
        manifests = json.load(tar.extractfile(blob))["manifests"]  # type: ignore[arg-type]
    return {f"{one['platform']['os']}/{one['platform']['architecture']}" for one in manifests}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image(tmp_path: Path, homes: Homes, image: str) -> None:
    for part in ("buildah", "mmdebstrap"):
        need(part)
    for needed in (need_mounts, need_emulation, need_network):
        needed()
    example = copy_example("polyglot", tmp_path, isolated(os.environ, homes))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    variables = {"IMAGE_ROOTS": str(TOOLS / "image-roots"), "TMPDIR": str(temporary)}

    done = subprocess.run(
        ["images/build", image],
        cwd=example.path,
        env={**example.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert platforms(example.path / "dist" / f"{image}.tar") == {"linux/amd64", "linux/arm64"}
    assert list(temporary.iterdir()) == []


def test_these_are_all() -> None:
    example = TOOLS.parent / "docs" / "examples" / "polyglot" / "images"

    assert sorted(path.parent.name for path in example.glob("*/Containerfile")) == list(IMAGES)
