"""Pushers that are killed at random moments, and what has to hold afterwards.

Each has a commit of its own, whose signed result waits in the outbox when the push begins. Half of
them die alone, as when memory runs out, and what they started goes on; half die with all that.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Final

from localci.formats.envelope import decode_envelope
from localci.formats.strict_json import loads_object
from localci.git.refs import NOTES_REF, OUTBOX_REF
from support.attested_clones import lines_of
from support.interrupted_runs import moments
from support.localci_command import run_localci
from support.marked import MARK, still_alive
from support.note_trees import read_notes
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from support.attested_clones import Attested, Ground

_LOCALCI: Final = (sys.executable, "-m", "localci")
_PUSH: Final = ("push", "--quiet", "origin", "HEAD:refs/heads/feature")
PUSHERS: Final[Mapping[str, Sequence[str]]] = {
    "localci sync": (*_LOCALCI, "sync"),
    "localci push": (*_LOCALCI, *_PUSH),
    "git push": ("git", *_PUSH),
}
_MOST_TRIES: Final = 4
_PATIENCE: Final = 10.0
"""Seconds, beside its usual time, in which the next delivery has to be done: no lock that was left
behind may stand in its way."""


def kill_at_random_moments(
    ground: Ground, clone: Path, pusher: Sequence[str], times: int, seed: int
) -> None:
    """Kill so many pushers; nothing is lost or half-written, and the next delivery brings it all.

    One that was done before its moment does not count: the machine has become quicker.
    """
    random = Random(seed)  # noqa: S311 - no secret
    length = _whole_length(ground, clone, pusher)
    shares = list(moments(random, 1.0, times))
    for number in range(_MOST_TRIES * times):
        if not shares:
            break
        moment = shares[-1] * length
        attested = ground.attest(clone, f"{seed} {number}")
        mark = f"killed-{seed}-{number}-{os.getpid()}"
        took = _killed_or_took(clone, pusher, mark, moment, alone=len(shares) % 2 == 0)
        if took is None:
            shares.pop()
        else:
            length = took
        left = still_alive(mark)
        assert not left, f"at {moment:.3f} s: {left}"
        where = f"{' '.join(pusher)}, killed at {moment:.3f} of {length:.3f} s"
        _assert_nothing_is_lost(ground, attested, where)
        _assert_the_next_delivers(ground, attested, length, where)
    assert not shares, f"{len(shares)} of {times} were not killed under way"


def _whole_length(ground: Ground, clone: Path, pusher: Sequence[str]) -> float:
    """Return the seconds that it takes here and now; warms what there is to warm."""
    seconds = 0.0
    for number in range(2):
        ground.attest(clone, f"warm-up {number}")
        start = time.monotonic()
        subprocess.run(pusher, cwd=clone, check=True, capture_output=True)
        seconds = time.monotonic() - start
    return seconds


def _killed_or_took(
    clone: Path, pusher: Sequence[str], mark: str, moment: float, *, alone: bool
) -> float | None:
    """Let it push until that moment; return the seconds it took where it was done before."""
    start = time.monotonic()
    process = subprocess.Popen(
        pusher,
        cwd=clone,
        env={**os.environ, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(moment)
        return time.monotonic() - start
    except subprocess.TimeoutExpired:
        if alone:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return None


def _assert_nothing_is_lost(ground: Ground, attested: Attested, where: str) -> None:
    outbox = lines_of(attested.clone, OUTBOX_REF)
    delivered = lines_of(ground.remote, NOTES_REF)
    assert attested.places <= {*outbox, *delivered}, where
    for lines in (outbox, delivered):
        assert len(lines) == len(set(lines)), where
        for _, line in lines:
            decode_envelope(loads_object(line, "the line"))
    assert ground.branches_without_note() == [], where
    for repository in (attested.clone, ground.remote):
        assert git(repository, "fsck", "--no-dangling") == "", where


def _assert_the_next_delivers(
    ground: Ground, attested: Attested, length: float, where: str
) -> None:
    start = time.monotonic()
    done = run_localci(attested.clone, "sync")
    seconds = time.monotonic() - start
    assert done.code == 0, (where, done)
    assert seconds < _PATIENCE + 3 * length, (where, done)
    delivered = lines_of(ground.remote, NOTES_REF)
    assert attested.places <= set(delivered), where
    assert len(delivered) == len(set(delivered)), where
    assert read_notes(attested.clone, OUTBOX_REF) == {}, where
