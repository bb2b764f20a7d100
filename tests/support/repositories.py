"""Real repositories: made, committed to, and looked into by git itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def git(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None, data: str = ""
) -> str:
    """Run git, which must succeed, and return its standard output without the last newline."""
    done = try_git(directory, *arguments, environment=environment, data=data)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.removesuffix("\n")


def try_git(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None, data: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run git, which may fail. `environment` is the whole one; default: the test's own."""
    return subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=environment,
        input=data,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def make_repository(
    path: Path, files: Mapping[str, str] | None = None, *, object_format: str = "sha1"
) -> Path:
    """Make a repository on branch `main`, with one commit if there are `files`."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "-b", "main", f"--object-format={object_format}")
    if files:
        commit(path, files)
    return path


def make_bare(path: Path, *, object_format: str = "sha1") -> Path:
    """Make an empty bare repository that serves every transport and takes pushes over http."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "-b", "main", "--bare", f"--object-format={object_format}")
    git(path, "config", "http.receivepack", "true")
    git(path, "config", "uploadpack.allowFilter", "true")
    return path


def write_files(directory: Path, files: Mapping[str, str]) -> None:
    """Write files by their paths below `directory`."""
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def commit(repository: Path, files: Mapping[str, str], message: str = "Change") -> str:
    """Write the files, commit everything that is there, and return the commit's id."""
    write_files(repository, files)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
    return git(repository, "rev-parse", "HEAD")


def write_hook(repository: Path, name: str, script: str) -> Path:
    """Give a repository, bare or not, an executable hook; `script` is for /bin/sh."""
    hooks = repository / git(repository, "rev-parse", "--git-path", "hooks")
    hooks.mkdir(exist_ok=True)
    hook = hooks / name
    hook.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    hook.chmod(0o755)
    return hook


def wait_for_file(path: Path) -> str:
    """Return a shell command that ends when the file is there, and fails after 20 s without it."""
    return f"n=0; until [ -e '{path}' ]; do n=$((n+1)); [ $n -lt 400 ] || exit 1; sleep 0.05; done"


def ref(repository: Path, name: str) -> str:
    """Return the id that a ref holds, empty where there is no such ref."""
    return try_git(repository, "rev-parse", "--verify", "--quiet", name).stdout.strip()
