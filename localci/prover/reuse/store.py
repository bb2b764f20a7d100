"""Results that need not be found out again, by the key of what they depend on.

Only what passed is kept, and of each run one *origin*: the document of the checks that passed and
ran in it. Its name is its digest, so that a file that is not whole is not believed. A key leads to
its origin; no origin holds a reuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError
from localci.formats.object_ids import is_sha256, sha256_hex
from localci.formats.result import Reuse, decode_result, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.prover.reuse.files import (
    ORIGINS,
    RESULTS,
    forget_file,
    keep_file,
    mark_used,
    read_kept,
)
from localci.prover.reuse.history import remember_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localci.formats.result import CheckResult, ResultDocument
    from localci.formats.strict_json import JsonValue
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.reuse.key import CheckKey
    from localci.prover.reuse.terms import Terms

_CLOCK_GRACE: Final = 300
"""Seconds by which a result may lie in the future: a clock was set back since, at most so far."""


@dataclass(frozen=True)
class Stored:
    """A result that can stand for a run: `check` names in `reused_from` where it ran.

    `environment` is the origin's. `log` may be gone by now; it is empty where it never was here.
    """

    check: CheckResult
    environment: Mapping[str, JsonValue]
    run_id: str
    log: str = ""


def find_result(  # noqa: PLR0913, PLR0917 - what, by which rules, for which commit, when
    common_dir: str,
    planned: PlannedCheck,
    key: CheckKey,
    terms: Terms,
    commit: str,
    now: float,
) -> Stored | None:
    """Return what is known of a check whose key is the same, None where it has to run."""
    found = look_for_result(common_dir, planned, key, terms, commit, now)
    if isinstance(found, str):
        return None
    for kind, name in ((RESULTS, key.digest), (ORIGINS, _origin_named(found))):
        mark_used(common_dir, kind, name)
    return found


def look_for_result(  # noqa: PLR0913, PLR0917 - what, by which rules, for which commit, when
    common_dir: str,
    planned: PlannedCheck,
    key: CheckKey,
    terms: Terms,
    commit: str,
    now: float,
) -> Stored | str:
    """Return what is known as `find_result` does, or else say in words why it has to run."""
    known = _read_result(common_dir, planned, key)
    if known is None:
        return "no result that passed is known with the same key"
    reuse = known.check.reused_from
    finished = known.check.finished_at
    fresh_for = planned.check.fresh_for
    if finished > now + _CLOCK_GRACE:
        return "the result that is known was made later than now: a clock is wrong"
    if fresh_for is not None and finished + fresh_for <= now:
        return f"fresh_for is {fresh_for:g} s, and that is over"
    if terms.reuse == "never":
        return 'the policy says `reuse = "never"`'
    same_commit = reuse is not None and reuse.commit == commit
    if not terms.allow(planned.check.name, finished, now, same_commit=same_commit):
        if terms.fresh_until(planned.check.name, finished) == float("inf"):
            return "the policy counts it for the commit only that it ran on"
        return "by the policy's max_age the result that is known would be stale within a day"
    return known


def keep_run(
    common_dir: str,
    document: ResultDocument,
    keys: Mapping[str, CheckKey],
    logs: Mapping[str, str],
    *,
    whole: bool,
) -> None:
    """Keep what passed and ran, by its keys, and what `explain` needs of every check.

    What failed is not known to pass any more, whatever was kept before. `document` has all checks
    of the run with a verdict; `whole` tells that it lacks none. `logs` are paths by check. Raises
    LocalciError where nothing can be written.
    """
    failed = (name for name, check in document.checks.items() if not check.passed)
    forget_results(common_dir, [keys[name] for name in failed if name in keys])
    origin = origin_of(document._replace(partial=document.partial or not whole))
    if origin is not None:
        data = origin_bytes(origin)
        digest = sha256_hex(data)
        keep_file(common_dir, ORIGINS, digest, data)
        for name in origin.checks:
            if name in keys:
                row = {"origin": digest, "check": name, "log": logs.get(name, "")}
                keep_file(common_dir, RESULTS, keys[name].digest, dumps_canonical({**row}))
    remember_run(common_dir, document, keys)


def forget_results(common_dir: str, keys: Iterable[CheckKey]) -> None:
    """Forget what passed under these keys: it did not this time. Raises LocalciError."""
    for key in keys:
        forget_file(common_dir, RESULTS, key.digest)


def origin_of(document: ResultDocument) -> ResultDocument | None:
    """Return the part of a document that others may name as where a check ran, if there is one."""
    checks = {
        name: check
        for name, check in document.checks.items()
        if check.passed and check.reused_from is None
    }
    if not checks:
        return None
    partial = document.partial or len(checks) < len(document.checks)
    return document._replace(checks=checks, partial=partial)


def origin_bytes(origin: ResultDocument) -> bytes:
    """Return an origin as it is kept; the SHA-256 of that is its name."""
    return dumps_canonical(encode_result(origin))


def read_origin(common_dir: str, digest: str) -> ResultDocument | None:
    """Return an origin by its name, None where it is not known or not whole."""
    data = read_kept(common_dir, ORIGINS, digest) if is_sha256(digest) else None
    if data is None or sha256_hex(data) != digest:
        return None
    try:
        return decode_result(loads_object(data, "the origin"))
    except FormatError:
        return None


def _read_result(common_dir: str, planned: PlannedCheck, key: CheckKey) -> Stored | None:
    data = read_kept(common_dir, RESULTS, key.digest)
    try:
        row = loads_object(data or b"", "the result")
    except FormatError:
        return None
    digest, log = row.get("origin"), row.get("log")
    if not isinstance(digest, str) or not isinstance(log, str) or row.get("check") != key.name:
        return None
    origin = read_origin(common_dir, digest)
    check = None if origin is None else origin.checks.get(key.name)
    if origin is None or check is None or not check.passed or check.reused_from is not None:
        return None
    if (check.definition, check.inputs) != (planned.definition, planned.inputs):
        return None
    reuse = Reuse(origin.commit, origin.tree, "", digest)
    return Stored(check._replace(reused_from=reuse), origin.environment, origin.run_id, log)


def _origin_named(stored: Stored) -> str:
    return stored.check.reused_from.statement if stored.check.reused_from is not None else ""
