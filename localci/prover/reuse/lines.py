"""Lines of notes that teammates signed and that a result of mine rests on."""

from __future__ import annotations

from localci.errors import FormatError
from localci.formats.envelope import decode_envelope
from localci.formats.object_ids import is_sha256, sha256_hex
from localci.formats.strict_json import loads_object
from localci.prover.reuse.files import LINES, keep_file, read_kept


def keep_line(common_dir: str, line: bytes) -> None:
    """Keep a line, by what it states. Raises LocalciError where it cannot be written."""
    keep_file(common_dir, LINES, stated_digest(line), line)


def kept_line(common_dir: str, statement: str) -> bytes | None:
    """Return the line whose statement has that digest, None where it is not known."""
    line = read_kept(common_dir, LINES, statement) if is_sha256(statement) else None
    try:
        return line if line is not None and stated_digest(line) == statement else None
    except FormatError:
        return None


def stated_digest(line: bytes) -> str:
    """Return the SHA-256 of what a line's envelope holds. Raises FormatError."""
    return sha256_hex(decode_envelope(loads_object(line, "the line")).payload)
