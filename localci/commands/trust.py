"""`localci trust`: whom the policy in the working directory trusts; one more, one less."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.policy import POLICY_FILE, ROLES
from localci.console import harmless, say, tell
from localci.directories import write_whole
from localci.errors import PASSED, LocalciError, UsageError
from localci.formats.timestamps import format_day, format_timestamp
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.gpg.certificate import Certificate
from localci.gpg.keyring import now
from localci.prover.setup.forge_keys import fetch_published, find_published
from localci.prover.setup.own_public_key import from_keyring, myself, named_by_address
from localci.prover.setup.policy_changes import remove_signers
from localci.prover.setup.public_keys import only_key
from localci.prover.setup.signers import (
    NewSigner,
    add_signer,
    email_of,
    read_trusted,
    refuse_useless,
)
from localci.prover.setup.trust_request import is_request, read_request, write_request
from localci.prover.setup.validity import counts, find_warnings, has_weak_digest, read_validity
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from localci.config.policy import Policy, Signer
    from localci.git.discovery import RepositoryPaths
    from localci.prover.setup.signers import Addition

_EPILOG = """\
Whom the policy of the trusted branch names, counts; a change here does once
it is merged there.

examples:
  localci trust add                          my own key
  localci trust add bob.asc --name bob@example.org --role maintainer
  localci trust add --from github:bob        what GitHub shows of bob
  localci trust add --from gitea:git.example.org/bob --ssh
  localci trust list
  localci trust remove bob@example.org
  localci trust request | mail -s 'my key' ada@example.org
