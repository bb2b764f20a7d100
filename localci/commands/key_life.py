"""What `localci key` does over a key's life: make one, hand over to the next, take one back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.policy import POLICY_FILE
from localci.console import harmless, say, tell
from localci.errors import FAILED, PASSED, LocalciError, UsageError
from localci.formats.timestamps import format_day
from localci.gpg.certificate import Certificate
from localci.gpg.key_generation import Protection
from localci.gpg.keyring import Keyring, now
from localci.gpg.revocation import has_secret_key, is_revoked, revocation_file, revoke_key
from localci.prover.attest.my_key import my_key
from localci.prover.setup.consent import YES, ask
from localci.prover.setup.next_steps import how_to_add, how_to_join
from localci.prover.setup.own_key import (
    ask_for_passphrase,
    make_own_key,
    name_own_key,
    request_key,
    set_own_key,
)
from localci.prover.setup.own_public_key import (
    from_keyring,
    own_public_key,
    setting_for,
    successor,
)
from localci.prover.setup.policy_changes import (
    find_handover,
    find_signers,
    hand_over,
    handover_day,
    revoke_signer,
)
from localci.prover.setup.signers import read_trusted, renew, signer_of
from localci.prover.setup.trusted_branch import Trust, trust_in, trusted_remote
from localci.prover.setup.validity import counts
from localci.prover.setup.working_tree import working_tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from localci.config.policy import Policy, PublicKey, Signer
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


class Made(NamedTuple):
    """A key that was just made, and what is to be said of it once nothing else can go wrong."""

    fingerprint: str
    lines: tuple[str, ...]


def generate(here: Here, arguments: argparse.Namespace) -> None:
    """Make a key, let git's settings name it if they name none, and say how it gets trusted."""
    made = _make(here, arguments)
    # Whoever reads what is said may have gone away; the key has to be named all the same.
    named = name_own_key(here.repository, here.settings, made.fingerprint)
    say_all(made.lines)
    say_all(f"  {line}" for line in named)
    say(harmless(f"next: {_how_to_add(here, made.fingerprint)}"))


def _make(here: Here, arguments: argparse.Namespace) -> Made:
    request = request_key(
        here.settings,
        name=arguments.name,
        email=arguments.email,
        expires=arguments.expires,
        algorithm=arguments.algorithm,
    )
    protection = Protection.NONE if arguments.no_passphrase else ask_for_passphrase()
    fingerprint = make_own_key(here.settings, request, protection)
    lines = [
        f"made the signing key {fingerprint}",
        f"  for {request.user_id}, valid: {request.expires}",
    ]
    if revocation_file(fingerprint).is_file():
        lines += [
            f"  what revokes it: {revocation_file(fingerprint)}",
            "  keep a copy of that file where whoever steals this machine does not find it",
        ]
    return Made(fingerprint, tuple(lines))


def _how_to_add(here: Here, fingerprint: str) -> str:
    """Return what puts a new key into the policy, as the person that the old one is in it."""
    policy = _policy_here(here)
    key = from_keyring(here.settings, fingerprint)
    used = not my_key(here.settings).wanted
    return how_to_add(policy, key, None if policy is None else _me(here, policy), used=used)


def _me(here: Here, policy: Policy) -> Signer | None:
    """Return who I was in the policy by the key that signed here so far."""
    try:
        return signer_of(policy, own_public_key(here.repository, here.settings))
    except LocalciError:
        return None


def _policy_here(here: Here) -> Policy | None:
    """Return the policy of the working directory, None where there is none that can be read."""
    try:
        return read_trusted(working_tree(here.repository).read)
    except UsageError:
        return None


def rotate(here: Here, arguments: argparse.Namespace) -> None:
    """Hand over from the key that signs here to a new one, or go on with it."""
    files = working_tree(here.repository)
    policy = read_trusted(files.read)
    mine = own_public_key(here.repository, here.settings)
    old = signer_of(policy, mine)
    if old is None or old.revoked is not None:
        what = "does not name" if old is None else "has revoked"
        then = how_to_join(policy) if old is None else "localci key generate"
        raise UsageError(
            f"{POLICY_FILE} {what} your key {mine.fingerprint}, so it has nothing to hand over",
            then=f"`{then}`" if old is None else f"`{then}` makes another, and says how it counts",
        )
    under_way = find_handover(policy, old, now())
    if under_way is not None and not arguments.to:
        _go_on(here, mine, *under_way)
        return
    last = handover_day(arguments.handover, now())
    # What cannot be written is known before a key is made for it.
    hand_over(files.read, old, mine, last)
    following = _new_key(here, arguments, mine)
    new = following.key
    written = hand_over(files.read, old, new, last)
    files.write(written)
    named = tuple(_name_when_trusted(here, following))
    say_all(following.lines)
    say(harmless(f"hands over from {old.fingerprint}, which counts until {last}, not included"))
    say(harmless(f"  to {new.fingerprint}, as {old.name}"))
    say_all(f"  {path}" for path in written)
    say_all(named)
    say('next: git add .localci; git commit -m "Hand over to a new key"; git push')


