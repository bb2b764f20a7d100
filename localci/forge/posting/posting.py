"""What is put on a forge about one commit: data, the same for every forge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAME: Final = "localci/report"
"""What it is called on the commit. Never the name of the required check, `localci`: whoever may
write a commit status must not be able to stand in for the verifier (design 8a)."""

SUCCESS: Final = "success"
FAILURE: Final = "failure"
ERROR: Final = "error"
"""No verdict: not a failure of the code, and never a success."""
PENDING: Final = "pending"
"""Passed here, and nobody has judged it: no success before the verifier says so."""


@dataclass(frozen=True)
class Row:
    """A check: its name, `passed`, `failed` or `no-verdict`, its figures in words, its seconds.

    `note` is what is to be known beside: that it was reused, is advisory, or is of somebody else.
    """

    check: str
    outcome: str
    figures: str = ""
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Annotation:
    """A finding on a line of a file of the commit. `level` is `failure` or `warning`."""

    path: str
    line: int
    level: str
    message: str


@dataclass(frozen=True)
class Posting:
    """All that is said of a commit. `title` is one line, without markup.

    `state` is SUCCESS, FAILURE, ERROR or PENDING, `tree` the tree that was judged, `signers` are
    names.
    `findings` counts what was found, of which `annotations` may be a part. Text is as it was
    written by whoever made the note: whoever puts it on a page makes it harmless there.
    """

    commit: str
    tree: str
    state: str
    title: str
    rows: tuple[Row, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    findings: int = 0
    reasons: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    name: str = NAME


@dataclass(frozen=True)
class Place:
    """Where to post: `forge` is `github`, `gitlab`, `gitea` (Forgejo too) or `bitbucket`.

    `api` is the address of its API without a slash at the end, `repository` the path on the forge
    (`owner/name`; on GitLab of any depth). `pull` is the pull or merge request that gets a comment,
    0 for none.
    """

    forge: str
    api: str
    repository: str
    pull: int = 0


@dataclass(frozen=True)
class Posted:
    """What was done: a line for each thing, of those that were there already, too.

    `requests` counts what was sent, tries that failed too. `problems` has a line for each thing
    that is not there now.
    """

    lines: tuple[str, ...]
    requests: int = 0
    problems: tuple[str, ...] = ()
