"""A small project that uses localci: configuration, policy, key, and a remote that has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.repositories import commit, git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

CONFIGURATION: Final = """\
version = 1

[checks.tests]
run = "sh check.sh > {reports}/junit.xml"
report = "junit:junit.xml"
"""
# Three test cases; the second fails where the file `broken` is in the tree.
CHECK: Final = """\
echo '<testsuite name="s"><testcase name="a"/><testcase name="b">'
test ! -e broken || echo '<failure message="broken"/>'
echo '</testcase><testcase name="c"/></testsuite>'
test ! -e broken
"""
POLICY: Final = """\
version = 1
repository = "{repository}"

[require.tests]
max_failed = 0
min_total = 3

[[signer]]
name = "{name}"
fingerprint = "{fingerprint}"
key = "keys/{name}.asc"
roles = ["developer"]
"""
REPOSITORY: Final = "example.org/acme/app"


@dataclass(frozen=True)
class Project:
    """A repository on branch `feature`, and the bare one that it pushes to as `origin`."""

    repository: Path
    remote: Path


def make_project(root: Path, key: Key, *, object_format: str = "sha1") -> Project:
    """Make a project whose policy trusts `key`, pushed to its remote before any hook was there."""
    remote = make_bare(root / "srv" / "app.git", object_format=object_format)
    repository = make_repository(root / "app", object_format=object_format)
    policy = POLICY.format(repository=REPOSITORY, name=key.name, fingerprint=key.fingerprint)
    commit(
        repository,
        {
            "localci.toml": CONFIGURATION,
            "check.sh": CHECK,
            ".localci/policy.toml": policy,
            f".localci/keys/{key.name}.asc": key.certificate,
        },
        "Use localci",
    )
    git(repository, "remote", "add", "origin", str(remote))
    git(repository, "push", "--quiet", "--no-verify", "--set-upstream", "origin", "main")
    git(repository, "remote", "set-head", "origin", "main")
    git(repository, "switch", "--quiet", "-c", "feature")
    return Project(repository, remote)
