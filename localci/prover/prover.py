"""What the prover knows of one repository, and what it signs there: commits, plans, results, keys.

A run is `localci.prover.commit_run`, a push `localci.prover.missing_results`; both ask here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.read_configuration import read_configuration
from localci.config.toml_file import nearest_name
from localci.errors import GitError, UsageError
from localci.git.command import repository_environment, without_fetching
from localci.git.listing import list_tree
from localci.git.objects import ObjectReader, refuse_missing_head, tree_of_commit
from localci.git.settings import read_settings
from localci.git.tree_files import TreeFiles
from localci.prover.attest.identity import configuration_blobs, repository_name
from localci.prover.attest.lookup import look_up
from localci.prover.attest.own_results import own_results
from localci.prover.attest.statements import Source, sign_approval
from localci.prover.circumstances import branch_of, checked_out, circumstances
from localci.prover.plan.plan import ALL, plan_run
from localci.prover.record.run_journal import RunJournal
from localci.prover.workspace.odd_trees import explain_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from localci.config.configuration import Configuration
    from localci.formats.approval import Approval
    from localci.formats.result import ResultDocument
    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile
    from localci.held_key import HeldKey
    from localci.prover.attest.lookup import PushedCommit
    from localci.prover.attest.own_results import OwnResult
    from localci.prover.attest.signer import SignerSource
    from localci.prover.circumstances import Destination
    from localci.prover.plan.plan import Circumstances, Plan, PlannedCheck
    from localci.prover.plan.pushes import Push
    from localci.prover.publish.lines import Lines
    from localci.prover.reuse.store import Stored


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
        self.holds_key = held is not None
        self._held = held
        self._listings: dict[str, tuple[TreeFile, ...]] = {}
        self.journal = RunJournal(repository.common_dir)

    @cached_property
    def _source(self) -> SignerSource:
        from localci.prover.attest.choose_signer import choose_signer  # noqa: PLC0415 - gnupg: 20 ms

        return choose_signer(self._settings, self._held, self.repository.location)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._objects.close()
        self.journal.close()

    def commit(self, revision: str) -> Commit:
        """Return the commit that a name leads to. Raises UsageError, and GitError for damage."""
        found = self._objects.read(f"{revision}^{{commit}}")
        if found is None or found.kind != "commit":
            if self._objects.read("HEAD") is None:
                refuse_missing_head(self.repository.git_dir, self._environment)
                raise UsageError("this repository has no commit yet", then="make one: `git commit`")
            raise UsageError(f"{revision} names no commit here", then="`git log` shows them")
        tree = tree_of_commit(found.body)
        return Commit(found.id, tree, TreeFiles(self._objects, tree))

    def configuration(self, commit: Commit) -> Configuration:
        """Return what the commit's own tree says is to be run. Raises UsageError."""
        return read_configuration(commit.files.read)

    def listing(self, commit: Commit) -> tuple[TreeFile, ...]:
        """Return all files of the commit's tree; nothing is fetched.

        Raises GitError, WorkspaceError where a partial clone left something of it out.
        """
        if commit.id in self._listings:
            return self._listings[commit.id]
        try:
            listed = list_tree(
                commit.id,
                directory=self.repository.git_dir,
                environment=without_fetching(self._environment),
            )
        except GitError as error:
            raise explain_missing(self.repository, error) from None
        self._listings[commit.id] = listed
        return listed

    def circumstances(
        self, commit: Commit, configuration: Configuration, to: Destination
    ) -> Circumstances:
        """Return what `when` and `runs_on` of the checks may ask of a commit that goes there."""
        return circumstances(self.repository, self._settings, configuration, commit.id, to)

    def plan(self, commit: Commit, configuration: Configuration, to: Destination) -> Plan:
        """Return all the checks that apply to a commit that goes there. Raises UsageError."""
        around = self.circumstances(commit, configuration, to)
        return plan_run(configuration, self.listing(commit), ALL, around)

    def destination(self, branch: str) -> Destination:
        """Return where a commit on a branch will go, as far as git's settings say."""
        return checked_out(self._settings, branch)

    def push_default(self) -> str:
        """Return the remote that is named for pushes of what is checked out; empty: none is."""
        branch = branch_of(self.repository, "HEAD")
        default = self._settings.get("remote.pushdefault")
        return self._settings.get(f"branch.{branch}.pushremote", default)

    def refuse_unknown_remote(self, remote: str) -> None:
        """Raise UsageError for the name of a remote that git does not know here.

        Where a commit goes may also be a URL or a path.
        """
        known = sorted(self._settings.remote_urls())
        is_place = ":" in remote or Path(self.repository.location, remote).exists()
        if remote not in known and not is_place:
            raise UsageError(f"there is no remote {remote}", then=nearest_name(remote, known))

    def teammates(
        self, commit: Commit, remote: str
    ) -> Callable[[Sequence[PlannedCheck], str], Mapping[str, Stored]]:
        """Return what finds results of others for a commit's checks, under an isolation."""
        # Only where a policy asks for it.
        from localci.prover.publish.exchange import glance  # noqa: PLC0415
        from localci.prover.reuse.team import (  # noqa: PLC0415
            TeamRequest,
            objects_near,
            team_results,
        )

        def find(wanted: Sequence[PlannedCheck], isolation: str) -> Mapping[str, Stored]:
            near = tuple(dict.fromkeys(objects_near(self._objects, commit.id, commit.tree)))
            glance(self.repository, remote, self.configuration(commit).notes.shards, near)
            request = TeamRequest(
                self.repository.common_dir, commit.id, commit.tree, remote, isolation, time.time()
            )
            return team_results(self._objects, commit.files, request, wanted)

        return find

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
        from localci.prover.attest.origins import sign_with_origins  # noqa: PLC0415 - a run does not

        with self._source.open() as signer:
            for document, ref in documents:
                source_of = partial(self._source_of, pushed=document.commit, ref=ref)
                lines = sign_with_origins(document, source_of, signer, self.repository.common_dir)
                self._put_into_outbox(lines)

    def _source_of(self, commit_id: str, pushed: str, ref: str) -> Source:
        """Return where a statement on a commit comes from: the pushed one, or one it reuses.

        Of a reused one that is gone from this repository its name is all that can be said.
        """
        try:
            commit = self.commit(commit_id)
        except UsageError:
            return Source(self._repository_name(self.commit(pushed)))
        refs = (ref,) if ref and commit_id == pushed else ()
        return Source(self._repository_name(commit), configuration_blobs(commit.files), refs)

    def _repository_name(self, commit: Commit) -> str:
        return repository_name(commit.files, self._settings.remote_urls())

    def approve(self, approval: Approval) -> None:
        """Sign an approval and put it in the outbox. Raises LocalciError."""
        with self._source.open() as signer:
            line = sign_approval(approval, signer)
        subject = approval.subject
        self._put_into_outbox({subject.commit: (line,), subject.tree: (line,)})

    def _put_into_outbox(self, lines: Lines) -> None:
        from localci.prover.publish.outbox import add_to_outbox  # noqa: PLC0415 - tenacity: 7 ms

        add_to_outbox(self.repository.location, lines)

    def key_fingerprint(self) -> str:
        """Return the fingerprint of my key. Raises LocalciError where there is none."""
        return self._source.public_key().fingerprint
