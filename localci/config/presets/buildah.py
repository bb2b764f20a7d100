"""Build an image for several platforms by buildah (https://buildah.io), without an engine.

`env` says which, so that a matrix can have many: IMAGE (its name), CONTEXT, PLATFORMS and
CONTAINERFILE. It leaves `dist/IMAGE.oci.tar`, put there when it is whole: cells share `dist/`.

Its store is the run's own, and nothing of it stays. A step that failed (`building at STEP`) is a
failure, whatever its exit code, which is buildah's too; a base image that cannot be fetched, or a
platform that this machine cannot emulate, is no verdict. It mounts and changes its root, which
nothing that is held apart can do, so this is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.image_commands import FAILED, PLACE, SETTINGS, TAKE_OVER

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_LOOK: Final = """\
command -v buildah >/dev/null || { buildah; exit 127; }
"""
_BUILD: Final = """\
export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}" STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}"
in_store() { buildah --root "$place/store" --runroot "$place/running" "$@"; }
{ in_store bud --platform "$platforms" ${CONTAINERFILE:+--file "$CONTAINERFILE"} \
    --manifest "localhost/$image" "$context" 2>&1
  echo $? > "$place/code"; } | tee "$place/log"
if [ "$(cat "$place/code")" != 0 ]; then
  if grep -q 'exec format error' "$place/log"; then
    echo 'this machine cannot run programs of that platform (Debian: qemu-user-static)'
    exit 69
  fi
  grep -q 'building at STEP "' "$place/log" || exit 69
  nothing_built
fi
in_store manifest push --quiet --all "localhost/$image" "oci-archive:$place/image.tar" || exit 70
"""

TABLE: Final[JsonObject] = {
    "run": SETTINGS + FAILED + _LOOK + PLACE + _BUILD + TAKE_OVER,
    "report": "oci-image:image.json",
    "artifacts": ["dist/*.oci.tar"],
    "failed_codes": [1],
    "isolation": "none",
    "timeout": "30m",
    "install": "sudo apt-get install buildah; for other platforms also qemu-user-static",
}
