"""Build the Debian packages for this machine's architecture (dpkg-buildpackage(1)).

It leaves its products above the source and much in it, so it builds in a copy of the tracked
files. The products are put into `dist/` when they are whole.

Its exit codes (tried with dpkg 1.21): 2 where debian/rules failed, 3 without the build
dependencies, others where it cannot read debian/. A result is not reused: what it builds with, the
packages of the machine, is no part of the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
command -v dpkg-buildpackage >/dev/null || { dpkg-buildpackage; exit 127; }
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT || exit 70
mkdir "$place/source" && mkdir -p dist || exit 70
git ls-files -z --recurse-submodules > "$place/tracked" &&
  tar --null --no-recursion --files-from "$place/tracked" -cf "$place/tar" &&
  tar -xf "$place/tar" -C "$place/source" && rm "$place/tracked" "$place/tar" || exit 70
(cd "$place/source" && dpkg-buildpackage -us -uc -b)
code=$?
if [ $code = 3 ]; then
  echo 'build dependencies are missing; install them: sudo apt-get build-dep .'
fi
[ $code = 0 ] || exit $code
mv "$place"/*.* dist/ || exit 70
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "artifacts": ["dist/*.deb", "dist/*.changes", "dist/*.buildinfo"],
    "failed_codes": [2],
    "fresh_for": 0,
    "timeout": "30m",
    "install": "sudo apt-get install dpkg-dev debhelper build-essential git",
}
