"""Where a commit goes and what it changes there: what `when` and `runs_on` are asked of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.placeholders import names_range
from localci.errors import GitError
from localci.git.command import repository_environment, run_git
from localci.prover.plan.plan import ALL_HISTORY, Circumstances
from localci.prover.plan.pushes import DEFAULT_REMOTE

if TYPE_CHECKING:
    from localci.config.configuration import Configuration
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.plan.pushes import PushedRef

LABELS_SETTING: Final = "localci.labels"
"""The git setting with this machine's labels, for `runs_on`, apart by blanks or commas."""


@dataclass(frozen=True)
class Destination:
    """Where a commit goes: a branch or a tag, by its short name, of a remote."""

    branch: str = ""
    tag: str = ""
    remote: str = DEFAULT_REMOTE


def pushed_to(remote: str, ref: PushedRef) -> Destination:
    """Return where a push takes a commit."""
    tags = "refs/tags/"
    tag = ref.remote_ref.removeprefix(tags) if ref.is_tag else ""
    return Destination(ref.branch, tag, remote)


def checked_out(settings: GitSettings, branch: str) -> Destination:
    """Return where a commit will go that nobody pushes yet, on a branch or on none."""
    return Destination(branch, remote=settings.get(f"branch.{branch}.remote", DEFAULT_REMOTE))


def branch_of(repository: RepositoryPaths, revision: str) -> str:
    """Return the branch that a revision names, empty where it names none."""
    name = "HEAD" if revision in {"HEAD", "@"} else revision
    try:
        full = run_git(
            ["rev-parse", "--symbolic-full-name", name],
            directory=repository.git_dir,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        return ""
    ref = full.decode("utf-8", "replace").strip()
    head = "refs/heads/"
    return ref.removeprefix(head) if ref.startswith(head) else ""


def circumstances(
    repository: RepositoryPaths,
    settings: GitSettings,
    configuration: Configuration,
    commit: str,
    to: Destination,
) -> Circumstances:
    """Return what the configuration's checks may ask of a commit that goes there."""
    return Circumstances(
        branch=to.branch,
        tag=to.tag,
        remote=to.remote,
        changed=_changed(repository, configuration, commit, to.remote),
        labels=_labels(settings),
        new_commits=_new_commits(repository, configuration, commit, to.remote),
    )


def _labels(settings: GitSettings) -> frozenset[str]:
    return frozenset(filter(None, re.split(r"[\s,]+", settings.get(LABELS_SETTING))))


def _changed(
    repository: RepositoryPaths, configuration: Configuration, commit: str, remote: str
) -> frozenset[str] | None:
    """Return the paths that differ from where the commit left the remote's default branch.

    None where that is not known, or where no check asks.
    """
    if not any(check.when is not None and check.when.paths for check in configuration.checks):
        return None
    environment = repository_environment(repository.git_dir)
    head = f"refs/remotes/{remote}/HEAD"
    try:
        listed = run_git(
            ["diff", "--name-only", "--no-renames", "-z", f"{head}...{commit}", "--"],
            directory=repository.git_dir,
            environment=environment,
        )
    except GitError:
        return None
    return frozenset(
        path.decode("utf-8", "surrogateescape") for path in listed.split(b"\0") if path
    )


def _new_commits(
    repository: RepositoryPaths, configuration: Configuration, commit: str, remote: str
) -> str:
    """Return the commits that the remote's default branch does not have, as `git log` takes them.

    All of history where that is not known, or where no check asks. Never none at all, in which
    nothing could be found: of a commit that the branch has already it is that commit, and what it
    merged.
    """
    texts = [text for one in configuration.checks for text in (one.run, *(one.env or {}).values())]
    if not any(map(names_range, texts)):
        return ALL_HISTORY
    since = _ask_git(repository, "merge-base", f"refs/remotes/{remote}/HEAD", commit)
    if since == commit:
        since = _ask_git(repository, "rev-parse", "--verify", "--quiet", f"{commit}^")
    return f"{since}..{ALL_HISTORY}" if since else ALL_HISTORY


def _ask_git(repository: RepositoryPaths, *arguments: str) -> str:
    """Return the id that git prints, empty where it has none."""
    try:
        printed = run_git(
            arguments,
            directory=repository.git_dir,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        return ""
    return printed.decode("ascii").strip()
