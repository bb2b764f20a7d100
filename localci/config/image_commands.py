"""What the presets that build container images have in common: lines for the shell."""

from __future__ import annotations

from typing import Final

SETTINGS: Final = """\
image=${IMAGE:-image} context=${CONTEXT:-.} platforms=${PLATFORMS:-linux/amd64,linux/arm64}
"""
"""Which image it is: from `env` of the check."""

FAILED: Final = """\
nothing_built() { echo '{"schemaVersion": 2, "manifests": []}' > {reports}/image.json; exit 1; }
"""
"""End with a failure: what was built is an index without images."""

PLACE: Final = """\
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT && mkdir -p dist || exit 70
"""

TAKE_OVER: Final = """\
index=$(tar -xOf "$place/image.tar" index.json | tr -d ' \\n' |
  sed -n 's/.*"digest":"sha256:\\([0-9a-f]*\\)".*/\\1/p')
tar -xOf "$place/image.tar" "blobs/sha256/$index" > {reports}/image.json || exit 70
mv "$place/image.tar" "dist/$image.oci.tar" || exit 70
"""
"""Take the image's index out of the archive, then put the archive into `dist/`.

`index.json` of an OCI layout names the one image in it (OCI image specification 1.1, image layout).
"""
