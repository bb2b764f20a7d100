"""`localci doctor`: what stands in the way here, and the command that mends it."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import harmless, say
from localci.errors import LocalciError
from localci.git.command import repository_environment
from localci.git.discovery import find_repository
from localci.git.objects import ObjectReader
from localci.git.settings import read_settings
from localci.prover.attest.my_key import my_key
from localci.prover.doctor.committed_files import examine_committed_files
from localci.prover.doctor.finding import Level, exit_code, failed
from localci.prover.doctor.hook import examine_hook
from localci.prover.doctor.notes import examine_notes
from localci.prover.doctor.signing_key import examine_key
from localci.prover.doctor.space import examine_space
from localci.prover.doctor.tools import examine_tools
from localci.prover.setup.working_tree import WorkingTree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.doctor.finding import Finding

_LEAST_WIDTH: Final = 40
_INDENT: Final = " " * 18
_EPILOG = """\
Nothing is signed, fetched or changed.

exit codes: 0 nothing is in the way, 2 something of the set-up is,
4 git or GnuPG is
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes: nothing."""
    parser.epilog = _EPILOG


def execute(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes them
    """Examine, and say each finding as soon as it is there."""
    findings = []
    for finding in _examine():
        findings.append(finding)
        for line in _lines(finding):
            say(line)
    return exit_code(findings)


def _examine() -> Iterator[Finding]:
    try:
        repository = find_repository(str(Path.cwd()))
        settings = read_settings(repository)
    except LocalciError as error:
        yield from examine_tools("gpg")
        yield failed("repository", error)
        return
    yield from examine_tools(my_key(settings).program)
    key_findings, fingerprint = examine_key(repository, settings)
    yield from key_findings
    try:
        yield from _examine_repository(repository, settings, fingerprint)
    except LocalciError as error:
        yield failed("repository", error)


def _examine_repository(
    repository: RepositoryPaths, settings: GitSettings, fingerprint: str
) -> Iterator[Finding]:
    files = WorkingTree(Path(repository.location))
    yield examine_hook(repository, files)
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:
        yield from examine_committed_files(repository, objects, files, fingerprint)
        yield from examine_notes(repository, objects, settings.remote_urls())
    yield examine_space(repository)


def _lines(finding: Finding) -> Iterator[str]:
    head = f"{finding.level.value:<4}  {finding.topic:<10}  "
    yield from textwrap.wrap(
        harmless(finding.what),
        max(shutil.get_terminal_size().columns, _LEAST_WIDTH),
        initial_indent=head,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if finding.then and finding.level is not Level.OK:
        yield f"{_INDENT}-> {harmless(finding.then)}"
