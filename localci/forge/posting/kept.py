"""The posting of a commit, kept from before the first request until all of it is there.

    <common git dir>/localci/posts/<commit>.json     mode 0600, whole or not at all

It holds what is said and nothing of how it gets there: no address, no token. What is taken up again
needs no run and no signature.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, make_directory, write_whole
from localci.forge.posting.posting import ERROR, FAILURE, SUCCESS, Annotation, Posting, Row
from localci.formats.object_ids import is_object_id

if TYPE_CHECKING:
    from localci.forge.json_path import JsonValue

_DIRECTORY: Final = ("localci", "posts")
_MOST: Final = 100
"""Postings that are kept; the oldest give way."""
_STATES: Final = frozenset({SUCCESS, FAILURE, ERROR})


@dataclass(frozen=True)
class KeptPosting:
    """A posting, and when what it tells of was found out, in seconds since 1970."""

    posting: Posting
    finished_at: float


def keep_posting(common_dir: str, kept: KeptPosting) -> None:
    """Keep a posting in place of an earlier one of the same commit. Raises LocalciError."""
    path = _path(common_dir, kept.posting.commit)
    make_directory(str(path.parent))
    content = json.dumps(asdict(kept), sort_keys=True).encode("ascii")
    with explained(str(path)):
        write_whole(str(path), content)
        _drop_oldest(path.parent)


def kept_posting(common_dir: str, commit: str) -> KeptPosting | None:
    """Return what was kept of a commit; None where there is nothing that can be read."""
    try:
        content: JsonValue = json.loads(_path(common_dir, commit).read_bytes())
        kept = _decode(content)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return kept if kept.posting.commit == commit else None


def forget_posting(common_dir: str, commit: str) -> None:
    """Remove what was kept: it is all there. Raises LocalciError."""
    path = _path(common_dir, commit)
    with explained(str(path)):
        path.unlink(missing_ok=True)


def _path(common_dir: str, commit: str) -> Path:
    if not is_object_id(commit):
        raise ValueError(commit)
    return Path(common_dir, *_DIRECTORY, f"{commit}.json")


def _drop_oldest(directory: Path) -> None:
    kept = sorted(directory.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in kept[:-_MOST]:
        path.unlink(missing_ok=True)


def _decode(content: JsonValue) -> KeptPosting:
    """Return what was kept. Raises KeyError, TypeError, ValueError where it is something else."""
    kept = _object(content)
    said = _object(kept["posting"])
    state = _text(said["state"])
    if state not in _STATES:
        raise ValueError(state)
    return KeptPosting(
        Posting(
            commit=_text(said["commit"]),
            tree=_text(said["tree"]),
            state=state,
            title=_text(said["title"]),
            rows=tuple(map(_row, _list(said["rows"]))),
            annotations=tuple(map(_annotation, _list(said["annotations"]))),
            findings=int(_number(said["findings"])),
            reasons=tuple(map(_text, _list(said["reasons"]))),
            signers=tuple(map(_text, _list(said["signers"]))),
        ),
        _number(kept["finished_at"]),
    )


def _row(value: JsonValue) -> Row:
    row = _object(value)
    seconds = row["seconds"]
    return Row(
        check=_text(row["check"]),
        outcome=_text(row["outcome"]),
        figures=_text(row["figures"]),
        seconds=None if seconds is None else _number(seconds),
        note=_text(row["note"]),
    )


def _annotation(value: JsonValue) -> Annotation:
    annotation = _object(value)
    return Annotation(
        path=_text(annotation["path"]),
        line=int(_number(annotation["line"])),
        level=_text(annotation["level"]),
        message=_text(annotation["message"]),
    )


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: JsonValue) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError
    return value
