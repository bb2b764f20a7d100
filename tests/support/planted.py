"""A secret that is planted, and everywhere that it could come to light.

What git starts is told by git itself (GIT_TRACE2_EVENT): that misses nothing, however short it
lives. The command lines of all processes are looked at too, as often as can be.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import subprocess
import threading
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PAUSE: Final = 0.005
"""Seconds between two looks at the processes: the machine has other things to do."""


def new_secret() -> str:
    """Return a secret that nothing else on this machine holds."""
    return f"pLaNtEd{secrets.token_hex(8)}"


def shapes(secret: str) -> tuple[bytes, ...]:
    """Return how a secret may look: as it is, and in base64 wherever it begins there."""
    raw = secret.encode()
    coded = [
        base64.b64encode(b"x" * before + raw)[start : -4 if (before + len(raw)) % 3 else None]
        for before, start in ((0, 0), (1, 2), (2, 3))
    ]
    return (raw, *coded)


@dataclass
class Found:
    """Where a secret came to light: what it was and where."""

    secret: str
    places: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shapes = shapes(self.secret)

    def look_at(self, where: str, content: bytes) -> None:
        """Note a place if the secret is there."""
        if any(shape in content for shape in self._shapes):
            self.places.append(where)

    def look_below(self, directory: Path, allowed: Iterable[Path] = ()) -> None:
        """Look at the name and the content of every file, and into every git object."""
        allowed = set(allowed)
        for parent, directories, files in os.walk(directory):
            for name in (*directories, *files):
                self.look_at(f"name {Path(parent, name)}", os.fsencode(name))
            for path in (Path(parent, name) for name in files):
                if path not in allowed and path.is_file() and not path.is_symlink():
                    self.look_at(f"file {path}", path.read_bytes())
            if {"objects", "HEAD"} <= {*directories, *files}:
                self.look_at(f"objects of {parent}", _objects(Path(parent)))

    @contextlib.contextmanager
    def watching_processes(self) -> Iterator[None]:
        """Look at the command lines of all processes meanwhile."""
        done = threading.Event()
        seen: set[bytes] = set()

        def watch() -> None:
            while not done.wait(_PAUSE):
                seen.update(_command_lines())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
            for line in seen:
                self.look_at(f"process {line!r}", line)


def _command_lines() -> Iterator[bytes]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield Path(entry.path, "cmdline").read_bytes()


def _objects(git_dir: Path) -> bytes:
    return subprocess.run(
        ["git", f"--git-dir={git_dir}", "cat-file", "--batch-all-objects", "--batch"],
        env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
        capture_output=True,
        check=False,
    ).stdout


def tracing(directory: Path) -> dict[str, str]:
    """Return the environment in which git writes down what it is and what it starts, unredacted."""
    directory.mkdir()
    return {"GIT_TRACE2_EVENT": str(directory), "GIT_TRACE2_REDACT": "0"}


def traced(directory: Path) -> Iterator[Sequence[str]]:
    """Yield the command lines that git wrote down."""
    for file in directory.iterdir():
        for row in file.read_text(encoding="utf-8", errors="replace").splitlines():
            event = json.loads(row)
            if event["event"] in {"start", "child_start", "exec"}:
                yield [event.get("exe", ""), *event["argv"]]


def with_account(url: str, account: str) -> str:
    """Return a URL with `user:password` in it."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=f"{account}@{parts.netloc}").geturl()


def write_helper(path: Path, account: str) -> str:
    """Write a credential helper that knows an account for every host; return git's name of it."""
    user, _, password = account.partition(":")
    path.write_text(
        f'#!/bin/sh\ntest "$1" = get || exit 0\necho username={user}\necho password={password}\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return str(path)


def planted_variables(secret: str) -> Mapping[str, str]:
    """Return every variable that a forge's token is looked for in, each with the secret."""
    names = (
        "LOCALCI_FORGE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN",
        "BITBUCKET_TOKEN", "BITBUCKET_APP_PASSWORD",
    )  # fmt: skip
    return {**dict.fromkeys(names, secret), "BITBUCKET_USERNAME": "ada"}
