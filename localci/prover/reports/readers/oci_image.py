"""The index of a container image: what was built for each platform counts like a test that passed.

An index without an image is what a build leaves that failed: one failure.

Read are OCI image indexes and manifests (https://github.com/opencontainers/image-spec, 1.1:
image-index.md, manifest.md) and Docker's manifest lists, which have the same fields. BuildKit's
attestations, which stand among the platforms, are left out (its docs/attestations).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from localci.formats.result import Row, TestFigures
from localci.prover.reports.json_report import list_of, load_object, object_of
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.report_file import ReportFile

_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_WORD: Final = re.compile(r"[a-z0-9._-]{1,32}", re.ASCII)
_ATTESTATION: Final = "vnd.docker.reference.type"


def read(report: ReportFile) -> Reading:
    """Return the image's digest, and its platforms with theirs. Raises ReportError."""
    image = load_object(report)
    if image.get("schemaVersion") != 2:  # noqa: PLR2004 - the only one there is
        raise report.wrong("not an image index or manifest: its schemaVersion is not 2")
    if "manifests" not in image:
        # One platform, and no index around it: what it is for stands in its configuration.
        _descriptor_digest(report, object_of(report, image.get("config"), "config"), "config")
        list_of(report, image.get("layers"), "layers")
        return _reading([_row(f"image {_digest_of(report)}")])
    if image.get("mediaType", _INDEXES[0]) not in _INDEXES:
        raise report.wrong("not an image index: it has another mediaType")
    platforms = sorted(_platforms(report, list_of(report, image["manifests"], "manifests")))
    if not platforms:
        return Reading(TestFigures(1, 1, 0), {"images.built": 0}, (Row("image", "failed"),))
    rows = [_row(f"{name} {digest}") for name, digest in platforms]
    return _reading(rows, [_row(f"image {_digest_of(report)}")])


def _row(name: str) -> Row:
    return Row(name, "passed")


def _reading(built: list[Row], around: list[Row] | None = None) -> Reading:
    figures = TestFigures(len(built), 0, 0)
    return Reading(figures, {"images.built": len(built)}, (*(around or []), *built))


def _digest_of(report: ReportFile) -> str:
    digest = hashlib.sha256()
    for chunk in report.chunks():
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _platforms(report: ReportFile, manifests: list[ReportValue]) -> Iterator[tuple[str, str]]:
    seen = set()
    for number, value in enumerate(manifests):
        where = f"manifests[{number}]"
        manifest = object_of(report, value, where)
        digest = _descriptor_digest(report, manifest, where)
        if _is_attestation(manifest):
            continue
        name = _platform(report, manifest, where)
        if name in seen:
            raise report.wrong(f"the index has {name} twice")
        seen.add(name)
        yield name, digest


def _is_attestation(manifest: ReportObject) -> bool:
    annotations = manifest.get("annotations")
    return isinstance(annotations, dict) and _ATTESTATION in annotations


def _platform(report: ReportFile, manifest: ReportObject, where: str) -> str:
    platform = object_of(report, manifest.get("platform"), f"{where}.platform")
    words = [platform.get("os"), platform.get("architecture"), platform.get("variant")]
    if words[2] is None:
        del words[2]
    known = [word for word in words if isinstance(word, str) and _WORD.fullmatch(word)]
    if len(known) != len(words):
        raise report.wrong(f"{where} does not say its platform")
    return "/".join(known)


def _descriptor_digest(report: ReportFile, descriptor: ReportObject, where: str) -> str:
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
        raise report.wrong(f"{where} has no SHA-256 digest")
    return digest
