"""Run `setup`: once, and again only when what it depends on, or what it made, has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.formats.object_ids import sha256_hex
from localci.formats.strict_json import dumps_canonical
from localci.prover.plan.inputs import inputs_digest, matching_files
from localci.prover.process.running import run_command
from localci.prover.run.decision import interrupted_or_missing
from localci.prover.workspace.kept import record_kept, restore_kept

if TYPE_CHECKING:
    from localci.config.configuration import RunSettings
    from localci.prover.process.command import Command, Ended
    from localci.prover.workspace.clone import Workspace

_RECORD: Final = "setup.json"


def is_set_up(workspace: Workspace, settings: RunSettings) -> bool:
    """Tell whether nothing is to be done, after bringing `keep` back to what setup made.

    Without `keep` nothing outlives a run, and setup is done every time.
    """
    if not settings.setup:
        return True
    record = workspace.place / _RECORD
    is_kept = restore_kept(workspace.path, settings.keep, _key(workspace, settings), record)
    return is_kept and bool(settings.keep)


def set_up(workspace: Workspace, settings: RunSettings, command: Command) -> str:
    """Run the setup command and say why checks cannot follow; nothing if they can."""
    reason = _what_is_wrong(workspace, command, run_command(command))
    if not reason and settings.keep:
        # What setup makes elsewhere would be there in this run and missing in the next.
        workspace.clean(settings.keep)
        record = workspace.place / _RECORD
        record_kept(workspace.path, settings.keep, _key(workspace, settings), record)
    return reason


def _what_is_wrong(workspace: Workspace, command: Command, ended: Ended) -> str:
    if ended.timed_out:
        return f"setup did not end within {command.timeout:g} s (setup_timeout)"
    stopped = interrupted_or_missing(ended.exit_code, ended.last_line)
    if stopped:
        return f"setup: {stopped}"
    if ended.exit_code:
        return f"setup failed with exit code {ended.exit_code}"
    changed = workspace.changed_files()
    return f"setup changed tracked files: {name_some(changed)}" if changed else ""


def name_some(paths: tuple[str, ...]) -> str:
    """Name the first paths and say how many there are beside them."""
    most = 5
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _key(workspace: Workspace, settings: RunSettings) -> str:
    """Return a digest of what setup depends on; without `setup_inputs` that is every file."""
    files = matching_files(workspace.files, settings.setup_inputs)
    return sha256_hex(
        dumps_canonical(
            {
                "setup": settings.setup,
                "keep": list(settings.keep),
                "env": dict(settings.env or {}),
                "inputs": inputs_digest(files),
            }
        )
    )
