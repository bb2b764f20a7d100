"""What rotating, revoking and removing keys makes of the policy in the working directory.

Nothing is written here: each answer is the files to write. The outcome is read as a verifier will
read it first.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.durations import parse_duration
from localci.config.policy import KEYS_DIRECTORY, POLICY_FILE
from localci.config.read_policy import read_policy
from localci.errors import UsageError
from localci.formats.timestamps import format_day
from localci.gpg.armor import armor
from localci.gpg.certificate import Certificate
from localci.prover.setup.people import refuse_unmeetable
from localci.prover.setup.policy_text import (
    append_entry,
    read_entries,
    remove_entries,
    set_in_entry,
)
from localci.prover.setup.signers import (
    NewSigner,
    entry_lines,
    key_file_of,
    key_path,
    read_trusted,
    signer_of,
)
from localci.prover.setup.toml_text import toml_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy, PublicKey, Signer
    from localci.prover.setup.signers import ReadFile

    Files = Mapping[str, bytes | None]

DAY: Final = 86_400
LONGEST_HANDOVER: Final = 3650 * DAY

_KEY_ID: Final = re.compile(r"(?:0x)?([0-9a-f]{16,64})", re.ASCII)


def find_signers(policy: Policy, wanted: str) -> tuple[Signer, ...]:
    """Return the entries that a name, a fingerprint or a key id of 16 digits or more means."""
    match = _KEY_ID.fullmatch(wanted.replace(" ", "").lower())
    return tuple(
        signer
        for signer in policy.signers
        if wanted in {signer.name, signer.fingerprint}
        or (match is not None and any(own.endswith(match[1]) for own in signer.key.fingerprints))
    )


def handover_day(text: str, now: float) -> str:
    """Return the first day, like 2026-12-21, on which an old key counts no more: `30d`, or a day.

    Raises UsageError.
    """
    seconds = parse_duration(text)
    try:
        end = now + seconds if seconds else _day_seconds(text)
    except ValueError:
        end = 0.0
    if not now < end <= now + LONGEST_HANDOVER or (seconds and seconds < DAY):
        raise UsageError(
            f"{text!r} is no time for a hand-over", then="write --handover 30d, or a day to come"
        )
    return format_day(end)


def hand_over(read_file: ReadFile, old: Signer, new: PublicKey, last: str) -> Files:
    """Return what puts `new` beside the `old` key of one person, which counts until `last`.

    An end of the old one that is nearer stays. Raises UsageError where the new key is there with
    another name.
    """
    policy = read_trusted(read_file)
    text = read_file(POLICY_FILE) or b""
    index = policy.signers.index(old)
    files: dict[str, bytes | None] = {}
    if old.not_after is None or old.not_after > _day_seconds(last):
        text = set_in_entry(text, index, "not_after", last)
    known = signer_of(policy, new)
    if known is None:
        person = _as_written(text, index, old, new)
        path = key_path(person, whole=True) if isinstance(new, Certificate) else ""
        text = append_entry(text, tuple(entry_lines(person, path)))
        if isinstance(new, Certificate):
            files[path] = armor(new.packets)
    elif known.name != old.name:
        raise UsageError(f"{new.fingerprint} is in the policy already, as {known.name}")
    files[POLICY_FILE] = text
    _read_changed(read_file, files)
    return files


class Handover(NamedTuple):
    """A person's key that ends by the policy, and the one that takes its place."""

    old: Signer
    new: Signer


def find_handover(policy: Policy, mine: Signer, now: float) -> Handover | None:
    """Return the old and the new key of a hand-over of mine that is under way, None for none.

    It is one where a person has a key that will end by the policy, and one behind it without end.
    """
    same = [signer for signer in policy.signers if signer.name == mine.name]
    ending = [item for item in same if item.not_after is not None and item.counts_from(now)]
    lasting = [item for item in same if item.not_after is None and item.counts_from(now)]
    for old in ending:
        for new in lasting:
            if mine in {old, new} and policy.signers.index(old) < policy.signers.index(new):
                return Handover(old, new)
    return None


def revoke_signer(read_file: ReadFile, signer: Signer, reason: str, now: float) -> Files:
    """Return what takes a signer's key back for good, all that it ever signed included.

    Nothing where the policy has taken it back already.
    """
    if signer.revoked is not None:
        return {}
    index = read_trusted(read_file).signers.index(signer)
    value = f"{{ at = {format_day(now)}, reason = {toml_string(reason)} }}"
    files: Files = {
        POLICY_FILE: set_in_entry(read_file(POLICY_FILE) or b"", index, "revoked", value)
    }
    _read_changed(read_file, files)
    return files


@dataclass(frozen=True)
class Removal:
    """The signers that go, and the files to write, None for a key file to remove."""

    signers: tuple[Signer, ...]
    files: Files


def remove_signers(read_file: ReadFile, wanted: str, now: float) -> Removal:
    """Return what takes a person's keys, or one key, out of the policy.

    Raises UsageError where nobody is so called, nobody would be left, or a rule would want more
    people than are left.
    """
    before = read_trusted(read_file)
    gone = find_signers(before, wanted)
    if not gone:
        raise UsageError(
            f"{POLICY_FILE} names nobody and no key {wanted}", then="`localci trust list`"
        )
    if len(gone) == len(before.signers):
        raise UsageError(
            "nobody would be left whom the policy trusts",
            then="add somebody first, with `localci trust add`",
        )
    text = read_file(POLICY_FILE) or b""
    indices = [before.signers.index(signer) for signer in gone]
    kept = {
        key_file_of(text, at) for at in range(len(read_entries(text))) if at not in set(indices)
    }
    files: dict[str, bytes | None] = {POLICY_FILE: remove_entries(text, indices)}
    for path in (key_file_of(text, index) for index in indices):
        # The one at the root is other programs' too.
        if path.startswith(f"{KEYS_DIRECTORY}/") and path not in kept:
            files[path] = None
    refuse_unmeetable(before, _read_changed(read_file, files), now)
    return Removal(gone, files)


def _as_written(text: bytes, index: int, old: Signer, new: PublicKey) -> NewSigner:
    """Return the new key under the name, with the roles and accounts that the entry writes."""
    listed = read_entries(text)[index].get("roles", [])
    roles = tuple(map(str, listed)) if isinstance(listed, list) else ()
    # Two entries of one person may both bear his accounts.
    return NewSigner(new, old.name, roles, old.accounts)


def _read_changed(read_file: ReadFile, files: Files) -> Policy:
    return read_policy(lambda path: files[path] if path in files else read_file(path))


def _day_seconds(text: str) -> float:
    day = dt.date.fromisoformat(text)
    return dt.datetime.combine(day, dt.time(), dt.timezone.utc).timestamp()
