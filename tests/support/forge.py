"""A project on a small GitHub: bare remotes behind its addresses, workflows, pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from support.act import HOSTED, VERIFIER, action_source, installed_localci, run_workflow
from support.attested import attach, document, signed_line, tree_of
from support.isolation import PROJECT
from support.project import make_project, policy_for
from support.repositories import git, make_bare

if TYPE_CHECKING:
    from pathlib import Path

    from support.act import Ran
    from support.github_api import GitHub
    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project

REQUIREMENTS: Final = """\
[require.tests]
max_failed = 0
[paths.".github/**"]
roles = ["maintainer"]
[paths.".localci/**"]
roles = ["maintainer"]
"""
SERVER: Final = "https://github.com"
REPOSITORY: Final = {"full_name": "acme/app", "default_branch": "main"}
# All that GitHub's clock says.
SCHEDULED: Final = {"schedule": "17 * * * *", "workflow": VERIFIER}


@dataclass
class Forge:
    """A project whose `main` is on the forge, with a pull request's branch checked out."""

    project: Project
    fork: Path
    github: GitHub
    homes: Homes
    shared: Path
    runs: list[Path] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.project.head

    def push(self, *refs: str) -> None:
        """Push to the forge, past the hooks."""
        git(self.project.path, "push", "--quiet", "--no-verify", "--force", "origin", *refs)

    def propose(
        self, *, base: str = "main", source: str = "acme/app", login: str = "ada", number: int = 1
    ) -> dict[str, Any]:
        """Open a pull request for HEAD, as the API and the events show it."""
        self.push(f"HEAD:refs/pull/{number}/head")
        pull = {
            "number": number,
            "state": "open",
            "user": {"login": login},
            "head": {"sha": self.head, "ref": "feature", "repo": {"full_name": source}},
            "base": {"ref": base},
        }
        self.github.pulls.append(pull)
        return pull

    def attest(self, key: Key, *, to: Path | None = None, revision: str = "HEAD") -> None:
        """Let the notes of a remote (default: the project's) hold a passed result of a commit."""
        path = self.project.path
        line = signed_line(document(path, revision), key, self.homes.gnupg)
        commit = git(path, "rev-parse", f"{revision}^{{commit}}")
        attach(path, {commit: (line,), tree_of(path, revision): (line,)})
        remote = str(to or self.project.remote)
        git(path, "push", "--quiet", "--no-verify", "--force", remote, "refs/notes/ci")

    def run(
        self,
        name: str,
        event: dict[str, Any],
        *,
        workflow: str = VERIFIER,
        at: str = "main",
        install: bool = False,
        artifacts: Path | None = None,
    ) -> Ran:
        """Run a shipped workflow as it stands at a commit of the forge (default: its `main`)."""
        directory = self.project.path.parent / f"run-{len(self.runs)}"
        self.runs.append(directory)
        git(self.project.path, "clone", "--quiet", str(self.project.remote), str(directory))
        git(directory, "fetch", "--quiet", "origin", at)
        git(directory, "checkout", "--quiet", "-B", "main", "FETCH_HEAD")
        git(directory, "remote", "set-url", "origin", f"{SERVER}/acme/app.git")
        environment = {"GITHUB_API_URL": self.github.url}
        if not install:
            environment["LOCALCI_PROGRAM"] = installed_localci()
        if artifacts is not None:
            environment["ARTIFACTS"] = str(artifacts)
        return run_workflow(
            directory,
            name,
            SCHEDULED if name == "schedule" else {"repository": REPOSITORY, **event},
            workflow=workflow,
            action=action_source(self.shared),
            environment=environment,
        )

    def judge(self, pull: dict[str, Any]) -> Ran:
        """Run the verifier on a pull request."""
        event = {"action": "synchronize", "pull_request": pull, "number": pull["number"]}
        return self.run("pull_request_target", event)


def make_forge(
    directory: Path, key: Key, github: GitHub, homes: Homes, shared: Path, policy: str = ""
) -> Forge:
    """Make a project on the forge that trusts `key`, and a commit of its own on `feature`."""
    workflows = {name: (PROJECT / name).read_text("utf-8") for name in (VERIFIER, HOSTED)}
    files = {
        **workflows,
        ".localci/policy.toml": policy or policy_for(key, requirements=REQUIREMENTS),
    }
    project = make_project(directory, key, files=files)
    fork = make_bare(directory / "srv" / "fork.git")
    git(project.path, "push", "--quiet", "--no-verify", str(fork), "main")
    for name, place in (("acme/app", project.remote), ("ada/app", fork)):
        address = f"url.file://{place}.insteadOf"
        git(project.path, "config", "--global", address, f"{SERVER}/{name}.git")
    git(project.path, "switch", "--quiet", "-c", "feature")
    project.commit({"feature": "new"})
    return Forge(project, fork, github, homes, shared)
