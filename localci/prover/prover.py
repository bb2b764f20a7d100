"""The prover at work in one repository: plan → run → sign → outbox → remote.

Commands call its methods in that order; each is a step of design 1 and nothing else.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.config.read_configuration import read_configuration
from localci.console import complain
from localci.errors import PASSED, LocalciError, UsageError
from localci.git.command import repository_environment, run_git
from localci.git.listing import parse_listing
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.settings import read_settings
from localci.git.tree_files import TreeFiles
from localci.prover.attest.choose_signer import choose_signer
from localci.prover.attest.identity import configuration_blobs, repository_name
from localci.prover.attest.lookup import look_up
from localci.prover.attest.own_results import own_results
from localci.prover.attest.pending import keep_result
from localci.prover.attest.statements import Source, new_run_id, sign_approval, sign_result
from localci.prover.plan.plan import plan_run
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
    from localci.formats.approval import Approval
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
        self._holds_key = held is not None
        self._source: SignerSource = choose_signer(self._settings, held, repository.location)

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
        document, code = self._run(commit, branch, configuration, plan)
        if document is not None and plan.whole and code == PASSED:
            self.keep(document)
        return document, code

    def run_as_defined_at(
        self, commit: Commit, branch: str, definer: Commit
    ) -> tuple[ResultDocument | None, int]:
        """Run on a commit the checks that another one defines, and tell what comes out.

        Such a result is never kept: the next push would sign it as the commit's own. Raises
        LocalciError.
        """
        configuration = self.configuration(definer)
        return self._run(commit, branch, configuration, self.plan(commit, configuration, ()))

    def _run(
        self, commit: Commit, branch: str, configuration: Configuration, plan: Plan
    ) -> tuple[ResultDocument | None, int]:
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
        return document, outcome.exit_code

    def keep(self, document: ResultDocument) -> None:
        """Keep a result for the next push; where that fails say so, and lose nothing else by it."""
        try:
            keep_result(self.repository.common_dir, document)
        except LocalciError as error:
            complain(error)

    def look_up(self, push: Push) -> Sequence[PushedCommit]:
        """Return the commits of a push and what of mine is known of each. Raises UsageError."""
        return look_up(self._objects, push, self._source.public_key, time.time())

    def own_results(self, object_id: str, remote: str) -> Iterator[OwnResult]:
        """Yield the results of mine that hang on a commit or tree, the newest first."""
        return own_results(self._objects, object_id, remote, self._source.public_key)

    def examine_key(self) -> None:
        """Raise LocalciError now for what would keep the result from being signed."""
        self._source.examine()

    def attest(self, documents: Sequence[tuple[ResultDocument, str]]) -> None:
        """Sign results, each with the ref it is pushed to (or none), and put them in the outbox.

        Raises LocalciError; what is not signed then is not lost by that.
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

    def approve(self, approval: Approval) -> None:
        """Sign an approval and put it in the outbox. Raises LocalciError."""
        with self._source.open() as signer:
            line = sign_approval(approval, signer)
        subject = approval.subject
        add_to_outbox(self.repository.location, {subject.commit: (line,), subject.tree: (line,)})

    def key_fingerprint(self) -> str:
        """Return the fingerprint of my key. Raises LocalciError where there is none."""
        return self._source.public_key().fingerprint
