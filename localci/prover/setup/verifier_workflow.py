"""The workflow that lets a forge judge: a copy of localci's own, made out for this repository."""

from __future__ import annotations

import json
import re
from importlib import resources
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from localci.errors import LocalciError
from localci.formats.repository_name import normalise_repository

WORKFLOW_FILE: Final = ".github/workflows/ci-local-verifier.yml"
FORGE: Final = "github.com/"
"""What the normal form of a repository starts with that can use it."""

_NAME: Final = "ci-local-verifier.yml"
_DISTRIBUTION: Final = "git-localci"
_BRANCHES: Final = re.compile(r"(?m)^(    branches: )\[main\]")
_USES: Final = re.compile(r"(?m)^(      - uses: )(acme/localci@[0-9a-f]{40})( #.*)?$")
_REPOSITORY: Final = re.compile(r"github\.com/([\w.-]+/[\w.-]+)", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def propose_workflow(default_branch: str, action: str) -> bytes:
    """Return the workflow for that branch; `action` is `owner/name@commit`, "" for the example's.

    Raises LocalciError where localci is not installed whole.
    """
    text, found = _BRANCHES.subn(
        lambda match: f"{match[1]}[{_pattern(default_branch)}]", _shipped()
    )
    used = bool(_USES.search(text))
    if found != 1 or not used:
        raise LocalciError(f"localci is not installed whole: {_NAME} is not what it was")
    if action:
        text = _USES.sub(lambda match: match[1] + action, text)
    return text.encode("utf-8")


def names_example(workflow: bytes) -> bool:
    """Tell whether a proposed workflow still names the example in place of a copy of localci."""
    return _USES.search(workflow.decode("utf-8")) is not None


def installed_action() -> str:
    """Return the `owner/name@commit` on GitHub that localci was installed from, "" for elsewhere.

    pip writes that down (PEP 610) for `pip install git+https://github.com/owner/name`.
    """
    try:
        return read_action(distribution(_DISTRIBUTION).read_text("direct_url.json") or "")
    except PackageNotFoundError:
        return ""


def read_action(direct_url: str) -> str:
    """Return the same out of the bytes of a `direct_url.json`."""
    try:
        found = json.loads(direct_url)
        commit, url = found["vcs_info"]["commit_id"], found["url"]
    except (ValueError, KeyError, TypeError):
        return ""
    if not isinstance(commit, str) or not isinstance(url, str):
        return ""
    repository = _REPOSITORY.fullmatch(normalise_repository(url))
    return f"{repository[1]}@{commit}" if repository and _COMMIT.fullmatch(commit) else ""


def _pattern(branch: str) -> str:
    """Return a branch as a pattern of GitHub in YAML's flow style."""
    if branch == "main":
        return branch
    # Patterns give a meaning to these two, which a branch may have in its name.
    return json.dumps(re.sub(r"([+!])", r"\\\1", branch))


def _shipped() -> str:
    """Return the workflow: in the wheel beside the modules, in a checkout where GitHub wants it."""
    package = resources.files("localci")
    for place in (package / "workflows" / _NAME, package / ".." / WORKFLOW_FILE):
        if place.is_file():
            return place.read_text("utf-8")
    raise LocalciError(f"localci is not installed whole: {_NAME} is missing")
