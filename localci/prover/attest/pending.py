"""Results that wait for their signature, in the repository's state directory (design 6).

`localci run` leaves what passed there, so that the next push only has to sign; and a result whose
signing failed is kept, so that nothing runs twice. A file is whole or it is not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, make_directory, repository_state, write_whole
from localci.errors import FormatError
from localci.formats.result import decode_result, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument

_MOST: Final = 100
"""Results that are kept; the oldest give way."""


def keep_result(common_dir: str, document: ResultDocument) -> None:
    """Keep a whole, passed result for its commit. Raises LocalciError."""
    path = _path(common_dir, document.commit)
    with explained(str(path)):
        write_whole(str(path), dumps_canonical(encode_result(document)))
        _drop_oldest(path.parent)


def kept_result(common_dir: str, commit: str, tree: str) -> ResultDocument | None:
    """Return the result that waits for this commit, or None. Raises LocalciError."""
    path = _path(common_dir, commit)
    try:
        document = decode_result(loads_object(path.read_bytes(), str(path)))
    except (FileNotFoundError, FormatError):
        return None
    return document if (document.commit, document.tree) == (commit, tree) else None


def forget_result(common_dir: str, commit: str) -> None:
    """Remove what waited for this commit: it is signed now. Raises LocalciError."""
    path = _path(common_dir, commit)
    with explained(str(path)):
        path.unlink(missing_ok=True)


def _path(common_dir: str, commit: str) -> Path:
    return (
        Path(make_directory(str(Path(repository_state(common_dir), "results")))) / f"{commit}.json"
    )


def _drop_oldest(directory: Path) -> None:
    kept = sorted(directory.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in kept[:-_MOST]:
        path.unlink(missing_ok=True)
