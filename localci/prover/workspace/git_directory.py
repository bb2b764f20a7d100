"""The `.git` of the clone, written from constants before every use (gitrepository-layout(5)).

A check of yesterday may have written a hook, a filter, a poisoned object or an index that hides a
change. So nothing in there is kept or looked at: it is removed and made again, by plain writes and
before any git command runs there. Objects are borrowed from the user's repository, and a local
one would win over a borrowed one, so that not even objects are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.command import run_git, user_environment
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from localci.git.discovery import RepositoryPaths

_MOST_ALTERNATES: Final = 100

# git reads `~/.config/git/attributes` and `ignore` even where global configuration is off.
_CONFIG: Final = """\
[core]
\trepositoryformatversion = {version}
\tbare = false
\tfilemode = true
\tsymlinks = true
\tautocrlf = false
\tlogAllRefUpdates = false
\thooksPath = /dev/null
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tsplitIndex = false
[gc]
\tauto = 0
\twriteCommitGraph = false
[maintenance]
\tauto = false
"""
_SHA256_EXTENSION: Final = "[extensions]\n\tobjectFormat = sha256\n"


def write_git_directory(git_dir: Path, source: RepositoryPaths, commit: str) -> None:
    """Make `git_dir` anew: HEAD detached at `commit`, the tags of `source`, its objects borrowed.

    Raises OSError, and GitError where the tags of `source` cannot be listed.
    """
    tags = _tags(source)
    remove(git_dir)
    for directory in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (git_dir / directory).mkdir(parents=True)
    (git_dir / "config").write_text(_config(commit), encoding="ascii")
    (git_dir / "objects" / "info" / "alternates").write_bytes(_alternates(source))
    (git_dir / "packed-refs").write_bytes(tags)
    shallow = Path(source.common_dir, "shallow")
    if shallow.is_file():
        (git_dir / "shallow").write_bytes(shallow.read_bytes())
    (git_dir / "HEAD").write_text(f"{commit}\n", encoding="ascii")


def _config(commit: str) -> str:
    if made_by_sha256(commit):
        return _CONFIG.format(version=1) + _SHA256_EXTENSION
    return _CONFIG.format(version=0)


def _tags(source: RepositoryPaths) -> bytes:
    """Return the tags in the form of `packed-refs`: rows `<id> SP <name>`, sorted by name.

    Asked of git in the user's own repository: refs may be stored in more ways than one.
    """
    rows = run_git(
        ["for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"],
        directory=source.git_dir,
        environment={**user_environment(), "GIT_DIR": source.git_dir},
    )
    return b"# pack-refs with: sorted \n" + rows


def _alternates(source: RepositoryPaths) -> bytes:
    """Return the object directories to borrow from, those borrowed by `source` itself included.

    git follows what stands in them, but a relative path only at the first step.
    """
    found: list[Path] = []
    waiting = [Path(source.objects).resolve()]
    while waiting and len(found) < _MOST_ALTERNATES:
        directory = waiting.pop(0)
        if directory in found:
            continue
        found.append(directory)
        listed = directory / "info" / "alternates"
        if listed.is_file():
            rows = listed.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
            waiting += [(directory / row).resolve() for row in rows if row and row[0] not in '#"']
    return b"".join(_alternate_row(directory) for directory in found)


def _alternate_row(directory: Path) -> bytes:
    if "\n" in str(directory):
        raise GitError("the repository's path has a line end in it", then="move the repository")
    return str(directory).encode("utf-8", "surrogateescape") + b"\n"
