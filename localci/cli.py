"""The door: find the command, import only its module, turn what it raises into an exit code.

A command is a module below `localci.commands` with `configure(parser)` and `execute(arguments)`;
`execute` returns an exit code of design 4.4 or raises a LocalciError that carries one. A hook has
`answer_git(words)` beside them.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import harmless, tell
from localci.errors import INTERRUPTED, NO_VERDICT, USAGE, LocalciError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class Command(NamedTuple):
    """A command's module below `localci.commands` and its line in `localci --help`."""

    module: str
    summary: str


COMMANDS: Final = {
    "init": Command("init", "propose checks, policy, key and hook for this repository"),
    "install": Command("install", "install the pre-push hook beside what is there"),
    "uninstall": Command("uninstall", "remove the hook and give back what was there"),
    "run": Command("run", "run the checks of a commit, on exactly that commit"),
    "push": Command("push", "check first, then push note and branch over a fresh connection"),
    "status": Command("status", "which runs are under way, and how the last ones ended"),
    "wait": Command("wait", "wait for the run of a commit; ends as it does"),
    "logs": Command("logs", "what the commands of a run said"),
    "stats": Command("stats", "how deliveries and runs went, over time"),
    "explain": Command("explain", "why a check ran or was reused, and what has changed"),
    "pre-push": Command("pre_push", "the hook: run what is missing, sign, publish the note"),
    "attest": Command("attest", "sign a result document made elsewhere; runs nothing"),
    "approve": Command("approve", "consent to a change of the checks or of protected paths"),
    "sync": Command("sync", "fetch the remote's notes, deliver those that wait"),
    "notes": Command("notes", "keep a remote's notes small"),
    "verify": Command("verify", "the verdict on a commit; runs nothing of the project"),
    "pre-receive": Command("pre_receive", "a git server's hook: only attested commits come in"),
    "show": Command("show", "the results known of a commit, as a person reads them"),
    "key": Command("key", "make a signing key, or show yours"),
    "trust": Command("trust", "whom the policy trusts"),
    "policy": Command("policy", "what the policy means, and what of it can never be met"),
    "post": Command("post", "put the verdict on the forge for people to see; runs nothing"),
    "forge": Command(
        "forge", "the forge: judge what happened (in its workflow), require the check"
    ),
    "doctor": Command("doctor", "what stands in the way here, and the command that mends it"),
    "clean": Command("clean", "remove workspaces and logs that have to go, and say which"),
    "demo": Command("demo", "the whole loop in a scratch directory, a forgery refused at the end"),
}

HOOKS: Final = frozenset({"pre-push", "pre-receive"})
"""Commands that git calls with words of its own: a parser would cost them 6 ms and help nobody."""
GITS_WORDS: Final = frozenset({"push"})
"""Commands whose options are a git command's; only --help is ours."""
SIGNING_COMMANDS: Final = frozenset({"attest", "pre-push", "push"})
"""Commands that sign; `run --sign` does too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. No traceback reaches a user."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _let_go_of_the_key(argv)
        return _dispatch(argv)
    except LocalciError as error:
        _last_word(f"localci: {harmless(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        _last_word("localci: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_VERDICT
    except (OSError, MemoryError) as error:
        # The machine's fault (no process, no memory, no space), and nobody's verdict.
        reason = (isinstance(error, OSError) and error.strerror) or "out of memory"
        where = f": {error.filename}" if isinstance(error, OSError) and error.filename else ""
        _last_word(f"localci: no verdict, the system refused: {harmless(reason + where)}")
        return NO_VERDICT
    except Exception as error:  # noqa: BLE001 - the outermost guard: a bug is never a verdict
        return _report_bug(error, argv)


def _let_go_of_the_key(argv: list[str]) -> None:
    if "LOCALCI_SIGNING_KEY_FD" in os.environ:
        # Before anything else: until then others could read it out of the pipe.
        from localci.held_key import receive_key  # noqa: PLC0415 - on CI machines only

        receive_key()
    if not os.environ.get("CI_SIGNING_KEY"):
        return
    from localci.held_key import restart_without_key  # noqa: PLC0415 - on CI machines only

    signs = bool(argv) and (argv[0] in SIGNING_COMMANDS or (argv[0] == "run" and "--sign" in argv))
    restart_without_key(hand_over=signs)


def _dispatch(argv: list[str]) -> int:
    name = argv[0] if argv else ""
    if name not in COMMANDS:
        return _front_page(name)
    module = _import_command(name)
    if _is_gits(name, argv[1:]):
        answer: int = module.answer_git(argv[1:])
        return answer
    from localci.command_parser import command_parser  # noqa: PLC0415 - 6 ms that a hook is spared

    parser = command_parser(f"localci {name}", COMMANDS[name].summary)
    module.configure(parser)
    try:
        parsed = parser.parse_args(argv[1:])
    except SystemExit as stop:
        return USAGE if stop.code else 0
    code: int = module.execute(parsed)
    return code


def _is_gits(name: str, words: Sequence[str]) -> bool:
    """Tell whether the words are in git's language, and not for a parser of ours."""
    if name in GITS_WORDS:
        return words[:1] not in (["-h"], ["--help"])
    return name in HOOKS and not any(word.startswith("-") for word in words)


def _import_command(name: str) -> ModuleType:
    """Import a command's module. Ctrl-C waits for the end: within an import it can get lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return import_module(f"localci.commands.{COMMANDS[name].module}")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _front_page(name: str) -> int:
    from localci.front_page import front_page  # noqa: PLC0415 - only when nothing else is done

    return front_page(name, {command: row.summary for command, row in COMMANDS.items()})


def _report_bug(error: Exception, argv: list[str]) -> int:
    from localci.bug_report import write_bug_report  # noqa: PLC0415 - never needed, one hopes

    where = write_bug_report(argv)
    _last_word(f"localci: a bug in localci, no verdict: {type(error).__name__}; {where}")
    return NO_VERDICT


def _last_word(line: str) -> None:
    """Tell why it ends; where that cannot be told, the exit code alone says it."""
    with suppress(OSError):
        tell(line)
