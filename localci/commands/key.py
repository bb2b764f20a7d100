"""`localci key`: make, list and export a signing key, hand over to a new one, take one back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from localci.commands.key_life import Here, generate, revoke, rotate, say_all
from localci.console import harmless, say
from localci.errors import PASSED, UsageError
from localci.formats.timestamps import format_day
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.gpg.key_generation import ALGORITHMS, DEFAULT_ALGORITHM
from localci.gpg.keyring import Keyring, now
from localci.prover.attest.my_key import my_key
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.setup.own_key import VALIDITY

if TYPE_CHECKING:
    import argparse

    from localci.git.settings import GitSettings
    from localci.gpg.keyring import SecretKey

_EPILOG = """\
examples:
  localci key generate            an Ed25519 key, gpg asks for its passphrase
  localci key generate --no-passphrase --name Runner --email ci@example.org
  localci key list                * stands before the one that signs here
  localci key export > ada.asc    for whoever keeps the policy, who types
                                  `localci trust add ada.asc`
  localci key rotate              a new key beside mine, which counts 30 days
  localci key revoke --reason "laptop stolen"
"""
_HANDOVER = "30d"


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    generate = actions.add_parser(
        "generate",
        help="make a key and let git's settings name it",
        description="Make a signing key in your GnuPG home. If no key is named for this"
        " repository yet, user.signingkey names it then, which `git commit -S` uses too; where git"
        " signs with ssh or x509 it is localci.signingKey.",
        allow_abbrev=False,
    )
    _take_key_options(generate)
    actions.add_parser(
        "list",
        help="my keys that can sign",
        description="Show your secret keys that can sign, and how long each is valid."
        " `*` stands before the one that signs in this repository.",
        allow_abbrev=False,
    )
    export = actions.add_parser(
        "export",
        help="print the public key",
        description="Print a public key of yours for `localci trust add`: an OpenPGP key armored,"
        " an SSH key as its line. Nothing secret is printed.",
        allow_abbrev=False,
    )
    export.add_argument("key", nargs="?", default="", metavar="KEY", help="default: the one used")
    _configure_rotate(actions)
    _configure_revoke(actions)


def _take_key_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="default: git's user.name")
    parser.add_argument("--email", default="", help="default: git's user.email")
    parser.add_argument(
        "--expires",
        default=VALIDITY,
        metavar="WHEN",
        help="1y, 90d, 2027-11-21 or never; default: %(default)s",
    )
    parser.add_argument(
        "--algorithm",
        choices=sorted(ALGORITHMS),
        default=DEFAULT_ALGORITHM,
        help="default: %(default)s",
    )
    parser.add_argument(
        "--no-passphrase", action="store_true", help="whoever reads the file can sign"
    )


def _configure_rotate(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rotate = actions.add_parser(
        "rotate",
        help="hand over from my key to a new one",
        description="Make a new key and write it into the policy of the working directory beside"
        " the one that signs here, which counts until the hand-over is over. git's settings name"
        " the new one as soon as the trusted branch does. Nothing is committed. Typed again it"
        " goes on where it is, or says so.",
        allow_abbrev=False,
    )
    _take_key_options(rotate)
    rotate.add_argument(
        "--handover",
        default=_HANDOVER,
        metavar="WHEN",
        help="how long the old key counts, 14d or until a day; default: %(default)s",
    )
    rotate.add_argument(
        "--to",
        default="",
        metavar="KEY",
        help="make none: a key of my keyring, or the file of an SSH public key",
    )


def _configure_revoke(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    revoke = actions.add_parser(
        "revoke",
        help="take a key back, with all that it ever signed",
        description="Take a key back in the policy of the working directory: once that is on the"
        " trusted branch, all that the key ever signed is refused. A key of yours is revoked in"
        " your keyring too, for good, and its key file says so. You are asked first, on the"
        " terminal. Nothing is committed.",
        allow_abbrev=False,
    )
    revoke.add_argument(
        "key",
        nargs="?",
        default="",
        metavar="KEY",
        help="a fingerprint, or the name of who has one key; default: the key used here",
    )
    revoke.add_argument("--reason", required=True, metavar="TEXT", help="as the policy shows it")
    revoke.add_argument("--yes", action="store_true", help="do not ask; for machines")


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    repository = find_repository(str(Path.cwd()))
    here = Here(repository, read_settings(repository))
    if arguments.action == "revoke":
        return revoke(here, arguments)
    actions = {"generate": generate, "list": _list, "export": _export, "rotate": rotate}
    actions[arguments.action](here, arguments)
    return PASSED


def _list(here: Here, arguments: argparse.Namespace) -> None:  # noqa: ARG001 - all take them
    ssh = my_ssh_key(here.settings, here.repository.location)
    if ssh is not None:
        say(f"* {ssh.public_key().fingerprint}  an SSH key, by {ssh.setting}")
    keyring = Keyring(program=here.program)
    keys = {key.primary: key for key in reversed(keyring.secret_keys())}
    if not keys:
        if ssh is None:
            say("no secret key that can sign; `localci key generate` makes one")
        return
    used, problem = ("", "") if ssh is not None else _used(keyring, here.settings)
    for key in keys.values():
        say(f"{'*' if key.primary == used else ' '} {key.primary}  {_validity(key)}")
        say_all(f"    {user_id}" for user_id in key.user_ids)
    if problem:
        say(harmless(f"none of them signs here: {problem}"))


def _export(here: Here, arguments: argparse.Namespace) -> None:
    ssh = my_ssh_key(here.settings, here.repository.location)
    if ssh is not None and not arguments.key:
        say(ssh.public_key().line)
        return
    keyring = Keyring(program=here.program)
    chosen = _chosen(keyring, here.settings, arguments.key)
    say(keyring.export_armored(chosen.primary).rstrip("\n"))


def _used(keyring: Keyring, settings: GitSettings) -> tuple[str, str]:
    """Return the primary fingerprint of the key that signs here, or why none does."""
    try:
        return keyring.signing_key(my_key(settings).wanted).primary, ""
    except UsageError as error:
        return "", str(error)


def _chosen(keyring: Keyring, settings: GitSettings, named: str) -> SecretKey:
    if not named:
        return keyring.signing_key(my_key(settings).wanted)
    try:
        return keyring.signing_key(named)
    except UsageError:
        raise UsageError(
            f"{named} names no single secret key of yours", then="`localci key list` shows them"
        ) from None


def _validity(key: SecretKey) -> str:
    if key.trust == "r":
        return "revoked"
    if key.expires_at is None:
        return "never expires"
    word = "expired" if key.expires_at <= now() else "expires"
    return f"{word} {format_day(key.expires_at)}"
