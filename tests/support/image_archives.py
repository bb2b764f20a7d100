"""Archives of small images, written by hand: no engine is needed.

Of Docker (https://github.com/moby/docker-image-spec), and OCI layouts in a tar (image-spec 1.1).
"""

from __future__ import annotations

import io
import json
import tarfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TYPE: Final = "application/vnd.oci.image"


def write_docker_archive(path: Path, files: Mapping[str, str]) -> None:
    """Write an image with `files` as `docker save` does."""
    layer = _tar({name: text.encode() for name, text in files.items()})
    named = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": ["layer.tar"]}]
    parts = {"layer.tar": layer, "config.json": _configuration("amd64", layer)}
    path.write_bytes(_tar({**parts, "manifest.json": _json(named)}))


def write_oci_archive(
    path: Path, by_architecture: Mapping[str, Mapping[str, str]], *, nested: bool = False
) -> None:
    """Write images with files, one an architecture; `nested` as `buildah manifest push` does."""
    blobs: list[bytes] = []
    listed = [_image(architecture, files, blobs) for architecture, files in by_architecture.items()]
    if nested:
        index = _json({"schemaVersion": 2, "manifests": listed})
        blobs.append(index)
        listed = [_descriptor("index", index)]
    parts = {f"blobs/sha256/{sha256(blob).hexdigest()}": blob for blob in blobs}
    parts["oci-layout"] = _json({"imageLayoutVersion": "1.0.0"})
    parts["index.json"] = _json({"schemaVersion": 2, "manifests": listed})
    path.write_bytes(_tar(parts))


def _image(architecture: str, files: Mapping[str, str], blobs: list[bytes]) -> dict[str, Any]:
    layer = _tar({name: text.encode() for name, text in files.items()})
    configuration = _configuration(architecture, layer)
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}.manifest.v1+json",
            "config": _descriptor("config", configuration),
            "layers": [_descriptor("layer", layer) | {"mediaType": f"{_TYPE}.layer.v1.tar"}],
        }
    )
    blobs += [layer, configuration, manifest]
    platform = {"os": "linux", "architecture": architecture}
    return _descriptor("manifest", manifest) | {"platform": platform}


def _descriptor(what: str, blob: bytes) -> dict[str, Any]:
    digest = f"sha256:{sha256(blob).hexdigest()}"
    return {"mediaType": f"{_TYPE}.{what}.v1+json", "digest": digest, "size": len(blob)}


def _configuration(architecture: str, layer: bytes) -> bytes:
    layers = {"type": "layers", "diff_ids": [f"sha256:{sha256(layer).hexdigest()}"]}
    return _json({"architecture": architecture, "os": "linux", "config": {}, "rootfs": layers})


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()
