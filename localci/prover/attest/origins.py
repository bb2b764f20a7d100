"""Sign a result together with what it rests on: the runs in which its reused checks really ran.

Often such a run was never signed: another check failed in it, or its commit was amended away. Then
the checks that passed and ran in it become a statement of their own, signed once, and the reused
check names that. A result never names what nobody signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.formats.object_ids import is_sha256, sha256_hex
from localci.formats.result import Reuse
from localci.prover.attest.statements import sign_result, unsigned_origin
from localci.prover.reuse.files import SIGNED, keep_file, read_kept
from localci.prover.reuse.lines import kept_line, stated_digest
from localci.prover.reuse.store import origin_bytes, origin_of, read_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.formats.result import CheckResult, ResultDocument
    from localci.prover.attest.signer import Signer
    from localci.prover.attest.statements import Source

    SourceOf = Callable[[str], Source]
    Lines = Mapping[str, tuple[bytes, ...]]


def sign_with_origins(
    document: ResultDocument, source_of: SourceOf, signer: Signer, common_dir: str
) -> Lines:
    r"""Return the signed lines, without their `\n`, by the id of the commit or tree they go to.

    `source_of` tells of a commit's id where its result comes from. Raises UsageError where the run
    is not known in which a reused check ran, and as `sign_result` does; LocalciError where nothing
    can be kept.
    """
    signing = _Signing(source_of, signer, common_dir)
    checks = {name: signing.with_origin(name, check) for name, check in document.checks.items()}
    line = sign_result(document._replace(checks=checks), source_of(document.commit), signer)
    signing.put(document, line)
    if not document.failed:
        # Whoever reuses what ran here names this very statement.
        ran = origin_of(document)
        if ran is not None:
            signing.note(sha256_hex(origin_bytes(ran)), line)
    signing.remember()
    return {name: tuple(lines) for name, lines in signing.lines.items()}


class _Signing:
    """One signer at work on one result, and the lines that it has made so far."""

    def __init__(self, source_of: SourceOf, signer: Signer, common_dir: str) -> None:
        self._source_of = source_of
        self._signer = signer
        self._common_dir = common_dir
        self._teammates: list[bytes] = []
        self._statements: dict[str, str] = {}
        self.lines: dict[str, list[bytes]] = {}

    def with_origin(self, name: str, check: CheckResult) -> CheckResult:
        """Return a check that names the signed statement in which it ran, if it ran elsewhere."""
        reuse = check.reused_from
        if reuse is None:
            return check
        if reuse.signer:
            line = kept_line(self._common_dir, reuse.statement)
            if line is not None and line not in self._teammates:
                self._teammates.append(line)
            return check
        origin = read_origin(self._common_dir, reuse.statement)
        if origin is None or origin.checks.get(name) != check._replace(reused_from=None):
            raise unsigned_origin(name)
        statement = self._signed_before(reuse.statement) or self._sign_origin(origin)
        return check._replace(
            reused_from=Reuse(origin.commit, origin.tree, self._signer.keyid, statement)
        )

    def put(self, document: ResultDocument, line: bytes) -> None:
        """Put the result's own line where it belongs, after those of others that it rests on."""
        for name in dict.fromkeys((document.commit, document.tree)):
            self.lines.setdefault(name, []).extend([*self._teammates, line])

    def note(self, origin: str, line: bytes) -> str:
        """Note which statement an origin is in now, and return that statement's digest."""
        return self._statements.setdefault(origin, stated_digest(line))

    def remember(self) -> None:
        """Remember for the next time what was noted; where signing fails midway, nothing is."""
        for origin, statement in self._statements.items():
            keep_file(self._common_dir, SIGNED, self._name(origin), statement.encode("ascii"))

    def _signed_before(self, origin: str) -> str:
        if origin in self._statements:
            return self._statements[origin]
        known = read_kept(self._common_dir, SIGNED, self._name(origin)) or b""
        statement = known.decode("ascii", "replace")
        return statement if is_sha256(statement) else ""

    def _sign_origin(self, origin: ResultDocument) -> str:
        line = sign_result(origin, self._source_of(origin.commit), self._signer)
        for name in dict.fromkeys((origin.commit, origin.tree)):
            self.lines.setdefault(name, []).append(line)
        return self.note(sha256_hex(origin_bytes(origin)), line)

    def _name(self, origin: str) -> str:
        # An SSH key's id has characters in it that a file's name has not.
        return f"{origin}.{sha256_hex(self._signer.keyid.encode('ascii'))[:16]}"
