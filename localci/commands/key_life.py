"""What `localci key` does over a key's life: make one, hand over to the next, take one back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.config.policy import POLICY_FILE
from localci.console import harmless, say, tell
from localci.errors import UsageError
from localci.gpg.certificate import Certificate
from localci.gpg.key_generation import Protection
from localci.gpg.keyring import Keyring, now
from localci.gpg.revocation import has_secret_key, is_revoked, revocation_file, revoke_key
from localci.prover.attest.my_key import my_key
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.setup.own_key import (
    ask_for_passphrase,
    make_own_key,
    request_key,
    set_own_key,
)
from localci.prover.setup.own_public_key import from_keyring, own_public_key, successor
from localci.prover.setup.policy_changes import (
    day_of,
    find_handover,
    find_signers,
    hand_over,
    handover_day,
    revoke_signer,
)
from localci.prover.setup.signers import read_trusted, renew, signer_of
from localci.prover.setup.trusted_branch import is_trusted_already
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from localci.config.policy import PublicKey, Signer
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.prover.setup.working_tree import WorkingTree


class Here(NamedTuple):
    """The repository, and what git is told in it."""

    repository: RepositoryPaths
    settings: GitSettings

    @property
    def program(self) -> str:
        """The gpg that signs here."""
        return my_key(self.settings).program


def make(here: Here, arguments: argparse.Namespace) -> str:
    """Make a key, say so, and return its fingerprint. Raises UsageError, GpgError."""
    request = request_key(
        here.settings,
        name=arguments.name,
        email=arguments.email,
        expires=arguments.expires,
        algorithm=arguments.algorithm,
    )
    protection = Protection.NONE if arguments.no_passphrase else ask_for_passphrase()
    fingerprint = make_own_key(here.settings, request, protection)
    say(harmless(f"made the signing key {fingerprint}"))
    say(harmless(f"  for {request.user_id}, valid: {request.expires}"))
    if revocation_file(fingerprint).is_file():
        say(harmless(f"  what revokes it: {revocation_file(fingerprint)}"))
        say("  keep a copy of that file where whoever steals this machine does not find it")
    return fingerprint


def rotate(here: Here, arguments: argparse.Namespace) -> None:
    """Hand over from the key that signs here to a new one, or go on with it."""
    files = working_tree(here.repository)
    policy = read_trusted(files.read)
    mine = own_public_key(here.repository, here.settings)
    old = signer_of(policy, mine)
    if old is None or old.revoked is not None:
        what = "does not name" if old is None else "has revoked"
        raise UsageError(
            f"{POLICY_FILE} {what} your key {mine.fingerprint}, so it has nothing to hand over",
            then="`localci key generate`, then `localci trust add`",
        )
    under_way = find_handover(policy, old, now())
    if under_way is not None and not arguments.to:
        _go_on(here, mine, *under_way)
        return
    last = handover_day(arguments.handover, now())
    # What cannot be written is known before a key is made for it.
    hand_over(files.read, old, mine, last)
    new, setting_value = _new_key(here, arguments, mine)
    written = hand_over(files.read, old, new, last)
    files.write(written)
    say(harmless(f"hands over from {old.fingerprint}, which counts until {last}, not included"))
    say(harmless(f"  to {new.fingerprint}, as {old.name}"))
    say_all(f"  {path}" for path in written)
    _name_when_trusted(here, new, setting_value)
    say('next: git add .localci; git commit -m "Hand over to a new key"; git push')


def _new_key(here: Here, arguments: argparse.Namespace, mine: PublicKey) -> tuple[PublicKey, str]:
    """Return the key to hand over to, and what git's setting has to hold for it."""
    if arguments.to:
        new, value = successor(here.settings, arguments.to)
        if new.fingerprint == mine.fingerprint:
            raise UsageError(f"{arguments.to} is the key that signs here already")
        return new, value
    if not isinstance(mine, Certificate):
        raise UsageError(
            "your key is an SSH key, which ssh-keygen makes",
            then="`ssh-keygen -t ed25519 -f FILE`, then `localci key rotate --to FILE.pub`",
        )
    fingerprint = make(here, arguments)
    tell(f"localci: if this stops here, `localci key rotate --to {fingerprint}` goes on")
    return from_keyring(here.settings, fingerprint), fingerprint


def _go_on(here: Here, mine: PublicKey, old: Signer, new: Signer) -> None:
    end = day_of(old.not_after or 0)
    say(harmless(f"a hand-over is under way: {old.fingerprint} counts until {end}, not included"))
    say(harmless(f"  {new.fingerprint} takes its place, as {new.name}"))
    if mine.fingerprint == old.fingerprint and isinstance(new.key, Certificate):
        if has_secret_key(new.fingerprint, program=here.program):
            _name_when_trusted(here, new.key, new.fingerprint)
        else:
            say("  its secret half is not in your keyring; `localci key rotate --to KEY` makes"
                " another hand-over")  # fmt: skip
    elif mine.fingerprint == old.fingerprint:
        say(f"  to sign with it: git config {_setting(here)} FILE.pub")


