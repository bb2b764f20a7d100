"""Why git did not fetch or push, by its own words under LC_ALL=C, and whether to try again.

Pure. The words are those of git 2.39 to 2.53 (builtin/push.c, send-pack.c, receive-pack.c,
refs/files-backend.c, connect.c), curl, OpenSSH and the forges.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class Refusal(Enum):
    """The kinds of failure that are treated differently."""

    CONTENTION = auto()
    """Somebody else wrote at the same time: begin again on what he wrote, soon and often."""
    DECLINED = auto()
    """A hook over there said no: it may be busy, so a handful of times."""
    NETWORK = auto()
    """The connection or the server failed: a few times, with growing waits."""
    NO_SUCH_REF = auto()
    """The remote has no notes yet, which is no failure."""
    FINAL = auto()
    """Trying again would change nothing."""
    UNWANTED = auto()
    """The remote takes no such ref: trying again would change nothing either."""
    DAMAGE = auto()
    """What git has here to work with is not whole."""


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_VERDICT_ON_REF: Final = re.compile(r"^!\t[^\t]*\t\[([^\]]+)\](?: \((.*)\))?\s*$", re.MULTILINE)
_TAKEN: Final = re.compile(r"^[ *=+]\t[^\t:]*:([^\t]+)\t", re.MULTILINE)
_SAID_THERE: Final = re.compile(r"^remote: ?(.*?)\s*$", re.MULTILINE)
_QUOTED: Final = re.compile(r"'[^'\n]*'")
# What git adds to whatever ssh, or the server by ssh, has said.
_EPILOGUE: Final = re.compile(
    r"(?:fatal: )?(?:Could not read from remote repository\.|Please make sure you have the correct"
    r" access rights|and the repository exists\.)"
)
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s]+@")

_CONTENTION: Final = _any_of(
    "fetch first",
    "non-fast-forward",
    "stale info",
    "cannot lock ref",
    "failed to update ref",
    "reference already exists",
    "incorrect old value",
    r"unable to create '[^']*\.lock'",
    "unable to update local ref",
    "couldn't set '",
    "not our ref",
)
# Beside "cannot lock ref": what no repetition changes.
_IN_THE_WAY: Final = _any_of("permission denied", "read-only file system", "; cannot create")
_NO_SUCH_REF: Final = _any_of("couldn't find remote ref")
_FINAL: Final = _any_of(
    "denied",
    "permission",
    "unauthori[sz]ed",
    "forbidden",
    "protected",
    "not allowed",
    "not permitted",
    "authentication",
    "could not read (?:username|password)",
    "host key verification",
    "not found",
    "could not be found",
    "does not exist",
    "no such file",
    "does not appear to be a git repository",
    "hidden ref",
    "funny refname",
    "returned error: 4(?!29|08)",
    "certificate",
    "no space left",
    "read-only file system",
)
_NETWORK: Final = _any_of(
    "could not resolve",
    "name resolution",
    "name or service not known",
    "connection (?:was |has been )?(?:reset|refused|closed|timed out|aborted|to .* closed)",
    "(?:connection|operation) timed out",
    "failed to connect",
    "couldn't connect",
    "network is unreachable",
    "no route to host",
    "broken pipe",
    "empty reply from server",
    "early eof",
    "unexpected (?:eof|disconnect)",
    "transfer closed",
    "ssl_error_syscall",
    "gnutls",
    "rpc failed",
    "returned error: (?:5|429|408)",
    "hung up",
    "remote failed to report status",
    # An answer that was cut off in the middle, as git reads it (fetch-pack.c, remote-curl.c, …).
    "fatal: expected ",
    "getpeername\\(\\) failed",
    "xml error",
    "bad line length",
    "bad band #",
    "bad pack header",
    "protocol error",
    "index-pack (?:failed|died)",
    "invalid index-pack output",
    "pack has bad object",
    "did not receive expected object",
    "did not send all necessary objects",
    "could not fetch [0-9a-f]{40,64} from promisor remote",
    # Without the type of the content git takes the server for one of plain files.
    "no dav locking support",
    "git-http-push failed",
    "cannot access url",
    # ssh said nothing more: the words that would tell a refusal were looked for above.
    "could not read from remote repository",
)
_DAMAGE: Final = _any_of(
    r"bad object [0-9a-f]{40}",
    "bad tree object",
    "inflate: data stream error",
    "loose object",
    "object file .* is empty",
    "packfile .* (?:cannot be accessed|index unavailable|does not match|is not)",
    r"file .*\.(?:pack|idx) is",
    "index file .* is",
    r"could not parse (?:commit|object)",
    r"unable to (?:parse|read|find) (?:commit |tree |object )?\(?[0-9a-f]{40}",
    r"missing (?:blob|commit|tree)(?: object)? ",
    "failed to traverse parents",
    "not a git repository",
    "bad config line",
    "shallow file has changed",
)
_SIGPIPE: Final = frozenset({141, -13})


def taken_refs(output: str) -> frozenset[str]:
    """Return the refs that the remote has taken, by the porcelain output (git-push(1))."""
    return frozenset(_TAKEN.findall(output))


def classify(code: int, output: str, complaint: str) -> Refusal:
    """Return the kind of a failure from git's exit code, porcelain output and standard error.

    What git says of the ref itself outweighs everything else: a remote's hook can say anything.
    """
    if verdict := _VERDICT_ON_REF.search(output):
        return _classify_verdict(verdict[1], verdict[2] or "")
    own = _SAID_THERE.sub("", complaint)
    if _NO_SUCH_REF.search(own):
        return Refusal.NO_SUCH_REF
    if is_contention(own):
        return Refusal.CONTENTION
    if _DAMAGE.search(_QUOTED.sub("", own)):
        return Refusal.DAMAGE
    # A repository may be called what it likes: its address is no reason.
    if _FINAL.search(_QUOTED.sub("", complaint)):
        return Refusal.FINAL
    silent = code in _SIGPIPE or not complaint.strip()
    broken = silent or _NETWORK.search(_QUOTED.sub("", own))
    return Refusal.NETWORK if broken else Refusal.FINAL


def is_contention(text: str) -> bool:
    """Tell whether git lost a race for a ref, here or there."""
    # By the line: ssh and git warn of other things that they may not write.
    return any(
        _CONTENTION.search(line) and not _IN_THE_WAY.search(line) for line in text.splitlines()
    )


def describe(code: int, output: str, complaint: str) -> str:
    """Return the reason in one line, with what the remote said of it, without credentials."""
    said = [line for line in _SAID_THERE.findall(complaint) if line and "hook declined" not in line]
    own = [line.strip() for line in _SAID_THERE.sub("", complaint).splitlines() if line.strip()]
    more = [line for line in own if not _EPILOGUE.fullmatch(line)]
    telling = [line for line in more if re.match(r"(?:fatal|error|ssh)[: ]", line)] or more[-1:]
    if verdict := _VERDICT_ON_REF.search(output):
        reason = verdict[2] or verdict[1]
    else:
        reason = (telling or own or [f"git ended with code {code} and said nothing"])[0]
    reason = reason.removeprefix("fatal: ").removeprefix("error: ")
    if said:
        reason += f" (the remote says: {said[-1].removeprefix('error: ')})"
    return without_credentials(reason)


def without_credentials(text: str) -> str:
    """Return `text` with `https://host` for every `https://user:password@host` in it."""
    return _CREDENTIALS.sub("", text)


def _classify_verdict(status: str, reason: str) -> Refusal:
    if is_contention(reason):
        return Refusal.CONTENTION
    if status == "remote failure" or _NETWORK.search(reason):
        return Refusal.NETWORK
    if status == "remote rejected":
        return Refusal.UNWANTED if _FINAL.search(reason) else Refusal.DECLINED
    return Refusal.FINAL
