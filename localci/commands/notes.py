"""`localci notes compact`: keep the notes of a remote small. Runs and signs nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import CONFIGURATION_FILE
from localci.config.durations import parse_duration
from localci.console import complain, harmless, say
from localci.errors import NO_VERDICT, PASSED, LocalciError, NoConfigurationError, UsageError
from localci.formats.figures_text import counted
from localci.formats.object_ids import made_by_sha256
from localci.formats.repository_name import is_address
from localci.formats.timestamps import format_day
from localci.git.discovery import find_repository
from localci.git.remotes import push_targets, remote_addresses
from localci.prover.prover import Prover
from localci.prover.publish.compaction import Compaction
from localci.prover.publish.refusals import without_credentials
from localci.prover.setup.consent import YES, ask
from localci.prover.usual_remotes import usual_remotes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target
    from localci.prover.publish.compaction_survey import Survey

_DAY: Final = 86_400
_EPILOG = """\
A note goes where no branch and no tag of the remote leads to what it is on, and
all its lines are older than `[notes] keep` of localci.toml, or than --keep. It
is shown first, and you are asked. History is not rewritten.

exit codes: 0 done or nothing to do, 2 usage or configuration, 4 not done

examples:
  localci notes compact --dry-run     what would go from the usual remote
  localci notes compact upstream --keep 90d --yes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    compact = actions.add_parser(
        "compact",
        help="take old notes away that no branch or tag needs",
        description="Take notes away from a remote that are older than `[notes] keep` and on no"
        " commit or tree that any branch or tag of it leads to. Shows them first, and asks.",
        allow_abbrev=False,
    )
    compact.formatter_class = parser.formatter_class
    compact.epilog = _EPILOG
    compact.add_argument(
        "remote",
        nargs="?",
        default="",
        metavar="REMOTE",
        help="a name or a URL; default: the policy's repository",
    )
    compact.add_argument(
        "--keep", default="", metavar="90d", help="how long notes stay; not below `[notes] keep`"
    )
    compact.add_argument("--dry-run", action="store_true", help="only say what would go")
    compact.add_argument("--yes", action="store_true", help="do it without asking; for machines")


def execute(arguments: argparse.Namespace) -> int:
    """Show what can go from each place that the remote stands for, ask, and take it away."""
    paths = find_repository(str(Path.cwd()))
    with Prover(paths, None) as prover:
        head = prover.commit("HEAD").id
        keep = _keep(arguments.keep, _configured(prover))
        remotes = (arguments.remote,) if arguments.remote else usual_remotes(prover)
    if arguments.remote:
        _refuse_unknown(paths, arguments.remote)
    if not remotes:
        raise UsageError("this repository has no remote `origin`", then="name one: `… REMOTE`")
    code = PASSED
    for target in (one for name in remotes for one in push_targets(paths.location, name)):
        try:
            with Compaction(
                paths, target, time.time() - keep, sha256=made_by_sha256(head)
            ) as compaction:
                _compact(compaction, target, keep, arguments)
        except UsageError:
            raise
        except LocalciError as error:
            complain(error)
            code = NO_VERDICT
    return code


def _configured(prover: Prover) -> float | None:
    try:
        return prover.configuration(prover.commit("HEAD")).notes.keep
    except NoConfigurationError:
        return None


def _keep(asked: str, configured: float | None) -> float:
    """Return for how many seconds notes stay. Raises UsageError."""
    if not asked:
        if configured is None:
            raise UsageError(
                "nobody says how long notes are kept",
                then=f'write `[notes]` with `keep = "90d"` into {CONFIGURATION_FILE} and commit '
                "it, or say --keep 90d",
            )
        return configured
    seconds = parse_duration(asked)
    if seconds is None or seconds < _DAY:
        raise UsageError(f"--keep {asked} is no span of time of a day at least", then="like 90d")
    if configured is not None and seconds < configured:
        raise UsageError(
            f"--keep {asked} is shorter than `[notes] keep` of {CONFIGURATION_FILE}",
            then="change it there, where all see it",
        )
    return seconds


def _refuse_unknown(paths: RepositoryPaths, remote: str) -> None:
    if remote not in remote_addresses(paths.location) and not is_address(remote):
        raise UsageError(
            f"there is no remote {remote}", then="`git remote -v` lists those there are"
        )


def _compact(
    compaction: Compaction, target: Target, keep: float, arguments: argparse.Namespace
) -> None:
    name = harmless(without_credentials(target.name))
    survey = compaction.survey()
    for line in _lines(survey, keep):
        say(f"{name}: {line}")
    if not survey.going or arguments.dry_run:
        return
    what = counted(len(survey.going), "note")
    if not arguments.yes:
        nobody = UsageError(
            "nothing was changed: there is no terminal to ask on",
            then="`localci notes compact --yes`",
        )
        if ask(f"take {what} off {name}?", nobody) != YES:
            say(f"{name}: nothing was changed")
            return
    gone = compaction.take_away(survey.going)
    say(f"{name}: {counted(gone, 'note')} taken away")


def _lines(survey: Survey, keep: float) -> Iterator[str]:
    if not survey.notes:
        yield "no notes"
        return
    yield f"{counted(survey.notes, 'note')}, {survey.needed} on what a branch or tag leads to"
    if survey.young:
        yield f"younger than {_span(keep)}: {survey.young}"
    if survey.undated:
        yield f"with a line that does not say when it was made: {survey.undated}"
    if not survey.going:
        yield "nothing has to go"
        return
    span = f"made {format_day(survey.oldest)} to {format_day(survey.newest)}"
    yield f"{counted(len(survey.going), 'note')} can go, {span}"


def _span(seconds: float) -> str:
    days = seconds / _DAY
    return counted(int(days), "day") if days == int(days) else f"{days:.1f} days"
