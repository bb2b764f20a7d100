"""Run `setup`: once, and again only when what it depends on, or what it made, has changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained
from localci.prover.process.running import run_command
from localci.prover.run.decision import interrupted_or_missing
from localci.prover.workspace.editable_installs import kept_that_looks_outside
from localci.prover.workspace.kept import is_as_made, record_kept, restore_kept
from localci.prover.workspace.setup_key import setup_key

if TYPE_CHECKING:
    from localci.config.configuration import RunSettings
    from localci.prover.isolation.isolation import Isolation
    from localci.prover.process.command import Command, Ended, Span
    from localci.prover.workspace.workspace import Workspace

_RECORD: Final = "setup.json"


def is_set_up(workspace: Workspace, settings: RunSettings) -> bool:
    """Tell whether nothing is to be done, after bringing `keep` back to what setup made.

    Without `keep` nothing outlives a run, and setup is done every time. In the user's own work tree
    nothing is removed: setup is done again where something of what it made is missing or changed.
    """
    if not settings.setup:
        return True
    bring_back = restore_kept if workspace.is_ours else is_as_made
    key = setup_key(workspace.files, settings)
    is_kept = bring_back(workspace.path, settings.keep, key, workspace.place / _RECORD)
    return is_kept and bool(settings.keep)


def set_up(
    workspace: Workspace,
    settings: RunSettings,
    command: Command,
    isolation: Isolation | None = None,
) -> tuple[str, Span]:
    """Run the setup command and say why checks cannot follow, nothing if they can; and its span."""
    ended = run_command(command, isolation)
    reason = _what_is_wrong(workspace, settings, command, ended)
    if not reason and settings.keep:
        # What setup makes elsewhere would be there in this run and missing in the next.
        workspace.clean(settings.keep)
        key = setup_key(workspace.files, settings)
        record_kept(workspace.path, settings.keep, key, workspace.place / _RECORD)
    return reason, ended.span


def _what_is_wrong(
    workspace: Workspace, settings: RunSettings, command: Command, ended: Ended
) -> str:
    if ended.fault:
        return f"setup: {ended.fault}"
    if ended.timed_out:
        return f"setup did not end within {command.timeout:g} s (setup_timeout)"
    stopped = interrupted_or_missing(ended.exit_code, ended.last_line)
    if stopped:
        return f"setup: {stopped}"
    if ended.exit_code:
        return f"setup failed with exit code {ended.exit_code}"
    changed = workspace.changed_by_setup()
    if changed:
        return f"setup changed tracked files: {name_some(changed)}"
    outside = _leads_outside(workspace, settings)
    return f"setup made {outside}, which leads into the working directory" if outside else ""


def _leads_outside(workspace: Workspace, settings: RunSettings) -> Path | None:
    """Return what would have checks read the user's own files; in place that is what is meant."""
    if not workspace.is_ours:
        return None
    main = Path(workspace.source.common_dir)
    worktrees = [workspace.source.worktree, str(main.parent) if main.name == ".git" else ""]
    with explained(str(workspace.path)):
        return kept_that_looks_outside(
            workspace.path, settings.keep, [path for path in worktrees if path]
        )


def name_some(paths: tuple[str, ...]) -> str:
    """Name the first paths and say how many there are beside them."""
    most = 5
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more
