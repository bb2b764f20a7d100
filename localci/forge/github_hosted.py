"""Results of the forge's own runs: which run may have one, and its bytes, believed by nobody yet.

The run's commit, tree and time are what the API says. What the document says is judged by the
verifier, which also asks that the workflows in the tree are those of the trust commit.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError
from localci.forge.api_answer import ApiError, is_not_found, is_too_large
from localci.forge.json_path import at, list_at, number_at, text_at
from localci.formats.object_ids import is_object_id
from localci.verifier.evidence import HostedResult

if TYPE_CHECKING:
    from localci.forge.github_api import GitHubApi
    from localci.forge.github_event import ForgeQuestion, Targets
    from localci.forge.json_path import JsonValue

WORKFLOW_FILE: Final = "ci-local-hosted.yml"
WORKFLOW: Final = f".github/workflows/{WORKFLOW_FILE}"
ARTIFACT: Final = "localci-result"
DOCUMENT: Final = "result.json"
MAX_ARCHIVE: Final = 1024 * 1024
MAX_DOCUMENT: Final = 64 * 1024
"""Bytes."""


def find_hosted(
    api: GitHubApi, repository: str, question: ForgeQuestion, targets: Targets
) -> HostedResult | None:
    """Return the newest result of a hosted run for this very question, or None.

    Raises ApiError, FormatError (`malformed`) where the newest one cannot be read.
    """
    path = f"/repos/{repository}/actions/workflows/{WORKFLOW_FILE}/runs"
    try:
        runs = list(api.pages(path, "workflow_runs", head_sha=question.head, status="success"))
    except ApiError as error:
        if is_not_found(error):
            return None
        raise
    for run in sorted(runs, key=lambda run: number_at(run, "id"), reverse=True):
        if not speaks_for(run, question, repository, targets):
            continue
        artifact = _artifact(api, repository, number_at(run, "id"))
        if artifact is not None:
            return _read(api, repository, run, artifact)
    return None


def speaks_for(run: JsonValue, question: ForgeQuestion, repository: str, targets: Targets) -> bool:
    """Tell whether a run of the API is one of the hosted workflow, for this commit and target.

    A pull request's run takes its workflow from the merge with the *base*: a run for another base
    may have come from anybody's workflow.
    """
    same = (
        text_at(run, "path").partition("@")[0] == WORKFLOW
        and text_at(run, "head_sha") == question.head
        and text_at(run, "repository", "full_name") == repository
        and (text_at(run, "status"), text_at(run, "conclusion")) == ("completed", "success")
    )
    if not same:
        return False
    if text_at(run, "event") == "merge_group":
        return targets.queued_for(text_at(run, "head_branch")) == question.target
    bases = {text_at(pull, "base", "ref") for pull in list_at(run, "pull_requests")}
    return text_at(run, "event") == "pull_request" and bases <= {question.target}


def read_archive(archive: bytes) -> bytes:
    """Return the document out of an artifact's bytes. Raises FormatError (`malformed`)."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            document = _member(opened)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        KeyError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ):
        raise FormatError("malformed", "the hosted run's artifact cannot be read") from None
    if len(document) > MAX_DOCUMENT:
        raise FormatError("too-large", f"the hosted run's {DOCUMENT} is larger than 64 KiB")
    return document


def _member(opened: zipfile.ZipFile) -> bytes:
    member = opened.getinfo(DOCUMENT)
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        # GitHub writes no other, and each has errors and memory of its own.
        raise ValueError
    with opened.open(member) as file:
        return file.read(MAX_DOCUMENT + 1)


def _artifact(api: GitHubApi, repository: str, run: int) -> JsonValue:
    found = [
        artifact
        for artifact in api.pages(f"/repos/{repository}/actions/runs/{run}/artifacts", "artifacts")
        if text_at(artifact, "name") == ARTIFACT and at(artifact, "expired") is not True
    ]
    return max(found, key=lambda artifact: number_at(artifact, "id"), default=None)


def _read(
    api: GitHubApi, repository: str, run: JsonValue, artifact: JsonValue
) -> HostedResult | None:
    number = number_at(artifact, "id")
    try:
        archive = api.download(f"/repos/{repository}/actions/artifacts/{number}/zip", MAX_ARCHIVE)
    except ApiError as error:
        if is_too_large(error):
            raise FormatError("too-large", "the hosted run's artifact is over 1 MiB") from None
        raise
    document = read_archive(archive)
    tree = text_at(run, "head_commit", "tree_id")
    uploaded = _seconds(text_at(artifact, "created_at"))
    if not is_object_id(tree) or not uploaded:
        raise FormatError("malformed", "GitHub does not say of which tree, and when, the run was")
    return HostedResult(document, text_at(run, "head_sha"), tree, uploaded)


def _seconds(text: str) -> int:
    """Return an API's time in seconds since 1970; 0 where it is none."""
    try:
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError):
        return 0
