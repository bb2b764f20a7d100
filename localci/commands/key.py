"""`localci key`: make a signing key, list mine, print the public one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.errors import PASSED, UsageError
from localci.formats.timestamps import format_timestamp
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.gpg.key_generation import Protection
from localci.gpg.keyring import Keyring, now
from localci.prover.attest.my_key import my_key
from localci.prover.setup.own_key import (
    VALIDITY,
    ask_for_passphrase,
    make_own_key,
    name_own_key,
    request_key,
)

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
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    generate = actions.add_parser(
        "generate",
        help="make a key and let git's settings name it",
        description="Make an Ed25519 signing key in your GnuPG home. If no key is named for this"
        " repository yet, user.signingkey names it then, which `git commit -S` uses too; where git"
        " signs with ssh or x509 it is localci.signingKey.",
        allow_abbrev=False,
    )
    generate.add_argument("--name", default="", help="default: git's user.name")
    generate.add_argument("--email", default="", help="default: git's user.email")
    generate.add_argument(
        "--expires",
        default=VALIDITY,
        metavar="WHEN",
        help="1y, 90d, 2027-11-21 or never; default: %(default)s",
    )
    generate.add_argument(
        "--no-passphrase", action="store_true", help="whoever reads the file can sign"
    )
    actions.add_parser(
        "list",
        help="my keys that can sign",
        description="Show your secret keys that can sign, and how long each is valid."
        " `*` stands before the one that signs in this repository.",
        allow_abbrev=False,
    )
    export = actions.add_parser(
        "export",
        help="print the public key, armored",
        description="Print a public key of yours, armored, for `localci trust add`."
        " Nothing secret is printed.",
        allow_abbrev=False,
    )
    export.add_argument("key", nargs="?", default="", metavar="KEY", help="default: the one used")


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    actions = {"generate": _generate, "list": _list, "export": _export}
    actions[arguments.action](arguments)
    return PASSED


def _generate(arguments: argparse.Namespace) -> None:
    repository = find_repository(str(Path.cwd()))
    settings = read_settings(repository)
    request = request_key(
        settings, name=arguments.name, email=arguments.email, expires=arguments.expires
    )
    protection = Protection.NONE if arguments.no_passphrase else ask_for_passphrase()
    fingerprint = make_own_key(settings, request, protection)
    say(harmless(f"made the signing key {fingerprint}"))
    say(harmless(f"  for {request.user_id}, valid: {request.expires}"))
    for line in name_own_key(repository, settings, fingerprint):
        say(harmless(f"  {line}"))
    say("next: `localci trust add` puts it into the policy")


def _list(arguments: argparse.Namespace) -> None:  # noqa: ARG001 - every action takes them
    settings = _settings()
    keyring = Keyring(program=my_key(settings).program)
    keys = {key.primary: key for key in reversed(keyring.secret_keys())}
    if not keys:
        say("no secret key that can sign; `localci key generate` makes one")
        return
    used, problem = _used(keyring, settings)
    for key in keys.values():
        say(f"{'*' if key.primary == used else ' '} {key.primary}  {_validity(key)}")
        for user_id in key.user_ids:
            say(harmless(f"    {user_id}"))
    if problem:
        say(harmless(f"none of them signs here: {problem}"))


def _export(arguments: argparse.Namespace) -> None:
    settings = _settings()
    keyring = Keyring(program=my_key(settings).program)
    say(keyring.export_armored(_chosen(keyring, settings, arguments.key).primary).rstrip("\n"))


def _settings() -> GitSettings:
    return read_settings(find_repository(str(Path.cwd())))


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
    return f"{word} {format_timestamp(key.expires_at)[:10]}"
