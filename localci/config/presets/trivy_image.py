"""Look for vulnerable packages and secrets in an image by trivy (https://trivy.dev).

`IMAGE` (in `env`) is the archive of the image, as `docker save`, `buildah push … oci-archive:` and
`docker buildx build --output type=oci,dest=…` write it: no engine is asked. `TRIVY_SCANNERS` is
`vuln,secret` here; otherwise it is as the preset `trivy`.

trivy 0.76 reads the archives of Docker, but layouts of OCI (image-spec 1.1, image-layout) only as
directories, and of those with images for several platforms it looks at the first one, whatever
platform it is told. So they are unpacked, and each image in them is looked at by itself: not below
`{reports}`, since trivy cuts a layout's path at `@` and `:`, and cells of a matrix have them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.presets.trivy import INSTALL, OPTIONS

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_SCAN: Final = (
    "scan() {"
    ' trivy image --input "$1" --scanners "${TRIVY_SCANNERS:-vuln,secret}"'
    f" {OPTIONS} --output {{reports}}/part-$2.json; code=$?; case $code in 0) ;;"
    " 10) found=10; trivy convert --quiet --format table {reports}/part-$2.json ;;"
    " *) exit $code ;; esac; };"
)
# A manifest names the type of its image's configuration; those of attestations are no images.
_EACH_IMAGE: Final = (
    ' place=$(mktemp -d) && tar -xf "$image" -C "$place" || exit 2;'
    ' for blob in $(cd "$place/blobs/sha256" && find . -type f -size -8192 -exec grep -l'
    " -e '\"application/vnd.oci.image.config.v1+json\"'"
    " -e '\"application/vnd.docker.container.image.v1+json\"' {} + |"
    " xargs grep -L 'application/vnd.in-toto+json' /dev/null); do"
    ' [ "$blob" != /dev/null ] || continue;'
    ' printf \'{"schemaVersion": 2, "manifests": [{"mediaType": "%s", "digest": "sha256:%s",'
    ' "size": %d}]}\' application/vnd.oci.image.manifest.v1+json "${blob##*/}"'
    ' "$(wc -c < "$place/blobs/sha256/$blob")" > "$place/index.json";'
    ' scan "$place" "${blob##*/}"; done; rm -rf "$place"'
)
_JOIN: Final = (
    " cd {reports} || exit 2; [ -e \"$(echo part-* | cut -d ' ' -f 1)\" ] ||"
    " { echo 'there is no image in it'; exit 2; };"
    " { between='['; for part in part-*; do echo \"$between\"; cat $part; between=,; done;"
    " echo ']'; } > trivy.json; exit $found"
)

TABLE: Final[JsonObject] = {
    "run": (
        "image=${IMAGE:?is not set; name the archive of the image, as env.IMAGE}; found=0;"
        f" {_SCAN}"
        " names=$(tar -tf \"$image\" | sed 's|^\\./||');"
        ' if echo "$names" | grep -qx oci-layout && ! echo "$names" | grep -qx manifest.json;'
        f' then{_EACH_IMAGE}; else scan "$image" image; fi;{_JOIN}'
    ),
    "report": "trivy:trivy.json",
    "report_codes": [10],
    "fresh_for": 0,
    "install": INSTALL,
}
