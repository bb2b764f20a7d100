"""`localci attest`: sign a result document made elsewhere. Runs nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.errors import FAILED, PASSED, NoConfigurationError, UsageError
from localci.git.discovery import find_repository
from localci.held_key import take_held_key
from localci.prover.attest.foreign_result import (
    always_applying,
    read_foreign_result,
    refuse_partial,
)
from localci.prover.prover import Prover

if TYPE_CHECKING:
    import argparse

    from localci.prover.prover import Commit

_EPILOG = """\
With CI_SIGNING_KEY (an armored secret key) and CI_SIGNING_PASSPHRASE in the
environment that key
signs; otherwise your own. Two jobs keep the key away from the code under test:

  localci run --result result.json         # without the key
  localci attest --result result.json      # with the key
  localci sync                             # deliver the note

exit codes: 0 signed, 1 signed and the result is FAILED, 2 usage or key, 4 gpg
            or git broken
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument(
        "--result",
        required=True,
        metavar="FILE",
        help="the result document, `-` for standard input",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Sign the document and put the note into the outbox."""
    data = _read(arguments.result)
    with Prover(find_repository(str(Path.cwd())), take_held_key()) as prover:
        commit = prover.commit(arguments.revision)
        document = read_foreign_result(data, commit.id, commit.tree)
        refuse_partial(document, _configured_checks(prover, commit))
        prover.attest([(document, "")])
    what = "FAILED" if document.failed else "PASSED"
    say(f"signed: {what} for {commit.id}; `localci sync` or the next push delivers the note")
    return FAILED if document.failed else PASSED


def _configured_checks(prover: Prover, commit: Commit) -> tuple[str, ...]:
    """Return the checks that the commit's tree asks for wherever it goes; none without a file."""
    try:
        configuration = prover.configuration(commit)
    except NoConfigurationError:
        return ()
    return always_applying(configuration.checks)


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{harmless(path)} cannot be read: {error.strerror}") from None