"""
_LARGEST = 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_add(actions)
    remove = actions.add_parser(
        "remove",
        help="take a person or a key out of the policy",
        description="Take the entries of a person, or of one key, out of the policy of the"
        " working directory, and their key files with them. Nothing is committed.",
        allow_abbrev=False,
    )
    remove.add_argument("who", metavar="NAME|FPR", help="a name, or a fingerprint")
    listing = actions.add_parser(
        "list",
        help="who is trusted, by which key, as what, and when",
        description="Show each signer of the working directory's policy: name, fingerprint, roles,"
        " accounts, and since and until when the key counts, by the policy and by itself.",
        allow_abbrev=False,
    )
    listing.add_argument("--json", action="store_true", help="for programs")
    request = actions.add_parser(
        "request",
        help="my key as text, for whoever keeps the policy",
        description="Print my public key and the entry of the policy that I propose, for whoever"
        " keeps the policy and types `localci trust add FILE`. Nothing is changed.",
        allow_abbrev=False,
    )
    request.add_argument("--key", default="", metavar="FPR", help="default: the key used here")
    request.add_argument("--name", default="", help="default: the key's email address")
    _take_accounts(request)
    request.add_argument("--output", default="", metavar="FILE", help="default: standard output")


def _configure_add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = actions.add_parser(
        "add",
        help="write a key file and an entry of the policy",
        description="Write a public key below .localci/keys/ and a [[signer]] at the end of the"
        " policy, in the working directory. Of a key that is there already, what is new in its"
        " certificate is written. Nothing is committed.",
        allow_abbrev=False,
    )
    source = add.add_mutually_exclusive_group()
    source.add_argument(
        "file", nargs="?", default="", metavar="FILE",
        help="a public key, OpenPGP or SSH, or a request; `-` for standard input;"
        " default: my own key",
    )  # fmt: skip
    source.add_argument("--key", default="", metavar="FPR", help="a public key of my keyring")
    source.add_argument(
        "--from",
        dest="forge",
        default="",
        metavar="WHERE",
        help="what a forge shows: github:NAME, gitlab:NAME, gitea:HOST/NAME, https://HOST/NAME.gpg",
    )
    add.add_argument("--ssh", action="store_true", help="with --from: SSH keys, not OpenPGP")
    add.add_argument("--fingerprint", default="", metavar="FPR", help="which one of several keys")
    add.add_argument("--name", default="", help="the person; default: the key's email address")
    add.add_argument(
        "--role",
        action="append",
        default=[],
        choices=sorted(ROLES),
        help="may be repeated; default: developer",
    )
    _take_accounts(add)


def _take_accounts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="NAME",
        help="the person's name on the forge; may be repeated",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    repository = find_repository(str(Path.cwd()))
    actions = {"add": _add, "remove": _remove, "list": _list, "request": _request}
    actions[arguments.action](repository, arguments)
    return PASSED


def _add(repository: RepositoryPaths, arguments: argparse.Namespace) -> None:
    files = working_tree(repository)
    read_trusted(files.read)
    addition = add_signer(files.read, _new_signer(repository, arguments))
    signer = addition.signer
    if not addition.files:
        say(harmless(f"{signer.name} is trusted already, by {signer.fingerprint}"))
        return
    files.write(addition.files)
    _say_added(addition)
    if arguments.file or arguments.forge:
        say("compare the fingerprint with its owner before you commit")
    say("it counts once it is on the trusted branch: `git add .localci`, commit, push")


def _say_added(addition: Addition) -> None:
    signer = addition.signer
    if addition.renewed:
        say(harmless(f"renewed the certificate of {signer.name}, {signer.fingerprint}"))
        for fingerprint in addition.new_keys:
            say(f"  it has a new key, which signs for the same person: {fingerprint}")
    else:
        say(harmless(f"added {signer.name} ({_roles(signer)}) with the key {signer.fingerprint}"))
    for path in addition.files:
        say(harmless(f"  {path}"))
    if isinstance(signer.key, Certificate) and has_weak_digest(signer.key):
        tell(
            "localci: only SHA-1 binds this key, which newer programs refuse; `localci trust list`"
        )


def _new_signer(repository: RepositoryPaths, arguments: argparse.Namespace) -> NewSigner:
    """Return who is to be added: as the source proposes, and as the arguments insist."""
    if (arguments.ssh and not arguments.forge) or (
        arguments.fingerprint and not (arguments.forge or arguments.file)
    ):
        raise UsageError("--ssh goes with --from, and --fingerprint with it or with a FILE")
    proposed = _proposed(repository, arguments)
    return replace(
        proposed,
        name=arguments.name,
        roles=tuple(arguments.role),
        accounts=tuple(arguments.account) or proposed.accounts,
    )


def _proposed(repository: RepositoryPaths, arguments: argparse.Namespace) -> NewSigner:
    if arguments.forge:
        return _published(arguments.forge, arguments.fingerprint, ssh=arguments.ssh)
    if arguments.file:
        data, source = _read(arguments.file), _source(arguments.file)
        if is_request(data):
            return read_request(data, source)
        return NewSigner(only_key(data, source, arguments.fingerprint))
    settings = read_settings(repository)
    if arguments.key:
        return NewSigner(from_keyring(settings, arguments.key))
    return myself(repository, settings)


def _published(source: str, fingerprint: str, *, ssh: bool) -> NewSigner:
    """Return who a forge says that it is: the account, by the one key that it shows or is named."""
    published = find_published(source, ssh=ssh)
    key = only_key(fetch_published(published.url), published.url, fingerprint)
    say(harmless(f"{published.url} shows {key.fingerprint}"))
    address = email_of(key) if isinstance(key, Certificate) else ""
    accounts = (published.account,) if published.account else ()
    return NewSigner(key, accounts=accounts, proposed_name=address or published.account)


def _source(path: str) -> str:
    return "standard input" if path == "-" else path


def _read(path: str) -> bytes:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{_source(path)} is larger than {_LARGEST // 1024} KiB")
    return data


def _remove(repository: RepositoryPaths, arguments: argparse.Namespace) -> None:
    files = working_tree(repository)
    removal = remove_signers(files.read, arguments.who, now())
    files.write(removal.files)
    for signer in removal.signers:
        say(harmless(f"removed {signer.name} with the key {signer.fingerprint}"))
    for path, data in removal.files.items():
        say(harmless(f"  {path}{', removed' if data is None else ''}"))
    say("it counts once it is on the trusted branch: `git add -A .localci`, commit, push")
    say("nothing that these keys signed counts then; `localci key revoke` says it with a reason")


def _request(repository: RepositoryPaths, arguments: argparse.Namespace) -> None:
    settings = read_settings(repository)
    mine = (
        named_by_address(from_keyring(settings, arguments.key))
        if arguments.key
        else myself(repository, settings)
    )
    refuse_useless(mine.key)
    name = arguments.name or mine.proposed_name
    if not name:
        raise UsageError("your key bears no email address to name you by", then="give --name")
    text = write_request(replace(mine, name=name, accounts=tuple(arguments.account)))
    if arguments.output:
        try:
            write_whole(arguments.output, text.encode("utf-8"), 0o644)
        except OSError as error:
            what = f"{arguments.output} cannot be written: {error.strerror}"
            raise LocalciError(what, then="--output FILE names another place") from None
    else:
        for line in text.splitlines():
            say(harmless(line))
    tell(f"1. send this to whoever keeps {POLICY_FILE}, who types `localci trust add FILE`")
    tell(f"2. tell them {mine.key.fingerprint} by another way; merged, it makes you count")


def _list(repository: RepositoryPaths, arguments: argparse.Namespace) -> None:
    policy = read_trusted(working_tree(repository).read)
    signers, at = policy.signers, now()
    if arguments.json:
        say(json.dumps({"signers": [_as_json(policy, signer, at) for signer in signers]}, indent=2))
    elif not signers:
        say(f"{POLICY_FILE} names no signer; `localci trust add` adds your key")
    for signer in () if arguments.json else signers:
        say(harmless(signer.name))
        say(f"  {signer.fingerprint}  {_roles(signer)}")
        for line in _validity(policy, signer, at):
            say(harmless(f"  {line}"))
    for caution in (caution for signer in signers for caution in find_warnings(policy, signer, at)):
        tell(harmless(f"localci: {caution.what}; {caution.then}"))


def _roles(signer: Signer) -> str:
    return ", ".join(sorted(signer.roles))


def _validity(policy: Policy, signer: Signer, at: float) -> Iterator[str]:
    if not isinstance(signer.key, Certificate):
        yield f"an SSH key, {signer.key.algorithm}"
    if signer.accounts:
        yield f"on the forge: {', '.join(signer.accounts)}"
    if signer.not_before is not None:
        yield f"from {format_day(signer.not_before)}"
    if signer.not_after is not None:
        yield f"until {format_day(signer.not_after)}, not included"
    if signer.revoked is not None:
        reason = signer.revoked.reason or "no reason given"
        yield f"REVOKED on {format_day(signer.revoked.at)}: {reason}"
    own = read_validity(signer)
    if own.revoked:
        yield "REVOKED by its owner"
    elif own.expires_at:
        word = "expires" if at < own.expires_at else "EXPIRED"
        yield f"the key {word} {format_day(own.expires_at)}"
    for caution in find_warnings(policy, signer, at):
        yield f"WARNING: {caution.what}"


def _as_json(policy: Policy, signer: Signer, at: float) -> dict[str, object]:
    own = read_validity(signer)
    revoked = signer.revoked
    return {
        "name": signer.name,
        "kind": "openpgp" if isinstance(signer.key, Certificate) else "ssh",
        "fingerprint": signer.fingerprint,
        "roles": sorted(signer.roles),
        "accounts": list(signer.accounts),
        "counts": counts(signer, at),
        "not_before": _day(signer.not_before),
        "not_after": _day(signer.not_after),
        "revoked": revoked and {"at": format_day(revoked.at), "reason": revoked.reason},
        "key_expires_at": None if own.expires_at is None else format_timestamp(own.expires_at),
        "key_revoked": own.revoked,
        "warnings": [
            {"message": caution.what, "then": caution.then}
            for caution in find_warnings(policy, signer, at)
        ],
    }


def _day(seconds: int | None) -> str | None:
    return None if seconds is None else format_day(seconds)
