"""What stands at the paths of a work tree, and how to know it again without reading it.

A file that was read has an identity: type, size, times and inode. Its time of change (ctime) cannot
be set by a program, so while the identity is the same the bytes are. But not if it was read in the
moment in which it was written: a second change would leave the same time (git calls such entries
"racily clean"). Those have no identity, and are read again.

What a write through a mapping (mmap(2)) does to the times depends on the file system. So identities
serve while a run goes on, and from one run to the next, but the last word on a run is said by
reading everything.
"""
# os.path and plain strings: pathlib costs 20 ms for 5,000 files.

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from localci.formats.object_ids import hash_object, made_by_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LINK: Final = 0o120000
EXECUTABLE: Final = 0o100755
REGULAR: Final = 0o100644
_WHOLE: Final = 1024 * 1024
"""Bytes of a file that is read in one piece."""
_SECOND: Final = 1_000_000_000
_TICK: Final = _SECOND // 20
"""Nanoseconds; kernels stamp files by a clock that moves every 1 to 10 ms."""
_COARSE_TICK: Final = 3 * _SECOND
"""The same for file systems that keep no fractions: they count in steps of 1 or 2 s."""
_BOOT: Final = "/proc/sys/kernel/random/boot_id"
_VERSION: Final = 2
_NO_FILE: Final = frozenset({errno.ELOOP, errno.ENXIO})
"""What open(2) says of a link that is not to be followed, and of a socket."""

_Identity: TypeAlias = "tuple[int, ...]"


class Content(NamedTuple):
    """What stands at a path, as git would name it: mode (0 for nothing usable) and blob id."""

    mode: int
    id: str


class Seen(NamedTuple):
    """What was read at a path, and by what it is known again; an empty identity by nothing."""

    content: Content
    identity: _Identity


NOTHING: Final = Content(0, "")
_NOTHING_SEEN: Final = Seen(NOTHING, ())


def look(
    root: str, paths: Iterable[str], known: Mapping[str, Seen], *, clock: int, like: str
) -> dict[str, Seen]:
    """Return what stands at `paths` below `root` now, without any conversion. Raises OSError.

    A file whose identity is that in `known` is not read. A path that leads through a link holds
    nothing. `clock` is the time of now in nanoseconds, as the file system of `root` tells it; blobs
    are named in the hash algorithm of the id `like`.
    """
    seen: dict[str, Seen] = {}
    is_real = {"": is_real_directory(root)}
    for path in paths:
        directory = path.rpartition("/")[0]
        if directory not in is_real:
            _look_at_directory(root, directory, is_real)
        if not is_real[directory]:
            seen[path] = _NOTHING_SEEN
            continue
        full = f"{root}/{path}"
        try:
            found = os.lstat(full)
            before = known.get(path)
            if before is not None and before.identity == _identity(found):
                seen[path] = before
            else:
                seen[path] = _read(full, found, clock, like)
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            seen[path] = _NOTHING_SEEN
    return seen


def is_real_directory(path: str) -> bool:
    """Tell whether a directory itself, not a link to one, stands at `path`."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def canonical_mode(mode: int) -> int:
    """Return the mode that git writes today; old trees hold others, such as 100664."""
    if stat.S_ISREG(mode):
        return EXECUTABLE if mode & stat.S_IXUSR else REGULAR
    return mode


def file_system_clock(probe: str) -> int:
    """Return the time of now in nanoseconds as the file system of `probe`, a file, stamps it.

    The file is made where it is missing, for it holds nothing. Raises OSError.
    """
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.utime(descriptor)
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)


class Converted(NamedTuple):
    """What stands for a blob whose bytes are not to stand there themselves."""

    content: Content
    blob: str


class Record(NamedTuple):
    """What was last known of a work tree: of which listing, what was seen, and what is converted.

    `listing` is a digest of the tree's listing. `seen` has only what was as it should be.
    `converted` has the files that were so although their bytes are not the blob's, as attributes
    have it (line ends, Git LFS); `attributes` what these were: mode and blob of each file of them.
    """

    listing: str
    seen: dict[str, Seen]
    converted: dict[str, Converted]
    attributes: dict[str, str]


EMPTY: Final = Record("", {}, {}, {})


def read_record(path: str) -> Record:
    """Return a record, or an empty one where there is none, or none of this start of the system.

    After a power cut a file may have its old times and lack its bytes.
    """
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read())
        if content["version"] != _VERSION or content["boot"] != _boot():
            return EMPTY
        seen = {
            name: Seen(Content(mode, blob), tuple(identity))
            for name, (mode, blob, *identity) in content["seen"].items()
        }
        converted = {
            name: Converted(Content(*row), blob)
            for name, (row, blob) in content["converted"].items()
        }
        return Record(content["listing"], seen, converted, dict(content["attributes"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return EMPTY


def write_record(path: str, record: Record) -> None:
    """Keep a record. Raises OSError.

    No `fsync`: a half of it does not outlive the start of the system that it is of.
    """
    content = {
        "version": _VERSION,
        "boot": _boot(),
        "listing": record.listing,
        "seen": {
            name: (*seen.content, *seen.identity)
            for name, seen in record.seen.items()
            if seen.identity
        },
        "converted": record.converted,
        "attributes": record.attributes,
    }
    new = f"{path}.new"
    with open(new, "wb") as file:
        file.write(json.dumps(content, separators=(",", ":")).encode("ascii"))
    os.replace(new, path)


def _look_at_directory(root: str, directory: str, is_real: dict[str, bool]) -> None:
    parent = directory.rpartition("/")[0]
    if parent not in is_real:
        _look_at_directory(root, parent, is_real)
    is_real[directory] = is_real[parent] and is_real_directory(f"{root}/{directory}")


def _identity(found: os.stat_result) -> _Identity:
    return (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _settled(found: os.stat_result, clock: int) -> _Identity:
    """Return the identity of what was found, before it was read, unless that was too early."""
    tick = _TICK if found.st_ctime_ns % _SECOND else _COARSE_TICK
    return _identity(found) if found.st_ctime_ns < clock - tick else ()


def _read(path: str, found: os.stat_result, clock: int, like: str) -> Seen:
    if stat.S_ISLNK(found.st_mode):
        target = os.fsencode(os.readlink(path))
        content = Content(LINK, hash_object("blob", [target], len(target), like))
        return Seen(content, _settled(found, clock))
    if not stat.S_ISREG(found.st_mode):
        return _NOTHING_SEEN
    # Whatever stands there by now: neither follow a link nor wait for the other end of a pipe.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in _NO_FILE:
            return _NOTHING_SEEN
        raise
    try:
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode):
            return _NOTHING_SEEN
        mode = EXECUTABLE if opened.st_mode & stat.S_IXUSR else REGULAR
        return Seen(Content(mode, _blob_id(descriptor, opened, like)), _settled(opened, clock))
    finally:
        os.close(descriptor)


def _blob_id(descriptor: int, found: os.stat_result, like: str) -> str:
    if found.st_size > _WHOLE:
        return hash_object("blob", _chunks(descriptor), found.st_size, like)
    body = b"".join(_chunks(descriptor))
    whole = b"blob %d\0%b" % (len(body), body)
    if made_by_sha256(like):
        return hashlib.sha256(whole).hexdigest()
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _WHOLE):
        yield chunk


def _boot() -> str:
    """Return what tells one start of the system from another; nothing where it does not say."""
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