def _name_when_trusted(here: Here, new: PublicKey, value: str) -> None:
    """Let git's settings name the new key, unless nobody would believe what it signs yet."""
    setting = _setting(here)
    if is_trusted_already(here.repository, here.settings, new):
        set_own_key(here.repository, setting, value)
        say(f"  {setting} names the new one, for this repository")
        return
    say("  the old key goes on signing until the trusted branch names the new one;")
    say("  then `git fetch; localci key rotate` lets the new one sign, or by hand:")
    say(harmless(f"  git config {setting} {value}"))


def _setting(here: Here) -> str:
    ssh = my_ssh_key(here.settings, here.repository.location)
    return ssh.setting if ssh is not None else my_key(here.settings).setting


def revoke(here: Here, arguments: argparse.Namespace) -> None:
    """Take a key back, in the policy and, if it is mine, in my keyring."""
    reason = arguments.reason.strip()
    if not reason or not reason.isprintable():
        raise UsageError("the reason is empty or more than a line", then="--reason 'laptop stolen'")
    files = working_tree(here.repository)
    signer, fingerprint = _to_revoke(here, files, arguments.key)
    mine = "SHA256:" not in fingerprint and has_secret_key(fingerprint, program=here.program)
    if signer is None and not mine:
        raise UsageError(
            f"{fingerprint} is neither in {POLICY_FILE} nor a key of yours",
            then="`localci trust list`, `localci key list`",
        )
    written = dict(revoke_signer(files.read, signer, reason, now())) if signer else {}
    if mine:
        _revoke_own(here, fingerprint, enough=signer is not None)
        if signer is not None:
            renewed = renew(files.read, signer, from_keyring(here.settings, fingerprint))
            written.update(renewed.files)
    files.write(written)
    _say_revoked(signer, fingerprint, written)
    if not any(item.counts_from(now()) for item in _signers(files)):
        tell(f"localci: {POLICY_FILE} has nobody left whose key counts; `localci trust add`")


def _to_revoke(here: Here, files: WorkingTree, wanted: str) -> tuple[Signer | None, str]:
    """Return the signer that is meant, None for a key that the policy does not name."""
    policy_signers = _signers(files)
    if not wanted:
        wanted = own_public_key(here.repository, here.settings).fingerprint
    found = find_signers(read_trusted(files.read), wanted) if policy_signers else ()
    if len(found) > 1:
        raise UsageError(
            f"{wanted} has several keys: {', '.join(item.fingerprint for item in found)}",
            then="name one by its fingerprint",
        )
    if found:
        return found[0], found[0].fingerprint
    secret = {key.primary for key in Keyring(program=here.program).secret_keys()}
    fitting = [item for item in secret if item.endswith(wanted.lower().removeprefix("0x"))]
    return None, fitting[0] if len(fitting) == 1 and len(wanted) >= 16 else wanted  # noqa: PLR2004


def _signers(files: WorkingTree) -> tuple[Signer, ...]:
    return () if files.read(POLICY_FILE) is None else read_trusted(files.read).signers


def _revoke_own(here: Here, fingerprint: str, *, enough: bool) -> None:
    """Revoke a key in my keyring; where the policy does it too, that may be `enough`."""
    if is_revoked(fingerprint, program=here.program):
        say(f"{fingerprint} is revoked in your keyring already")
        return
    try:
        revoke_key(fingerprint, program=here.program)
    except UsageError as error:
        if not enough:
            raise
        # The policy's word holds for every verifier of this repository.
        tell(f"localci: {harmless(str(error))}")
        return
    say(f"revoked {fingerprint} in your keyring, for good")


def _say_revoked(signer: Signer | None, fingerprint: str, written: Iterable[str]) -> None:
    if signer is None:
        say(f"no policy here names {fingerprint}")
        return
    paths = list(written)
    if not paths:
        say(harmless(f"{POLICY_FILE} has revoked {fingerprint} already"))
        return
    say(harmless(f"{signer.name}: all that {fingerprint} ever signed will be refused"))
    say_all(f"  {path}" for path in paths)
    say(
        'it counts once it is on the trusted branch: git add .localci; git commit -m "Revoke a key"'
    )


def say_all(lines: Iterable[str]) -> None:
    """Print lines in which anything may stand."""
    for line in lines:
        say(harmless(line))
