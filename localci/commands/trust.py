"""`localci trust`: whom the policy in the working directory trusts, and one more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.policy import POLICY_FILE, ROLES
from localci.console import harmless, say
from localci.errors import PASSED, UsageError
from localci.formats.timestamps import format_timestamp
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.gpg.keyring import Keyring
from localci.prover.attest.my_key import my_key
from localci.prover.setup.signers import NewSigner, add_signer, only_public, read_trusted
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.config.policy import Signer
    from localci.git.discovery import RepositoryPaths
    from localci.gpg.certificate import Certificate

_EPILOG = """\
Whom the policy of the trusted branch names, counts; a change here does once
it is merged there.

examples:
  localci trust add                          my own key
  localci trust add bob.asc --name bob@example.org --role maintainer
  localci trust list
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser(
        "add",
        help="write a key file and an entry of the policy",
        description="Write a public key below .localci/keys/ and a [[signer]] at the end of the"
        " policy, in the working directory. Nothing is committed.",
        allow_abbrev=False,
    )
    source = add.add_mutually_exclusive_group()
    source.add_argument(
        "file", nargs="?", default="", metavar="FILE",
        help="a public key, `-` for standard input; default: my own",
    )  # fmt: skip
    source.add_argument("--key", default="", metavar="FPR", help="a public key of my keyring")
    add.add_argument("--name", default="", help="the person; default: the key's email address")
    add.add_argument(
        "--role",
        action="append",
        default=[],
        choices=sorted(ROLES),
        help="may be repeated; default: developer",
    )
    actions.add_parser(
        "list",
        help="who is trusted, by which key, as what, and when",
        description="Show each signer of the working directory's policy: name, fingerprint, roles,"
        " and since and until when the key counts.",
        allow_abbrev=False,
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    repository = find_repository(str(Path.cwd()))
    if arguments.action == "list":
        _list(repository)
    else:
        _add(repository, arguments)
    return PASSED


def _add(repository: RepositoryPaths, arguments: argparse.Namespace) -> None:
    files = working_tree(repository)
    certificate = _certificate(repository, arguments)
    new = NewSigner(certificate, arguments.name, tuple(arguments.role))
    addition = add_signer(files.read, new)
    signer = addition.signer
    if not addition.files:
        say(harmless(f"{signer.name} is trusted already, by {signer.fingerprint}"))
        return
    files.write(addition.files)
    say(harmless(f"added {signer.name} ({_roles(signer)}) with the key {signer.fingerprint}"))
    for path in addition.files:
        say(harmless(f"  {path}"))
    if arguments.file:
        say("compare the fingerprint with its owner before you commit")
    say("it counts once it is on the trusted branch: `git add .localci`, commit, push")


def _certificate(repository: RepositoryPaths, arguments: argparse.Namespace) -> Certificate:
    if arguments.file:
        return only_public(_read(arguments.file), arguments.file)
    mine = my_key(read_settings(repository))
    keyring = Keyring(program=mine.program)
    fingerprint = arguments.key or keyring.signing_key(mine.wanted).primary
    return only_public(keyring.export_armored(fingerprint).encode("ascii"), fingerprint)


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _list(repository: RepositoryPaths) -> None:
    signers = read_trusted(working_tree(repository).read).signers
    for signer in signers:
        say(harmless(signer.name))
        say(f"  {signer.fingerprint}  {_roles(signer)}")
        for line in _validity(signer):
            say(harmless(f"  {line}"))
    if not signers:
        say(f"{POLICY_FILE} names no signer; `localci trust add` adds your key")


def _roles(signer: Signer) -> str:
    return ", ".join(sorted(signer.roles))


def _validity(signer: Signer) -> Iterator[str]:
    if signer.not_before is not None:
        yield f"from {_day(signer.not_before)}"
    if signer.not_after is not None:
        yield f"until {_day(signer.not_after)}, not included"
    if signer.revoked is not None:
        yield f"REVOKED on {_day(signer.revoked.at)}: {signer.revoked.reason or 'no reason given'}"


def _day(seconds: int) -> str:
    return format_timestamp(seconds)[:10]
