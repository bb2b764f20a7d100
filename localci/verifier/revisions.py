"""Find commits by name among the refs that `git ls-remote` listed (gitrevisions(7), a part).

A name is an object id, a ref, a short ref, or an abbreviated id, then any `~N` and `^N`. Whoever
can push can name a tag as he likes: a whole id is never looked for among the refs, and a name that
could mean two commits means none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError
from localci.formats.object_ids import is_object_id
from localci.git.objects import missing_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.git.objects import GitObject, ObjectReader

_NAME: Final = re.compile(r"([^~^:\s\\]+)((?:~\d*|\^\d*)*)", re.ASCII)
_PLACES: Final = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
_ABBREVIATED: Final = re.compile(r"[0-9a-f]{4,64}", re.ASCII)


def find_commit(objects: ObjectReader, refs: Mapping[str, str], name: str) -> GitObject:
    """Return the commit that `name` leads to. Raises UsageError where there is none.

    Raises GitError where a ref leads to one that is not here.
    """
    match = _NAME.fullmatch(name)
    if match is None or name.startswith("-"):
        raise UsageError(f"{name!r} is not the name of a commit")
    start = _start(objects, refs, "HEAD" if match[1] == "@" else match[1])
    found = objects.read(f"{start}{match[2]}^{{commit}}") if start else None
    if found is None or found.kind != "commit":
        ref = "HEAD" if match[1] == "@" else match[1]
        if ref in refs and objects.read(refs[ref]) is None:
            raise missing_object(ref, refs[ref])
        if not refs:
            raise UsageError("this repository has no commit yet", then="make one with `git commit`")
        raise UsageError(f"{name} names no commit here", then="`git fetch` may bring it")
    return found


def default_trust_ref(refs: Mapping[str, str], symrefs: Mapping[str, str], remote: str) -> str:
    """Return the remote's default branch as this repository knows it.

    `refs/remotes/<remote>/HEAD` counts only where it leads to another ref: as a ref of its own it
    may be the copy of a branch that somebody named HEAD. Raises UsageError.
    """
    branch = symrefs.get(f"refs/remotes/{remote}/HEAD", "")
    if branch.startswith(f"refs/remotes/{remote}/") and branch in refs:
        return branch
    raise UsageError(
        f"it is not known which branch of {remote} to trust",
        then=f"`git remote set-head {remote} --auto` asks it, or name one with --trust-ref",
    )


def _start(objects: ObjectReader, refs: Mapping[str, str], name: str) -> str:
    if is_object_id(name):
        return name
    if name in refs and (name == "HEAD" or name.startswith("refs/")):
        # A whole ref is itself, whatever tag of a longer name somebody pushes.
        return refs[name]
    names = (*(place + name for place in _PLACES), f"refs/remotes/{name}/HEAD")
    found = {refs[full] for full in names if full in refs}
    if _ABBREVIATED.fullmatch(name):
        found.add(name)
    commits = {_peeled(objects, object_id) for object_id in found} - {""}
    if len(commits) > 1:
        raise UsageError(f"{name} could be several commits", then="give a whole commit id or ref")
    return commits.pop() if commits else ""


def _peeled(objects: ObjectReader, object_id: str) -> str:
    found = objects.read(f"{object_id}^{{commit}}")
    return found.id if found is not None else ""
