"""The preset `docker-buildx`. There is no engine where these tests run.

What docker says without one is real (client 28.2). A build is recorded: a stand-in for docker
writes an OCI layout like BuildKit's (its docs/attestations/attestation-storage.md has the index of
an image beside its attestation; image-layout.md of the OCI image specification 1.1 has the rest),
and says what BuildKit says (messages of moby/moby#42867, projectdiscovery/subfinder#1582).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING, Final

import pytest

from localci.config.presets.docker_buildx import TABLE
from localci.formats.result import TestFigures
from support.preset_cases import (
    assert_no_verdict,
    path_with,
    path_with_killed,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import tools_path

if TYPE_CHECKING:
    from pathlib import Path

BUILDX: Final = 'uses = "docker-buildx"'
MATRIX: Final = """\
uses = "docker-buildx"
matrix.image = ["api", "worker"]
env = { IMAGE = "{matrix.image}", CONTEXT = "{matrix.image}" }
artifacts = ["dist/{matrix.image}.oci.tar"]
"""
AMD64: Final = "sha256:23678f31b3b3586c4fb318aecfe64a96a1f0916ba8faf9b2be2abee63fa9e827"
ARM64: Final = "sha256:4171369e903d720f338931b713773f82f0bab9824d928b24dede492cf48a0d01"
ATTESTATION: Final = "sha256:02cb9aa7600e73fcf41ee9f0f19cc03122b2d8be43d41ce4b21335118f5dd943"
# As the preset asks for them: the version, the engine, the build.
STAND_IN: Final = """\
case $1,$2 in
buildx,version) echo 'github.com/docker/buildx v0.14.0' ;;
info,*) ;;
buildx,build)
  for word; do case $word in type=oci,dest=*) to=${{word#type=oci,dest=}} ;; esac; done
  {build} ;;
*) exit 99 ;;
esac
"""


def index(*manifests: dict[str, object]) -> bytes:
    kind = "application/vnd.oci.image.index.v1+json"
    body = {"mediaType": kind, "schemaVersion": 2, "manifests": manifests}
    return json.dumps(body, indent=2).encode()


def manifest(digest: str, architecture: str, **more: object) -> dict[str, object]:
    kind = "application/vnd.oci.image.manifest.v1+json"
    platform = {"architecture": architecture, "os": "linux"}
    return {"mediaType": kind, "digest": digest, "size": 1234, "platform": platform, **more}


RECORDED: Final = index(
    manifest(AMD64, "amd64"),
    manifest(ARM64, "arm64"),
    manifest(
        ATTESTATION,
        "unknown",
        platform={"architecture": "unknown", "os": "unknown"},
        annotations={
            "vnd.docker.reference.digest": AMD64,
            "vnd.docker.reference.type": "attestation-manifest",
        },
    ),
)


def layout(directory: Path, image: bytes) -> Path:
    """Write an OCI archive whose one image has this index."""
    digest = hashlib.sha256(image).hexdigest()
    outer = json.dumps({"schemaVersion": 2, "manifests": [{"digest": f"sha256:{digest}"}]})
    archive = directory / "recorded.tar"
    with tarfile.open(archive, "w") as tar:
        for name, content in (("index.json", outer.encode()), (f"blobs/sha256/{digest}", image)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive


def path_to(directory: Path, build: str) -> str:
    return path_with(directory, "docker", STAND_IN.format(build=build))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", {"Dockerfile": "FROM scratch\n"})


def test_two_images_for_two_platforms_are_kept_with_their_digests(
    tmp_path: Path, repository: Path
) -> None:
    archive = layout(tmp_path, RECORDED)

    run = run_check(repository, MATRIX, path=path_to(tmp_path / "p", f'cp "{archive}" "$to"'))

    assert run.answer == "passed", (run.reason, run.log)
    assert run.result.figures == TestFigures(4, 0, 0)
    digest = hashlib.sha256(RECORDED).hexdigest()
    assert [row.name for row in run.result.rows] == [
        f"image={name} {row}"
        for name in ("api", "worker")
        for row in (f"image sha256:{digest}", f"linux/amd64 {AMD64}", f"linux/arm64 {ARM64}")
    ]
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert {(one.name, one.sha256) for one in run.result.artifacts} == {
        ("dist/api.oci.tar", sha256),
        ("dist/worker.oci.tar", sha256),
    }


def test_one_platform_needs_no_index(tmp_path: Path, repository: Path) -> None:
    image = {"schemaVersion": 2, "config": {"digest": AMD64}, "layers": []}
    archive = layout(tmp_path, json.dumps(image).encode())

    run = run_check(repository, BUILDX, path=path_to(tmp_path / "p", f'cp "{archive}" "$to"'))

    assert run.answer == "passed", (run.reason, run.log)
    assert run.result.figures == TestFigures(1, 0, 0)


@pytest.mark.parametrize("build", ['cp "{archive}" "$to"', "exit 1"])
def test_nothing_stays_in_the_temporary_directory(
    tmp_path: Path, repository: Path, build: str
) -> None:
    path = path_to(tmp_path / "p", build.format(archive=layout(tmp_path, RECORDED)))
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    subprocess.run(
        ["sh", "-c", str(TABLE["run"]).replace("{reports}", str(tmp_path))],
        cwd=repository,
        env={"PATH": path, "TMPDIR": str(temporary)},
        check=False,
    )

    assert (repository / "dist" / "image.oci.tar").exists() == ("archive" in build)
    assert list(temporary.iterdir()) == []


def test_without_an_engine_there_is_no_verdict(repository: Path) -> None:
    if shutil.which("docker", path=tools_path()) is None:
        pytest.skip("docker is not installed; the next test has its client's words")
    if os.path.exists("/var/run/docker.sock"):  # noqa: PTH110 - anything by that name
        pytest.skip("there is an engine here")
    said = run_tool(repository, "docker", "info").stderr.strip().splitlines()[-1]

    run = run_check(repository, BUILDX)

    has_plugin = run_tool(repository, "docker", "buildx", "version").returncode == 0
    assert_no_verdict(run, said if has_plugin else "docker has no buildx")


def test_without_an_engine_the_reason_is_docker_s(tmp_path: Path, repository: Path) -> None:
    # As the client said it, which has no buildx here.
    said = (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
        "Is the docker daemon running?"
    )
    path = path_with(
        tmp_path / "p", "docker", f"[ $1 = info ] || exit 0; echo '{said}' >&2; exit 1"
    )

    assert_no_verdict(run_check(repository, BUILDX, path=path), "Cannot connect to the Docker")


def test_without_docker_it_is_told_how_to_be_had(tmp_path: Path, repository: Path) -> None:
    run = run_check(repository, BUILDX, path=path_without(tmp_path / "p", "docker"))

    assert_no_verdict(run, "docker", "https://docs.docker.com/engine/install/")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            'process "/bin/sh -c go mod download" did not complete successfully: exit code: 1',
            "failed",
        ),
        ("dockerfile parse error on line 2: unknown instruction: NOSUCH", "failed"),
        (
            "failed to do request: Head https://registry-1.docker.io/v2/: dial tcp: no such host",
            "no verdict",
        ),
    ],
)
def test_what_could_not_be_solved_is_told_from_what_could_not_be_fetched(
    tmp_path: Path, repository: Path, said: str, answer: str
) -> None:
    path = path_to(tmp_path / "p", f"echo 'ERROR: failed to solve: {said}' >&2; exit 1")

    run = run_check(repository, BUILDX, path=path)

    assert run.answer == answer, (run.reason, run.log)
    assert said in run.log


@pytest.mark.parametrize(
    "build",
    [
        "exit 0",  # it wrote no archive
        "exit 1",  # it did not say why
        'echo half > "$to"',
        'cp "$recorded" "$to"; exit 1',
    ],
)
def test_a_crash_or_half_an_image_is_no_verdict(
    tmp_path: Path, repository: Path, build: str
) -> None:
    archive = layout(tmp_path, RECORDED)
    path = path_to(tmp_path / "p", f'recorded="{archive}"; {build}')

    assert_no_verdict(run_check(repository, BUILDX, path=path))


def test_killed_is_no_verdict(tmp_path: Path, repository: Path) -> None:
    path = path_to(tmp_path / "p", "kill -s KILL $$")

    assert_no_verdict(run_check(repository, BUILDX, path=path))
    path = path_with_killed(tmp_path / "q", "docker")
    assert_no_verdict(run_check(repository, BUILDX, path=path))


@pytest.mark.parametrize(
    "image",
    [
        b"{}",
        b'{"schemaVersion": 1, "manifests": []}',
        b'{"schemaVersion": 2}',
        index(manifest("sha256:12", "amd64")),
        index(manifest(AMD64, "amd 64")),
        index(manifest(AMD64, "amd64"), manifest(ARM64, "amd64")),
        index(manifest(AMD64, "amd64"))[:-9],
        b'{"schemaVersion": 2, "mediaType": "text/plain", "manifests": []}',
        b'{"schemaVersion": 2, "config": {}, "layers": []}',
    ],
)
def test_an_index_that_is_none_is_no_verdict(
    tmp_path: Path, repository: Path, image: bytes
) -> None:
    archive = layout(tmp_path, image)

    assert_no_verdict(
        run_check(repository, BUILDX, path=path_to(tmp_path / "p", f'cp "{archive}" "$to"'))
    )


def test_an_index_without_an_image_is_a_failure(tmp_path: Path, repository: Path) -> None:
    archive = layout(tmp_path, index())

    run = run_check(repository, BUILDX, path=path_to(tmp_path / "p", f'cp "{archive}" "$to"'))

    assert run.answer == "failed"
