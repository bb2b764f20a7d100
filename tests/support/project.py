"""A project as `localci init` leaves it: checks, policy and key, pushed to a remote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.localci_command import run_localci
from support.repositories import commit, git, make_bare, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.keys import Key
    from support.localci_command import Done

REPOSITORY: Final = "example.org/acme/app"
CHECKS: Final = """\
version = 1
[checks.tests]
run = "sh run-tests {reports}/junit.xml"
report = "junit:junit.xml"
"""
PASSING: Final = """\
echo '<testsuite><testcase name="one"/><testcase name="two"/></testsuite>' > "$1"
"""
FAILING: Final = """\
echo '<testsuite><testcase name="one"/>' > "$1"
echo '<testcase name="two"><failure/></testcase></testsuite>' >> "$1"
echo 'two: expected 1, got 2'
exit 1
"""


@dataclass(frozen=True)
class Project:
    """A repository and its bare remote `origin`."""

    path: Path
    remote: Path

    @property
    def head(self) -> str:
        return git(self.path, "rev-parse", "HEAD")

    def commit(self, files: Mapping[str, str], message: str = "Change") -> str:
        return commit(self.path, files, message)

    def localci(
        self, *arguments: str, environment: Mapping[str, str] | None = None, data: str = ""
    ) -> Done:
        return run_localci(self.path, *arguments, environment=environment, data=data)

    def install_hook(self) -> None:
        assert self.localci("install").code == 0


def policy_for(*signers: Key, requirements: str = "[require.tests]\nmax_failed = 0\n") -> str:
    """Return a policy that trusts these keys."""
    entries = "".join(
        f'[[signer]]\nname = "{key.name}@example.org"\n'
        f'fingerprint = "{key.fingerprint}"\nkey = "keys/{key.name}.asc"\n'
        for key in signers
    )
    head = f'version = 1\nrepository = "{REPOSITORY}"\nmax_age = "30d"\n'
    return f"{head}{requirements}{entries}"


def project_files(*signers: Key, checks: str = CHECKS, tests: str = PASSING) -> dict[str, str]:
    """Return the files of a project that trusts these keys."""
    return {
        "localci.toml": checks,
        "run-tests": tests,
        ".localci/policy.toml": policy_for(*signers),
        **{f".localci/keys/{key.name}.asc": key.certificate for key in signers},
    }


def make_project(
    directory: Path,
    *signers: Key,
    files: Mapping[str, str] | None = None,
    object_format: str = "sha1",
) -> Project:
    """Make a project whose first commit stands on the remote's `main`, unattested; no hook yet."""
    remote = make_bare(directory / "srv" / "app.git", object_format=object_format)
    path = make_repository(directory / "app", object_format=object_format)
    project = Project(path, remote)
    project.commit({**project_files(*signers), **(files or {})}, "Start")
    git(path, "remote", "add", "origin", str(remote))
    git(path, "push", "--quiet", "--no-verify", "-u", "origin", "main")
    git(path, "remote", "set-head", "origin", "main")
    return project
