"""The prover at work in one repository: plan → run → sign → outbox → remote.

Commands call its methods in that order; each is a step of design 1 and nothing else.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.config.configuration import PublishSettings
from localci.config.read_configuration import read_configuration
from localci.config.read_policy import read_policy_repositories
from localci.console import complain
from localci.errors import PASSED, GitError, LocalciError, NoConfigurationError, UsageError
from localci.git.command import repository_environment, run_git
from localci.git.listing import parse_listing
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.remotes import remote_addresses
from localci.git.settings import read_settings
from localci.git.tree_files import TreeFiles
from localci.prover.attest.identity import configuration_blobs, repository_name
from localci.prover.attest.lookup import look_up
from localci.prover.attest.my_key import my_key
from localci.prover.attest.openpgp_signer import KeyFromEnvironment, OwnKey
from localci.prover.attest.own_results import own_results
from localci.prover.attest.pending import keep_result
from localci.prover.attest.statements import Source, new_run_id, sign_result
from localci.prover.plan.plan import plan_run
from localci.prover.publish.destinations import publish_remotes
from localci.prover.publish.outbox import add_to_outbox
from localci.prover.run.apart import run_apart
from localci.prover.run.document import to_document
from localci.prover.run.run import RunRequest, run_plan
from localci.prover.run.telling import TellingProgress, tell_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from localci.config.configuration import Configuration
    from localci.formats.result import ResultDocument
    from localci.git.discovery import RepositoryPaths
    from localci.held_key import HeldKey
    from localci.prover.attest.lookup import PushedCommit
    from localci.prover.attest.own_results import OwnResult
    from localci.prover.attest.signer import SignerSource
    from localci.prover.plan.plan import Plan
    from localci.prover.plan.pushes import Push


@dataclass(frozen=True)
class Commit:
    """A commit, its tree, and the files of that tree."""

    id: str
    tree: str
    files: TreeFiles


class Prover:
    """The prover on one repository; use it as a context manager.

    `held` is the key of `CI_SIGNING_KEY`, or None: then the developer's own key signs.
    """

    def __init__(self, repository: RepositoryPaths, held: HeldKey | None) -> None:
        self.repository = repository
        self._environment = repository_environment(repository.git_dir)
        self._objects = ObjectReader(repository.git_dir, self._environment)
        self._settings = read_settings(repository)
        key = my_key(self._settings)
        self._holds_key = held is not None
        self._source: SignerSource = OwnKey(key) if held is None else KeyFromEnvironment(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._objects.close()

    def commit(self, revision: str) -> Commit:
        """Return the commit that a name leads to. Raises UsageError."""
        found = self._objects.read(f"{revision}^{{commit}}")
        if found is None or found.kind != "commit":
            if self._objects.read("HEAD") is None:
                raise UsageError("this repository has no commit yet", then="make one: `git commit`")
            raise UsageError(f"{revision} names no commit here", then="`git log` shows them")
        tree = tree_of_commit(found.body)
        return Commit(found.id, tree, TreeFiles(self._objects, tree))

    def configuration(self, commit: Commit) -> Configuration:
        """Return what the commit's own tree says is to be run. Raises UsageError."""
        return read_configuration(commit.files.read)

    def configured_checks(self, commit: Commit) -> tuple[str, ...]:
        """Return the names of the checks that the commit's tree defines, none without a file."""
        try:
            configuration = self.configuration(commit)
        except NoConfigurationError:
            return ()
        return tuple(check.name for check in configuration.checks)

    def plan(self, commit: Commit, configuration: Configuration, only: Sequence[str]) -> Plan:
        """Return the checks to run, all or those named. Raises UsageError."""
        listing = run_git(
            ["ls-tree", "-r", "-z", "--full-tree", commit.id],
            directory=self.repository.git_dir,
            environment=self._environment,
        )
        return plan_run(configuration, parse_listing(listing), only)

    def run(
        self, commit: Commit, branch: str, only: Sequence[str]
    ) -> tuple[ResultDocument | None, int]:
        """Run the commit's checks, all or those named, and tell what comes out.

        Return the result, None where a check has no verdict, and the exit code of design 4.4. A
        whole result that passed is kept for the next push. Raises LocalciError.
        """
        if self._holds_key:
            # The process that holds the key runs no check.
            return run_apart(commit.id, branch, only)
        configuration = self.configuration(commit)
        plan = self.plan(commit, configuration, only)
        outcome = run_plan(
            RunRequest(
                repository=self.repository,
                commit=commit.id,
                tree=commit.tree,
                settings=configuration.run,
                plan=plan,
                run_id=new_run_id(),
                environ=os.environ,
            ),
            TellingProgress(),
        )
        tell_failures(outcome)
        document = None if outcome.without_verdict else to_document(outcome, branch)
        if document is not None and plan.whole and outcome.exit_code == PASSED:
            self.keep(document)
        return document, outcome.exit_code

    def keep(self, document: ResultDocument) -> None:
        """Keep a result for the next push; where that fails say so, and lose nothing else by it."""
        try:
            keep_result(self.repository.common_dir, document)
        except LocalciError as error:
            complain(error)

    def branch(self, revision: str) -> str:
        """Return the branch that a revision names, empty where it names none."""
        name = "HEAD" if revision in {"HEAD", "@"} else revision
        try:
            full = run_git(
                ["rev-parse", "--symbolic-full-name", name],
                directory=self.repository.git_dir,
                environment=self._environment,
            )
        except GitError:
            return ""
        ref = full.decode("utf-8", "replace").strip()
        head = "refs/heads/"
        return ref.removeprefix(head) if ref.startswith(head) else ""

    def look_up(self, push: Push) -> Sequence[PushedCommit]:
        """Return the commits of a push and what of mine is known of each. Raises UsageError."""
        return look_up(self._objects, push, self._source.certificate, time.time())

    def own_results(self, object_id: str, remote: str) -> Iterator[OwnResult]:
        """Yield the results of mine that hang on a commit or tree, the newest first."""
        return own_results(self._objects, object_id, remote, self._source.certificate)

    def publish_settings(self, revision: str) -> PublishSettings:
        """Return what that commit's tree says of publishing; the defaults where it says nothing."""
        try:
            return self.configuration(self.commit(revision)).publish
        except UsageError:
            # A delivery does not depend on whether what is checked out can be run.
            return PublishSettings()

    def usual_remotes(self) -> tuple[str, ...]:
        """Return the remotes that notes go to when nothing is pushed, by what HEAD says."""
        remotes = remote_addresses(self.repository.location)
        try:
            repositories = read_policy_repositories(self.commit("HEAD").files.read)
        except UsageError:
            repositories = ()
        return publish_remotes(self.publish_settings("HEAD"), remotes, repositories)

    def examine_key(self) -> None:
        """Raise UsageError or GpgError now for what would keep the result from being signed."""
        self._source.examine()

    def attest(self, documents: Sequence[tuple[ResultDocument, str]]) -> None:
        """Sign results, each with the ref it is pushed to (or none), and put them in the outbox.

        Raises UsageError, GpgError, GitError; what is not signed then is not lost by that.
        """
        with self._source.open() as signer:
            for document, ref in documents:
                commit = self.commit(document.commit)
                source = Source(
                    repository_name(commit.files, self._settings.remote_urls()),
                    configuration_blobs(commit.files),
                    (ref,) if ref else (),
                )
                line = sign_result(document, source, signer)
                add_to_outbox(self.repository.location, {commit.id: (line,), commit.tree: (line,)})
