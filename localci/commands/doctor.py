"""`localci doctor`: what stands in the way here, and the command that mends it."""

from __future__ import annotations

import shutil
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import harmless, say
from localci.errors import LocalciError
from localci.forge.settings.change import Advice, Change
from localci.git.command import repository_environment
from localci.git.discovery import find_repository
from localci.git.objects import ObjectReader
from localci.git.settings import read_settings
from localci.prover.attest.my_key import my_key
from localci.prover.doctor.committed_files import examine_committed_files
from localci.prover.doctor.contention import examine_contention
from localci.prover.doctor.deliveries import examine_deliveries
from localci.prover.doctor.finding import Level, doubtful, exit_code, failed, fine, wrong
from localci.prover.doctor.hook import examine_hook
from localci.prover.doctor.notes import examine_notes
from localci.prover.doctor.signing_key import examine_key
from localci.prover.doctor.space import examine_space
from localci.prover.doctor.tools import examine_tools
from localci.prover.setup.verifier_workflow import WORKFLOW_FILE
from localci.prover.setup.working_tree import WorkingTree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.forge.settings.change import Step
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.doctor.finding import Finding

_LEAST_WIDTH: Final = 40
_INDENT: Final = " " * 18
_FORGE: Final = "forge"
_SETUP: Final = "localci forge setup"
_EPILOG = """\
Nothing is signed, fetched or changed, and nobody is asked over a network, but
for --forge.

exit codes: 0 nothing is in the way, 2 something of the set-up is,
4 git or GnuPG is
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--forge", action="store_true", help="ask the forge, too, whether it requires the check"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Examine, and say each finding as soon as it is there."""
    findings = []
    for finding in _examine(asks_forge=arguments.forge):
        findings.append(finding)
        for line in _lines(finding):
            say(line)
    return exit_code(findings)


def _examine(*, asks_forge: bool) -> Iterator[Finding]:
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
    if asks_forge:
        yield from _examine_forge(repository, settings)


def _examine_repository(
    repository: RepositoryPaths, settings: GitSettings, fingerprint: str
) -> Iterator[Finding]:
    files = WorkingTree(Path(repository.location))
    yield examine_hook(repository, files)
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:
        yield from examine_committed_files(repository, objects, files, fingerprint)
        yield from examine_notes(repository, objects, settings.remote_urls())
    yield from examine_deliveries(repository, time.time())
    yield from examine_contention(repository, time.time())
    yield examine_space(repository)


def _examine_forge(repository: RepositoryPaths, settings: GitSettings) -> Iterator[Finding]:
    """Yield what the forge's settings lack; nothing is changed there."""
    # Without --forge nobody waits for these.
    from localci.commands.forge_setup import connect, find_forge  # noqa: PLC0415
    from localci.forge.settings.code_owners import find_unowned  # noqa: PLC0415
    from localci.forge.settings.github import Wishes, draw_up  # noqa: PLC0415

    try:
        place = find_forge(repository, settings)
        api = connect(place, repository)
        plan = draw_up(api, place.repository, Wishes(), WORKFLOW_FILE)
        unowned = find_unowned(WorkingTree(Path(repository.location)).read)
    except LocalciError as error:
        yield failed(_FORGE, error)
        return
    yield from map(_forge_finding, plan.steps)
    if not plan.is_judged:
        what = f"nothing on {plan.default_branch} writes the check"
        yield wrong(_FORGE, what, f"bring {WORKFLOW_FILE} there")
    if unowned:
        what = f"no code owner is named for {' and '.join(unowned)}"
        yield doubtful(_FORGE, what, f"{_SETUP} --owner @team")


def _forge_finding(step: Step) -> Finding:
    if isinstance(step, Change):
        added = "; ".join(line[2:] for line in step.lines if line.startswith("+"))
        return wrong(_FORGE, f"missing in {step.where}: {added}", _SETUP)
    if isinstance(step, Advice):
        return doubtful(_FORGE, step.what, step.then.strip("`"))
    return fine(_FORGE, step.what)


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
