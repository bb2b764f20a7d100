"""Find commits by name among the refs that `git ls-remote` listed (gitrevisions(7), a part).

A name is a ref, a short ref, or an object id, whole or abbreviated, then any `~N` and `^N`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.git.objects import GitObject, ObjectReader

_NAME: Final = re.compile(r"([^~^:\s\\]+)((?:~\d*|\^\d*)*)")
_PLACES: Final = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
_ABBREVIATED: Final = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_DEFAULT_BRANCHES: Final = ("HEAD", "main", "master")


def find_commit(objects: ObjectReader, refs: Mapping[str, str], name: str) -> GitObject:
    """Return the commit that `name` leads to. Raises UsageError where there is none."""
    match = _NAME.fullmatch(name)
    if match is None or name.startswith("-"):
        raise UsageError(f"{name!r} is not the name of a commit")
    start = _start(refs, "HEAD" if match[1] == "@" else match[1])
    found = objects.read(f"{start}{match[2]}^{{commit}}") if start else None
    if found is None or found.kind != "commit":
        if not refs:
            raise UsageError("this repository has no commit yet", then="make one with `git commit`")
        raise UsageError(f"{name} names no commit here", then="`git fetch` may bring it")
    return found


def default_trust_ref(refs: Mapping[str, str], remote: str) -> str:
    """Return the remote's default branch as this repository knows it. Raises UsageError."""
    for branch in _DEFAULT_BRANCHES:
        ref = f"refs/remotes/{remote}/{branch}"
        if ref in refs:
            return ref
    raise UsageError(
        f"it is not known which branch of {remote} to trust",
        then=f"`git remote set-head {remote} --auto`, or name a commit with --trust-ref",
    )


def _start(refs: Mapping[str, str], name: str) -> str:
    for place in (*_PLACES,):
        if place + name in refs:
            return refs[place + name]
    remote_head = f"refs/remotes/{name}/HEAD"
    if remote_head in refs:
        return refs[remote_head]
    return name if _ABBREVIATED.fullmatch(name) else ""
