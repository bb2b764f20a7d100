"""Inputs that differ from an honest one in a single place: statements, lines, commits."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from localci.formats.base64_text import decode_base64
from localci.formats.strict_json import dumps_canonical
from support.attacks import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from support.scene import Scene

GONE: Final = object()
"""In the place of a value: the key is left out."""
CHECK: Final = "predicate/localci/checks/tests"
"""Where the check stands in a statement."""


def changed(document: bytes, changes: Mapping[str, Any]) -> bytes:
    """Return a JSON document with other values at some places, like `subject/0/digest`."""
    value = json.loads(document)
    for place, new in changes.items():
        *way, last = place.split("/")
        inner = value
        for part in way:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        key: Any = int(last) if isinstance(inner, list) else last
        if new is GONE:
            del inner[key]
        else:
            inner[key] = new
    return dumps_canonical(value)


def payload_of(line: bytes) -> bytes:
    """Return the payload of an envelope."""
    return decode_base64(json.loads(line)["payload"], "the payload")


def each_refused(
    scene: Scene,
    lines: Mapping[str, bytes],
    code: str,
    *arguments: str,
    on: str = "",
    how: Callable[[bytes], bytes] = lambda line: line,
) -> None:
    """Say that each of the lines is refused for this reason first, in one note with the others.

    `how` makes a line of each: payloads may be given, and `scene.line`, which signs them.
    """
    made = {name: how(line) for name, line in lines.items()}
    assert len({*made.values()}) == len(made), "two of the lines are the same"
    scene.hang(*made.values(), on=on)
    done, found = verify(scene.project, *((on,) if on else ()), *arguments)
    said = {
        name: (line["accepted"], [reason["code"] for reason in line["reasons"]][:1])
        for name, line in zip(made, found["attestations"], strict=False)
    }
    assert said == dict.fromkeys(made, (False, [code])), found["reasons"]
    assert (done.code, found["verdict"]) == (1, "refused"), found


class Entry(NamedTuple):
    """A file of a commit that is not a regular one; a submodule's `content` is a commit's id."""

    mode: str
    content: bytes


def make_commit(
    repository: Path,
    files: Mapping[str, str | bytes | Entry | None],
    *parents: str,
    message: str = "Change",
) -> str:
    """Make a commit beside all branches and return its id: `files` upon the first parent's.

    None takes a file away. Nothing is checked out, so that any path and any mode can be made.
    """
    name = "refs/made/commit"
    rows = [
        f"commit {name}\ncommitter Ada <ada@example.org> 1700000000 +0000\n".encode(),
        _data(message.encode()),
        *(
            f"{'merge' if number else 'from'} {_commit_id(repository, parent)}\n".encode()
            for number, parent in enumerate(parents)
        ),
        *(_row(path, content) for path, content in files.items()),
    ]
    _git(repository, "fast-import", "--quiet", "--force", data=b"".join(rows))
    made = _commit_id(repository, name)
    _git(repository, "update-ref", "-d", name)
    return made


def _row(path: str, content: str | bytes | Entry | None) -> bytes:
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if content is None:
        return f"D {quoted}\n".encode()
    mode, body = content if isinstance(content, Entry) else ("100644", content)
    if isinstance(body, str):
        body = body.encode()
    if mode == "160000":
        return f"M 160000 {body.decode()} {quoted}\n".encode()
    return f"M {mode} inline {quoted}\n".encode() + _data(body)


def _data(body: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(body), body)


def _commit_id(repository: Path, name: str) -> str:
    found = _git(repository, "rev-parse", "--verify", f"{name}^{{commit}}")
    return found.decode().strip()


def _git(repository: Path, *arguments: str, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=repository, input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout
