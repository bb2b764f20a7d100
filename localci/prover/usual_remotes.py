"""Where notes go by what a commit's own tree says of publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.configuration import NotesSettings, PublishSettings
from localci.config.read_policy import read_policy_repositories
from localci.errors import UsageError
from localci.git.remotes import remote_addresses
from localci.prover.publish.destinations import publish_remotes

if TYPE_CHECKING:
    from localci.prover.prover import Prover


def publish_settings(prover: Prover, revision: str) -> PublishSettings:
    """Return what that commit's tree says of publishing; the defaults where it says nothing."""
    try:
        return prover.configuration(prover.commit(revision)).publish
    except UsageError:
        # A delivery does not depend on whether what is checked out can be run.
        return PublishSettings()


def notes_settings(prover: Prover, revision: str) -> NotesSettings:
    """Return what that commit's tree says of the notes' refs; the defaults likewise."""
    try:
        return prover.configuration(prover.commit(revision)).notes
    except UsageError:
        return NotesSettings()


def usual_remotes(prover: Prover) -> tuple[str, ...]:
    """Return the remotes that notes go to when nothing is pushed, by what HEAD says.

    Raises DeliveryError where HEAD names one that is none of this clone.
    """
    remotes = remote_addresses(prover.repository.location)
    try:
        repositories = read_policy_repositories(prover.commit("HEAD").files.read)
    except UsageError:
        repositories = ()
    return publish_remotes(
        publish_settings(prover, "HEAD"), remotes, repositories, push_default=prover.push_default()
    )