class Successor(NamedTuple):
    """The key to hand over to, what git's setting has to hold for it, and what is said of it."""

    key: PublicKey
    value: str
    lines: tuple[str, ...] = ()


def _new_key(here: Here, arguments: argparse.Namespace, mine: PublicKey) -> Successor:
    if arguments.to:
        new, value = successor(here.settings, arguments.to)
        if new.fingerprint == mine.fingerprint:
            raise UsageError(f"{arguments.to} is the key that signs here already")
        return Successor(new, value)
    if not isinstance(mine, Certificate):
        raise UsageError(
            "your key is an SSH key, which ssh-keygen makes",
            then="`ssh-keygen -t ed25519 -f FILE`, then `localci key rotate --to FILE.pub`",
        )
    made = _make(here, arguments)
    tell(f"localci: if this stops here, `localci key rotate --to {made.fingerprint}` goes on")
    return Successor(from_keyring(here.settings, made.fingerprint), made.fingerprint, made.lines)


def _go_on(here: Here, mine: PublicKey, old: Signer, new: Signer) -> None:
    named: tuple[str, ...] = ()
    if mine.fingerprint == old.fingerprint:
        named = tuple(_go_on_to(here, new.key))
    end = format_day(old.not_after or 0)
    say(harmless(f"a hand-over is under way: {old.fingerprint} counts until {end}, not included"))
    say(harmless(f"  {new.fingerprint} takes its place, as {new.name}"))
    say_all(named)


def _go_on_to(here: Here, new: PublicKey) -> Iterator[str]:
    if not isinstance(new, Certificate):
        # Nothing here says where its file is.
        yield from _until_trusted(here, new)
        yield f"  to sign with it: git config {setting_for(here.settings, new)} FILE.pub"
    elif has_secret_key(new.fingerprint, program=here.program):
        yield from _name_when_trusted(here, Successor(new, new.fingerprint))
    else:
        yield (
            "  its secret half is not in your keyring; `localci key rotate --to KEY` makes"
            " another hand-over"
        )


def _name_when_trusted(here: Here, new: Successor) -> Iterator[str]:
    """Let git's settings name the new key, unless nobody would believe what it signs yet."""
    setting = setting_for(here.settings, new.key)
    waiting = tuple(_until_trusted(here, new.key))
    if not waiting:
        set_own_key(here.repository, setting, new.value)
        yield f"  {setting} names the new one, for this repository"
        return
    yield from waiting
    if isinstance(new.key, Certificate):
        yield "  then `git fetch; localci key rotate` lets the new one sign, or by hand:"
    else:
        yield "  then, after `git fetch`, let the new one sign:"
    yield f"  git config {setting} {shlex.quote(new.value)}"


def _until_trusted(here: Here, new: PublicKey) -> Iterator[str]:
    """Yield why the old key goes on signing; nothing where the new one is trusted already."""
    trust = trust_in(here.repository, here.settings, new)
    if trust is Trust.YES:
        return
    yield "  the old key goes on signing until the trusted branch names the new one;"
    if trust is Trust.UNKNOWN:
        remote = trusted_remote(here.settings)
        yield f"  git does not know which branch that is: git remote set-head {remote} --auto"


def revoke(here: Here, arguments: argparse.Namespace) -> int:
    """Take a key back, in the policy and, if it is mine, in my keyring; return the exit code."""
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
    in_keyring = mine and not is_revoked(fingerprint, program=here.program)
    if written or in_keyring:
        last = _would_be_last(files, signer)
        say_all(_consequences(signer, fingerprint, written=bool(written), in_keyring=in_keyring))
        if last:
            tell(f"localci: warning: {_NOBODY_LEFT}")
        if not (arguments.yes or _agreed(fingerprint)):
            return FAILED
    if mine:
        _revoke_own(here, fingerprint, enough=signer is not None)
        if signer is not None:
            renewed = renew(files.read, signer, from_keyring(here.settings, fingerprint))
            written.update(renewed.files)
    files.write(written)
    _say_revoked(signer, fingerprint, written)
    return PASSED


_NOBODY_LEFT: Final = (
    f"{POLICY_FILE} has nobody left then whose key counts; `localci trust add` names another key,"
    " and whoever may push to the trusted branch has to bring it there"
)


def _would_be_last(files: WorkingTree, signer: Signer | None) -> bool:
    others = [item for item in _signers(files) if item != signer]
    return signer is not None and not any(counts(item, now()) for item in others)


def _consequences(
    signer: Signer | None, fingerprint: str, *, written: bool, in_keyring: bool
) -> Iterator[str]:
    whose = "" if signer is None else f", {signer.name}'s"
    yield f"this takes back the key {fingerprint}{whose}"
    if written:
        yield "  all that it ever signed will be refused, the good results too"
    if in_keyring:
        yield "  your keyring revokes it as well, for good: that cannot be taken back"


def _agreed(fingerprint: str) -> bool:
    what = f"nobody is asked whether {fingerprint} is to be revoked: there is no terminal"
    answer = ask(f"revoke {fingerprint}?", UsageError(what, then="`--yes` says so beforehand"))
    if answer != YES:
        say("not revoked; type `yes` in full" if answer == "y" else "not revoked")
    return answer == YES


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
