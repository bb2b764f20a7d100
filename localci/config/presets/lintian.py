"""Inspect the Debian packages in `dist/` by lintian (https://lintian.debian.org).

Errors and warnings count; lesser tags are told. It has to come after the check that builds them:
`needs = ["package"]`. lintian writes one format a run, so it runs again, for the log, if it found
something. The exit code only says whether it came to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_RUN: Final = """\
command -v lintian >/dev/null || { lintian; exit 127; }
set -- dist/*.changes
[ -e "$1" ] || set -- dist/*.deb
if [ ! -e "$1" ]; then
  echo 'no packages in dist/: the check that makes them has to be one of needs'
  exit 70
fi
inspect() {
  lintian --fail-on none --display-info --pedantic --color never --tag-display-limit 0 "$@"
}
inspect --exp-output format=json "$@" > {reports}/lintian.json || exit 70
! grep -q '"tag"' {reports}/lintian.json || inspect "$@" || exit 70
echo "$# inspected: $*"
"""

TABLE: Final[JsonObject] = {
    "run": _RUN,
    "report": "lintian:lintian.json",
    "fail_on": "medium",
    "report_codes": [2],
    "install": "sudo apt-get install lintian",
}
