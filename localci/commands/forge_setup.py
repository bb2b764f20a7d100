"""`localci forge setup`: the forge's own settings, shown first, then merged into what is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import harmless, say
from localci.errors import PASSED, LocalciError, UsageError
from localci.forge.dialect import GITHUB
from localci.forge.posting.place import find_place
from localci.forge.posting.remote_url import remote_url
from localci.forge.posting.token import find_token
from localci.forge.rest_api import RestApi
from localci.forge.settings.change import Advice, Standing
from localci.forge.settings.code_owners import merge_owners
from localci.forge.settings.github import Wishes, confirm, draw_up, write
from localci.forge.settings.shown import difference
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.prover.setup.trusted_branch import trusted_remote
from localci.prover.setup.verifier_workflow import (
    WORKFLOW_FILE,
    installed_action,
    names_example,
    propose_workflow,
)
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping

    from localci.forge.posting.posting import Place
    from localci.forge.settings.code_owners import OwnersFile
    from localci.forge.settings.github import Plan
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.setup.working_tree import WorkingTree

_SETTINGS_FORGE: Final = "github"


def execute(arguments: argparse.Namespace) -> int:
    """Show the difference, ask, write, and say what comes next."""
    if arguments.app < 0:
        raise UsageError(f"{arguments.app} is the id of no app")
    repository = find_repository(str(Path.cwd()))
    settings = read_settings(repository)
    files = working_tree(repository)
    place = find_forge(repository, settings, arguments.remote)
    api = connect(place, repository)
    wishes = Wishes(arguments.target, arguments.app, arguments.require_code_owners)
    plan = draw_up(api, place.repository, wishes, WORKFLOW_FILE)
    owners = merge_owners(files.read, arguments.owner) if arguments.owner else None
    written = _files(files, plan, owners)
    _say_all(_shown(plan, files, written))
    if owners is not None:
        _say_all(f"  kept in {owners.path}: {line}" for line in owners.kept)
    if not plan.changes and not written:
        say("nothing to change")
        return PASSED
    before = {path: files.read(path) for path in written}
    if not arguments.yes and not _consents():
        say("nothing was changed")
        return PASSED
    _refuse_changed(files, before)
    files.write(written)
    _say_all(f"wrote {path}" for path in written)
    _say_all(_next_lines(written))
    _write_settings(api, plan)
    return PASSED


def find_forge(repository: RepositoryPaths, settings: GitSettings, remote: str = "") -> Place:
    """Return the place of a remote, the usual one for "". Raises UsageError."""
    name = remote or trusted_remote(settings)
    if not name:
        raise UsageError("there is no remote", then="`git remote add origin URL`")
    place = find_place(remote_url(repository, name), settings, os.environ)
    if place.forge != _SETTINGS_FORGE:
        raise UsageError(
            f"the settings of {place.forge} are not localci's to change",
            then="docs/forge/settings.md says what to set by hand",
        )
    return place


def connect(place: Place, repository: RepositoryPaths) -> RestApi:
    """Return a connection to the forge's API. Raises UsageError where there is no token."""
    return RestApi(GITHUB, place.api, find_token(place, os.environ, repository))


def _files(files: WorkingTree, plan: Plan, owners: OwnersFile | None) -> Mapping[str, bytes]:
    """Return the files to write, by their paths."""
    written: dict[str, bytes] = {}
    if files.read(WORKFLOW_FILE) is None:
        written[WORKFLOW_FILE] = propose_workflow(plan.default_branch, installed_action())
    if owners is not None and owners.after != owners.before:
        written[owners.path] = owners.after.encode("utf-8", "surrogateescape")
    return written


def _shown(plan: Plan, files: WorkingTree, written: Mapping[str, bytes]) -> Iterator[str]:
    yield f"{plan.repository}:"
    for step in plan.steps:
        if isinstance(step, Standing):
            yield f"  {step.what}"
    for step in plan.changes:
        yield f"  {step.where}:"
        yield from (f"    {line}" for line in step.lines)
    for path, data in written.items():
        yield f"  {path}, in your working directory:"
        if path == WORKFLOW_FILE:
            yield "    + the workflow that writes the check; it runs nothing of the project"
        else:
            yield from (
                f"    {line}" for line in difference(_lines(files.read(path)), _lines(data))
            )
    for step in plan.steps:
        if isinstance(step, Advice):
            yield f"  left to you: {step.what}"
            yield f"    -> {step.then}"


def _refuse_changed(files: WorkingTree, before: Mapping[str, bytes | None]) -> None:
    """Raise LocalciError where a file is not what it was when the change was shown."""
    changed = next((path for path, data in before.items() if files.read(path) != data), None)
    if changed is not None:
        raise LocalciError(
            f"{changed} was changed by somebody meanwhile; nothing was written",
            then="`localci forge setup` shows what is there now",
        )


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "surrogateescape").splitlines()


def _consents() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was changed: there is no terminal to ask on",
            then="`localci forge setup --yes`",
        )
    try:
        return input("Proceed? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _write_settings(api: RestApi, plan: Plan) -> None:
    if not plan.changes:
        return
    if not plan.is_judged:
        raise LocalciError(
            f"the check is not required yet: nothing on {plan.default_branch} writes it, and to "
            "require it now would keep every pull request out",
            then=f"bring {WORKFLOW_FILE} there, then `localci forge setup` again",
        )
    for change in plan.changes:
        write(api, plan.repository, change)
        say(harmless(f"changed on GitHub: {change.where}"))
    confirm(api, plan)


def _next_lines(written: Mapping[str, bytes]) -> Iterator[str]:
    if not written:
        return
    yield "next:"
    if names_example(written.get(WORKFLOW_FILE, b"")):
        yield f"  edit {WORKFLOW_FILE}:"
        yield "    after `uses:`, your copy of localci on GitHub, by its commit"
    yield f"  git add {' '.join(written)}"
    yield '  git commit -m "Let the forge require localci"'


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(harmless(line))
