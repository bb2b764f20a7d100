"""Build an image for several platforms by docker buildx (https://docs.docker.com/build/).

`env` says which, so that a matrix can have many: IMAGE (its name), CONTEXT, PLATFORMS and
CONTAINERFILE. It leaves `dist/IMAGE.oci.tar`, put there when it is whole: cells share `dist/`.

docker ends with 1 whatever went wrong. What BuildKit could not solve is a failure, unless it was
the network or the disk; without an engine, or its plugin, there is no verdict. An engine's socket
is out of reach for what is held apart, so this is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.image_commands import FAILED, PLACE, SETTINGS, TAKE_OVER

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_LOOK: Final = """\
command -v docker >/dev/null || { docker; exit 127; }
docker buildx version >/dev/null || { echo 'docker has no buildx'; exit 127; }
docker info >/dev/null || exit 69
"""
_BUILD: Final = """\
{ docker buildx build --progress plain --platform "$platforms" \
    ${CONTAINERFILE:+--file "$CONTAINERFILE"} --metadata-file {reports}/metadata.json \
    --output "type=oci,dest=$place/image.tar" "$context" 2>&1
  echo $? > "$place/code"; } | tee "$place/log"
if [ "$(cat "$place/code")" != 0 ]; then
  grep '^ERROR: failed to solve: ' "$place/log" > "$place/errors" || exit 69
  ! grep -E 'failed to do request|dial tcp|i/o timeout|connection reset|TLS handshake|failed to authorize|unexpected status|toomanyrequests|no space left|exec format error' "$place/errors" || exit 69
  nothing_built
fi
"""  # noqa: E501 - one pattern

TABLE: Final[JsonObject] = {
    "run": SETTINGS + FAILED + _LOOK + PLACE + _BUILD + TAKE_OVER,
    "report": "oci-image:image.json",
    "artifacts": ["dist/*.oci.tar"],
    "failed_codes": [1],
    "isolation": "none",
    "timeout": "30m",
    "install": "https://docs.docker.com/engine/install/ (docker-ce and docker-buildx-plugin)",
}
