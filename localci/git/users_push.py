"""`git push` as the user typed it: what it would push, and the push itself.

What is pushed depends on the words, on `push.default`, on each remote's settings, on `insteadOf`.
Nobody can tell but git, and git tells its pre-push hook. So it is asked by a hook of ours that only
writes down what it is told.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.directories import explained
from localci.git.command import git_did_not_start, with_settings
from localci.git.plain_remotes import plain_remotes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.git.plain_remotes import PlainRemotes

_RECORDER: Final = """\
#!/bin/sh
{ printf '%s\\n' "$1" "$2"; cat; } > "${0%/*}/told.$$"
"""


class Told(NamedTuple):
    """What git tells a pre-push hook: the remote's name (or URL), its URL, standard input."""

    remote: str
    url: str
    standard_input: str


class DryRun(NamedTuple):
    """What a push would do: what its hook is told, once for each URL; how the dry run ended."""

    told: tuple[Told, ...]
    exit_code: int
    complaint: str


def dry_run(common_dir: str, words: Sequence[str]) -> DryRun:
    """Ask git what `git push <words>` would push, from the current directory.

    With `--no-verify` among the words no hook is told anything. Raises GitError, LocalciError.
    """
    place = os.path.join(common_dir, "localci")
    # In the git directory, where hooks may be executed: /tmp is often mounted so that nothing is.
    with explained(place):
        os.makedirs(place, exist_ok=True)
        hooks = tempfile.mkdtemp(prefix="push-", dir=place)
    try:
        with explained(hooks):
            _write_recorder(hooks)
        hooks_path = f"core.hooksPath={hooks}"
        plain = plain_remotes()
        done = _git(["-c", hooks_path, "push", "--dry-run", *words], plain, capture=True)
        told = tuple(_read(os.path.join(hooks, name), plain) for name in sorted(os.listdir(hooks)))
    finally:
        shutil.rmtree(hooks, ignore_errors=True)
    complaint = done.stderr.decode("utf-8", "surrogateescape")
    return DryRun(tuple(one for one in told if one is not None), done.returncode, complaint)


def push(words: Sequence[str]) -> int:
    """Run `git push <words>` on the terminal as it is, and return git's exit code.

    Raises GitError where git cannot be started.
    """
    return _git(["push", *words], plain_remotes(), capture=False).returncode


def _write_recorder(hooks: str) -> None:
    path = os.path.join(hooks, "pre-push")
    with open(path, "w", encoding="ascii") as file:
        file.write(_RECORDER)
    os.chmod(path, 0o700)


def _read(path: str, plain: PlainRemotes) -> Told | None:
    if not os.path.basename(path).startswith("told."):
        return None
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        remote, _, rest = file.read().partition("\n")
    url, _, lines = rest.partition("\n")
    return Told(remote, plain.originals.get(url, url), lines)


def _git(
    arguments: Sequence[str], plain: PlainRemotes, *, capture: bool
) -> subprocess.CompletedProcess[bytes]:
    output = subprocess.PIPE if capture else None
    environment = with_settings({**os.environ, **plain.variables}, plain.settings)
    try:
        return subprocess.run(
            ["git", *arguments], env=environment, stdout=output, stderr=output, check=False
        )
    except OSError as error:
        raise git_did_not_start(error) from None
